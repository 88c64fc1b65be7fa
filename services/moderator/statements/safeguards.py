"""What keeps rules from acting: kill switches, and breakers with the rates they go by."""

BRAKES = "SELECT platform, account FROM brakes"

BREAKERS = """
SELECT version, rule, platform, account FROM breakers WHERE version = ANY($1::bigint[])
"""

# How much each of these rules hit in the last ten minutes and in the day before them, and how much
# was judged meanwhile, for those that hit often enough to be looked at. What an earlier version did
# minutes ago is not held against the one that mends it. The rule without a name counts what was
# judged.
SURGING = """
SELECT said.platform, said.account, said.rule, recent.hit AS recent_hit,
    recent_all.judged AS recent_judged, before.hit AS usual_hit, before_all.judged AS usual_judged
FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[])
    AS said (platform, account, rule, version)
JOIN rule_sets USING (version)
CROSS JOIN LATERAL (
    SELECT sum(rates.hit)::bigint AS hit FROM rule_rates AS rates
    WHERE rates.platform = said.platform AND rates.account = said.account
        AND rates.rule = said.rule AND minute >= $5 AND minute >= imported_at
) AS recent
CROSS JOIN LATERAL (
    SELECT sum(rates.judged)::bigint AS judged FROM rule_rates AS rates
    WHERE rates.platform = said.platform AND rates.account = said.account
        AND rates.rule = '' AND minute >= $5 AND minute >= imported_at
) AS recent_all
CROSS JOIN LATERAL (
    SELECT coalesce(sum(rates.hit), 0)::bigint AS hit FROM rule_rates AS rates
    WHERE rates.platform = said.platform AND rates.account = said.account
        AND rates.rule = said.rule AND minute >= $6 AND minute < $5
) AS before
CROSS JOIN LATERAL (
    SELECT coalesce(sum(rates.judged), 0)::bigint AS judged FROM rule_rates AS rates
    WHERE rates.platform = said.platform AND rates.account = said.account
        AND rates.rule = '' AND minute >= $6 AND minute < $5
) AS before_all
WHERE recent.hit >= $7
"""

RATES = """
INSERT INTO rule_rates AS r (platform, account, rule, minute, judged, hit)
SELECT * FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::bigint[], $6::bigint[]
)
ON CONFLICT (platform, account, rule, minute) DO UPDATE SET
    judged = r.judged + excluded.judged, hit = r.hit + excluded.hit
"""

OPEN_BREAKERS = """
INSERT INTO breakers (version, rule, platform, account, opened_at, share, usual)
SELECT version, rule, platform, account, $7, share, usual
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::float8[], $6::float8[])
    AS said (version, rule, platform, account, share, usual)
ON CONFLICT DO NOTHING
RETURNING version, rule, platform, account, share, usual
"""
