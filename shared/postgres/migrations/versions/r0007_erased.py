"""Which events were erased, so that none comes back when Kafka or Meta delivers it again."""

from alembic import op

revision = "0007"
down_revision = "0006"

# The SHA-256 of an event's id tells nothing about anybody, and finds the event that comes again.
_ERASED = """
CREATE TABLE erased (
    event bytea PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now()
)
"""


def upgrade() -> None:
    """Create the table."""
    op.execute(_ERASED)


def downgrade() -> None:
    """Drop it."""
    op.execute("DROP TABLE erased")
