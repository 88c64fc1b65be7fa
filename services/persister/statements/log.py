"""The log of events: each is written once."""

# When events were, as far as the log knows them, and whether more could be learnt of them.
STORED = """
SELECT id, enrichment, occurred_at, time_source, received_at FROM events
WHERE id = ANY($1::text[])
"""

COLUMNS = (
    "id",
    "kind",
    "platform",
    "account",
    "app",
    "thread",
    "container",
    "field",
    "origin",
    "test",
    "reason",
    "occurred_at",
    "time_source",
    "received_at",
    "own",
    "enrichment",
    "enrichment_reasons",
    "item",
    "item_json",
)
"""What is written of an event, in this order."""

# A better enrichment, after a replay, is taken over.
ENRICH = """
UPDATE events SET own = $2, enrichment = $3, enrichment_reasons = $4
WHERE id = $1 AND enrichment = 'partial'
"""

# Which of these events are about an account that belongs to another app than the one that signed.
FORGED = """
SELECT said.id
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS said (id, platform, account, app)
JOIN accounts ON accounts.platform = said.platform AND accounts.id = said.account
WHERE accounts.app <> said.app
"""
