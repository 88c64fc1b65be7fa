"""The log of all that Meta told us, kept as it came."""

from alembic import op

revision = "0002"
down_revision = "0001"

# `item` is Meta's own JSON to the byte; `item_json` is the same for queries, null when jsonb can't
# hold it. `own`, `enrichment` and its reasons are null for what is not enriched.
_EVENTS = """
CREATE TABLE events (
    id text PRIMARY KEY,
    kind text NOT NULL,
    platform text NOT NULL,
    account text NOT NULL,
    app text NOT NULL,
    thread text NOT NULL,
    container text NOT NULL,
    field text NOT NULL,
    origin text NOT NULL,
    test boolean NOT NULL,
    reason text,
    occurred_at timestamptz NOT NULL,
    time_source text NOT NULL,
    received_at timestamptz NOT NULL,
    persisted_at timestamptz NOT NULL DEFAULT now(),
    own boolean,
    enrichment text,
    enrichment_reasons text[],
    item bytea NOT NULL,
    item_json jsonb
)
"""
_BY_TIME = "CREATE INDEX events_by_time ON events (platform, account, occurred_at)"
# For retention and for counting what came in: rows lie in the order they arrive in.
_BY_ARRIVAL = "CREATE INDEX events_by_arrival ON events USING brin (persisted_at)"


def upgrade() -> None:
    """Create the log."""
    for statement in (_EVENTS, _BY_TIME, _BY_ARRIVAL):
        op.execute(statement)


def downgrade() -> None:
    """Drop it."""
    op.execute("DROP TABLE events")
