"""What no rule looks back to any more, a few at a time; moderators do not wait for others."""

SAYINGS = """
WITH old AS (
    DELETE FROM sayings WHERE event_id IN (
        SELECT event_id FROM sayings WHERE said_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED
    ) RETURNING true
)
SELECT count(*) FROM old
"""
HITS = """
WITH old AS (
    DELETE FROM hits WHERE (event_id, rule) IN (
        SELECT event_id, rule FROM hits WHERE at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED
    ) RETURNING true
)
SELECT count(*) FROM old
"""
RATES = """
WITH old AS (
    DELETE FROM rule_rates WHERE (platform, account, rule, minute) IN (
        SELECT platform, account, rule, minute FROM rule_rates
        WHERE minute < $1 LIMIT $2 FOR UPDATE SKIP LOCKED
    ) RETURNING true
)
SELECT count(*) FROM old
"""
