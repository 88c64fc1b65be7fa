"""The log of events: each is written once."""

from services.persister.statements.merge import Merge

# When events were, as far as the log knows them.
TIMES = """
SELECT id, occurred_at, time_source, received_at FROM events WHERE id = ANY($1::text[])
"""

# An event is logged once; only a better enrichment, after a replay, is taken over.
EVENTS = Merge(
    table="events",
    key_columns=1,
    stage="""
CREATE TEMP TABLE IF NOT EXISTS staged_events ON COMMIT DELETE ROWS AS SELECT
    id, kind, platform, account, app, thread, container, field, origin, test, reason,
    occurred_at, time_source, received_at, own, enrichment, enrichment_reasons, item, item_json
FROM events WITH NO DATA
""",
    merge="""
INSERT INTO events (
    id, kind, platform, account, app, thread, container, field, origin, test, reason,
    occurred_at, time_source, received_at, own, enrichment, enrichment_reasons, item, item_json
)
SELECT * FROM staged_events
ON CONFLICT (id) DO UPDATE SET
    own = excluded.own,
    enrichment = excluded.enrichment,
    enrichment_reasons = excluded.enrichment_reasons
WHERE events.enrichment = 'partial' AND excluded.enrichment = 'complete'
""",
)
