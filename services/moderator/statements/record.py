"""One transaction for each batch: who goes first, what was decided before, what is decided now."""

# Moderators of the same account wait for each other, so that each sees what the other has counted.
# Sorted, so that nobody waits for somebody who waits for him.
LOCK = "SELECT pg_advisory_xact_lock(lock) FROM unnest($1::bigint[]) AS lock"

# A plan is made once for all batches: without statistics, as in a young table, and with so many
# keys that Postgres does not see, it would read the whole table for each of them.
BY_INDEX = "SET LOCAL enable_seqscan = off"

# What was decided before; the document only where it has actions to be published again.
DECIDED = """
SELECT event_id, CASE WHEN acts THEN document END AS document FROM decisions
WHERE event_id = ANY($1::text[])
"""

DECISION_COLUMNS = (
    "event_id",
    "platform",
    "account",
    "thread",
    "kind",
    "person_id",
    "outcome",
    "excuse",
    "acts",
    "occurred_at",
    "decided_at",
    "document",
)
SAYING_COLUMNS = (
    "event_id",
    "platform",
    "account",
    "person_id",
    "text_hash",
    "simhash",
    "bands",
    "said_at",
)
HIT_COLUMNS = (
    "event_id",
    "rule",
    "version",
    "platform",
    "account",
    "thread",
    "person_id",
    "kinds",
    "at",
)

# The event by which somebody is heard of first stays.
ADD_CONTACTS = """
INSERT INTO contacts (platform, account, person_id, event_id, first_at)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])
ON CONFLICT DO NOTHING
"""
ADD_OWN_COMMENTS = """
INSERT INTO own_comments (platform, account, comment_id)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[])
ON CONFLICT DO NOTHING
"""
TAKE_OVER = """
INSERT INTO takeovers AS t (platform, account, thread, event_id, at)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])
ON CONFLICT (platform, account, thread) DO UPDATE SET event_id = excluded.event_id, at = excluded.at
WHERE excluded.at > t.at
"""
