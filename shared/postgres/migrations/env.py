"""What Alembic runs: on the connection that `shared.postgres.schema` hands it, in its transaction."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
