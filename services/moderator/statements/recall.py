"""What is remembered of earlier events, for those of one batch."""

# By whom each of these people was heard of first, and whether they are on our own list.
CONTACTS = """
SELECT platform, account, person_id, event_id
FROM unnest($1::text[], $2::text[], $3::text[]) AS said (platform, account, person_id)
JOIN contacts USING (platform, account, person_id)
"""
BLOCKED = """
SELECT platform, account, person_id
FROM unnest($1::text[], $2::text[], $3::text[]) AS said (platform, account, person_id)
JOIN blocked USING (platform, account, person_id)
"""
OWN_COMMENTS = """
SELECT platform, account, comment_id
FROM unnest($1::text[], $2::text[], $3::text[]) AS said (platform, account, comment_id)
JOIN own_comments USING (platform, account, comment_id)
"""
TAKEOVERS = """
SELECT platform, account, thread, at
FROM unnest($1::text[], $2::text[], $3::text[]) AS said (platform, account, thread)
JOIN takeovers USING (platform, account, thread)
"""

# The latest that are as much as any rule asks for. A person's are sought apart from everybody's,
# among which they could be too far behind.
SAYINGS_OF_PEOPLE = """
SELECT DISTINCT event_id, platform, account, person_id, text_hash, simhash, said_at
FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[])
    AS said (platform, account, person_id, after)
CROSS JOIN LATERAL (
    SELECT event_id, text_hash, simhash, said_at FROM sayings
    WHERE sayings.platform = said.platform AND sayings.account = said.account
        AND sayings.person_id = said.person_id AND said_at >= after
    ORDER BY said_at DESC LIMIT $5
) AS latest
"""
SAME_SAYINGS = """
SELECT event_id, platform, account, person_id, text_hash, simhash, said_at
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::timestamptz[])
    AS said (platform, account, text_hash, after)
CROSS JOIN LATERAL (
    SELECT event_id, person_id, simhash, said_at FROM sayings
    WHERE sayings.platform = said.platform AND sayings.account = said.account
        AND sayings.text_hash = said.text_hash AND said_at >= after
    ORDER BY said_at DESC LIMIT $5
) AS latest
"""
# Those that differ in at most three bits have a band in common; each has its index, in which the
# latest are found without the others.
NEAR_SAYINGS = """
SELECT DISTINCT event_id, platform, account, person_id, text_hash, latest.simhash, said_at
FROM unnest(
    $1::text[], $2::text[], $3::bigint[], $4::timestamptz[],
    $5::integer[], $6::integer[], $7::integer[], $8::integer[]
) AS said (platform, account, simhash, after, first, second, third, fourth)
CROSS JOIN LATERAL (
    (
        SELECT event_id, person_id, text_hash, sayings.simhash, said_at FROM sayings
        WHERE bands[1] = first AND sayings.platform = said.platform
            AND sayings.account = said.account AND said_at >= after
            AND bit_count((sayings.simhash # said.simhash)::bit(64)) <= 3
        ORDER BY said_at DESC LIMIT $9
    )
    UNION ALL
    (
        SELECT event_id, person_id, text_hash, sayings.simhash, said_at FROM sayings
        WHERE bands[2] = second AND sayings.platform = said.platform
            AND sayings.account = said.account AND said_at >= after
            AND bit_count((sayings.simhash # said.simhash)::bit(64)) <= 3
        ORDER BY said_at DESC LIMIT $9
    )
    UNION ALL
    (
        SELECT event_id, person_id, text_hash, sayings.simhash, said_at FROM sayings
        WHERE bands[3] = third AND sayings.platform = said.platform
            AND sayings.account = said.account AND said_at >= after
            AND bit_count((sayings.simhash # said.simhash)::bit(64)) <= 3
        ORDER BY said_at DESC LIMIT $9
    )
    UNION ALL
    (
        SELECT event_id, person_id, text_hash, sayings.simhash, said_at FROM sayings
        WHERE bands[4] = fourth AND sayings.platform = said.platform
            AND sayings.account = said.account AND said_at >= after
            AND bit_count((sayings.simhash # said.simhash)::bit(64)) <= 3
        ORDER BY said_at DESC LIMIT $9
    )
) AS latest
"""

# What rules matched of late, and what they did then: by person, by thread, by rule.
HITS_OF_PEOPLE = """
SELECT event_id, platform, account, rule, version, thread, person_id, kinds, at
FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[])
    AS said (platform, account, person_id, after)
CROSS JOIN LATERAL (
    SELECT event_id, rule, version, thread, kinds, at FROM hits
    WHERE hits.platform = said.platform AND hits.account = said.account
        AND hits.person_id = said.person_id AND at >= after
    ORDER BY at DESC LIMIT $5
) AS latest
"""
HITS_IN_THREADS = """
SELECT event_id, platform, account, rule, version, thread, person_id, kinds, at
FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[])
    AS said (platform, account, thread, after)
CROSS JOIN LATERAL (
    SELECT event_id, rule, version, person_id, kinds, at FROM hits
    WHERE hits.platform = said.platform AND hits.account = said.account
        AND hits.thread = said.thread AND at >= after AND kinds <> '{}'
    ORDER BY at DESC LIMIT $5
) AS latest
"""
HITS_OF_RULES = """
SELECT event_id, platform, account, rule, version, thread, person_id, kinds, at
FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::bigint[])
    AS said (platform, account, rule, after, most)
CROSS JOIN LATERAL (
    SELECT event_id, version, thread, person_id, kinds, at FROM hits
    WHERE hits.platform = said.platform AND hits.account = said.account
        AND hits.rule = said.rule AND at >= after AND kinds <> '{}'
    ORDER BY at DESC LIMIT said.most
) AS latest
"""

# Which of these did a rule cause: Meta told us their ids.
CAUSED = """
SELECT platform, account, created_id AS id
FROM unnest($1::text[], $2::text[], $3::text[]) AS said (platform, account, created_id)
JOIN actions USING (platform, account, created_id)
WHERE requested_by = 'rule'
"""

# The same of the account's own words that Meta tells of before it has answered our call, or instead
# (pitfalls B3). While there is no answer, whatever is said in that thread or to that person is what
# the call said; later the text tells. Only answers below a comment have a parent. Each state has an
# index of its own, as large as what is open.
UNANSWERED = """
WITH unanswered AS (
    SELECT * FROM actions WHERE state = 'claimed' AND requested_by = 'rule'
    UNION ALL
    SELECT * FROM actions WHERE state = 'unknown' AND requested_by = 'rule'
)
SELECT said.platform, said.account, said.id
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
    $8::timestamptz[]) AS said (platform, account, id, thread, person_id, parent_id, text, at)
WHERE EXISTS (
    SELECT FROM unanswered AS actions
    WHERE actions.platform = said.platform AND actions.account = said.account
        AND kind IN ('reply', 'private_reply', 'message')
        AND (kind = 'reply') = (said.parent_id IS NOT NULL)
        AND called_at BETWEEN said.at - interval '15 minutes' AND said.at + interval '2 minutes'
        AND (actions.thread = said.thread OR actions.person_id = said.person_id
            OR btrim(actions.text) = btrim(said.text))
) OR EXISTS (
    SELECT FROM actions WHERE actions.person_id = said.person_id
        AND actions.platform = said.platform AND actions.account = said.account
        AND requested_by = 'rule' AND kind IN ('private_reply', 'message')
        AND called_at BETWEEN said.at - interval '15 minutes' AND said.at + interval '2 minutes'
        AND btrim(actions.text) = btrim(said.text)
) OR EXISTS (
    SELECT FROM actions WHERE actions.comment_id = said.parent_id
        AND actions.platform = said.platform AND actions.account = said.account
        AND requested_by = 'rule' AND kind = 'reply'
        AND called_at BETWEEN said.at - interval '15 minutes' AND said.at + interval '2 minutes'
        AND btrim(actions.text) = btrim(said.text)
)
"""
