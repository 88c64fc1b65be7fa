"""What the executor asks of Postgres and tells it; all times are Postgres' own."""

# An action is taken once, however often it is read; its first change with it. What was to be done
# about an erased event may have been done before its action was erased too.
TAKE = """
WITH told AS (
    SELECT * FROM unnest(
        $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::smallint[],
        $8::text[], $9::text[], $10::bigint[], $11::text[], $12::text[], $13::text[], $14::text[],
        $15::text[], $16::jsonb[], $17::text[], $18::text[], $19::timestamptz[],
        $20::timestamptz[], $21::timestamptz[], $22::bytea[], $23::text[]
    ) AS t (
        id, kind, platform, account, thread, claim, priority,
        event_id, rule, rule_version, requested_by, comment_id, person_id, text,
        tag, document, state, reason, requested_at,
        due_at, expires_at, outcome, traceparent
    )
), taken AS (
    INSERT INTO actions (
        id, kind, platform, account, thread, claim, held, priority, event_id, rule, rule_version,
        requested_by, comment_id, person_id, text, tag, document, state, reason, attempts, reads,
        requested_at, due_at, expires_at, traceparent, state_at, changes
    )
    SELECT id, kind, platform, account, thread, claim, false, priority, event_id, rule,
        rule_version, requested_by, comment_id, person_id, text, tag, document, state, reason, 0, 0,
        requested_at, due_at, expires_at, traceparent, $24, 1
    FROM told
    WHERE NOT EXISTS (SELECT FROM erased WHERE event = sha256(convert_to(event_id, 'UTF8')))
    ORDER BY id
    ON CONFLICT (id) DO NOTHING
    RETURNING id
)
INSERT INTO action_changes (action_id, number, state, reason, at, attempt, outcome)
SELECT id, 1, state, reason, $24, 0, outcome FROM told JOIN taken USING (id)
RETURNING action_id
"""

# The accounts for which something is due, found by hopping from one to the next: what waits at one
# of them costs the others nothing.
DUE_ACCOUNTS = """
WITH RECURSIVE waiting AS (
    (
        SELECT platform, account FROM actions WHERE state = 'requested'
        ORDER BY platform, account LIMIT 1
    )
    UNION ALL
    SELECT following.platform, following.account
    FROM waiting CROSS JOIN LATERAL (
        SELECT platform, account FROM actions
        WHERE state = 'requested'
            AND (actions.platform, actions.account) > (waiting.platform, waiting.account)
        ORDER BY platform, account LIMIT 1
    ) AS following
)
SELECT platform, account FROM waiting
WHERE EXISTS (
    SELECT FROM actions
    WHERE state = 'requested' AND actions.platform = waiting.platform
        AND actions.account = waiting.account AND due_at <= now()
)
"""

# One executor at a time decides for an account: claims and budgets need no other lock.
LOCK_ACCOUNT = "SELECT pg_advisory_xact_lock(hashtextextended('executor:' || $1 || ':' || $2, 0))"

# The scope `app` has the app's name as its account.
STANDING = """
WITH mine AS (
    SELECT platform, id, app, status FROM accounts
    WHERE platform = $1 AND (id = $2 OR scoped_id = $2) ORDER BY id <> $2 LIMIT 1
)
SELECT
    EXISTS (
        SELECT FROM mine JOIN credentials
            ON credentials.platform = mine.platform AND credentials.account = mine.id
        WHERE status = 'connected'
    ) AS connected,
    EXISTS (SELECT FROM brakes WHERE (platform, account) IN (($1, $2), ('', ''))) AS stopped,
    ARRAY(
        SELECT scope FROM holds
        WHERE until > now() AND (
            (platform = $1 AND account = $2)
            OR (scope = 'app' AND account = (SELECT app FROM mine))
        )
    ) AS holds,
    now() AS now
"""

BUDGETS = "SELECT edge, next_at FROM budgets WHERE platform = $1 AND account = $2"

SPEND = """
INSERT INTO budgets (platform, account, edge, next_at)
SELECT $1, $2, * FROM unnest($3::text[], $4::timestamptz[])
ON CONFLICT (platform, account, edge) DO UPDATE SET next_at = excluded.next_at
"""

# The next ones of an account, of kinds ($4) that are open to people or to rules ($3): sought one by
# one, so that what waits for its budget is not walked through. Messages to one person go one after
# the other, so that they arrive in order; nothing is deleted whose hiding is not over.
CANDIDATES = """
SELECT a.*, (
    SELECT window_closes_at FROM conversations AS c
    WHERE a.kind = 'message' AND c.platform = $1 AND c.account = $2 AND c.id = a.person_id
)
FROM unnest($3::text[], $4::text[]) AS open (requested_by, kind)
CROSS JOIN LATERAL (
    SELECT * FROM actions AS waiting
    WHERE platform = $1 AND account = $2 AND state = 'requested' AND due_at <= now()
        AND waiting.kind = open.kind AND waiting.requested_by = open.requested_by
        AND NOT (waiting.kind = 'message' AND EXISTS (
            SELECT FROM actions AS before
            WHERE before.state = 'claimed' AND before.kind = 'message'
                AND before.platform = $1 AND before.account = $2
                AND before.person_id = waiting.person_id
        ))
        AND NOT (waiting.kind = 'delete' AND EXISTS (
            SELECT FROM actions AS hide
            WHERE hide.comment_id = waiting.comment_id AND hide.kind = 'hide'
                AND hide.platform = $1 AND hide.account = $2
                AND hide.state IN ('requested', 'claimed', 'unknown')
        ))
    ORDER BY due_at, requested_at, id LIMIT $5
    FOR UPDATE SKIP LOCKED
) AS a
ORDER BY a.priority, a.due_at, a.requested_at, a.id LIMIT $5
"""

HELD = """
SELECT claim, state FROM actions
WHERE platform = $1 AND account = $2 AND held AND claim = ANY($3::text[])
"""

# Of rules, named by version and name, those that were changed so that they would not act today, or
# that only observe because they hit too much (pitfalls B44). What acts without being a rule of its
# set, as bands do, is not asked about.
OUT_OF_FORCE = """
SELECT asked.version, asked.rule
FROM unnest($3::bigint[], $4::text[]) AS asked (version, rule)
JOIN rule_sets AS made ON made.version = asked.version
CROSS JOIN LATERAL (
    SELECT version, document FROM rule_sets AS latest
    WHERE latest.platform = made.platform AND latest.account = made.account
    ORDER BY version DESC LIMIT 1
) AS live
WHERE EXISTS (
    SELECT FROM jsonb_array_elements(made.document -> 'rules') AS was
    WHERE was ->> 'name' = asked.rule
) AND (
    NOT EXISTS (
        SELECT FROM jsonb_array_elements(live.document -> 'rules') AS "is"
        WHERE "is" ->> 'name' = asked.rule AND "is" ->> 'mode' = 'enforce'
            AND coalesce(("is" ->> 'enabled')::boolean, true)
    )
    OR EXISTS (
        SELECT FROM breakers
        WHERE breakers.version = live.version AND breakers.rule = asked.rule
            AND breakers.platform = $1 AND breakers.account = $2
    )
)
"""

WAIT = """
UPDATE actions SET due_at = t.due_at
FROM unnest($1::text[], $2::integer[], $3::timestamptz[]) AS t (id, changes, due_at)
WHERE actions.id = t.id AND actions.changes = t.changes
"""

ROW = "SELECT *, now() AS now FROM actions WHERE id = $1 FOR UPDATE"

# Those that nobody has said anything of in time.
DEAD = """
SELECT *, now() AS now FROM actions
WHERE state = 'claimed' AND claimed_until < now()
ORDER BY id LIMIT 500 FOR UPDATE SKIP LOCKED
"""

# Whatever holds an account back, its actions end in time.
EXPIRED = """
SELECT *, now() AS now FROM actions
WHERE state = 'requested' AND expires_at <= now()
ORDER BY id LIMIT 500 FOR UPDATE SKIP LOCKED
"""

# What is unknown and to be looked for now, a few of each account, and nobody else does for $1.
UNKNOWN = """
UPDATE actions SET reads = reads + 1, due_at = now() + $1
WHERE state = 'unknown' AND due_at <= now() AND id IN (
    SELECT id FROM (
        SELECT id, due_at, row_number() OVER (PARTITION BY platform, account ORDER BY due_at) AS n
        FROM actions
        WHERE state = 'unknown' AND due_at <= now()
            AND NOT (platform || ':' || account = ANY($2::text[]))
    ) AS due WHERE n <= $3 ORDER BY due_at LIMIT $4
)
RETURNING *, now() AS now
"""

# Our own message as Meta echoed it, unless it is the effect of another action, or could yet turn
# out to be.
ECHO = """
SELECT id FROM messages
WHERE platform = $1 AND account = $2 AND conversation = $3 AND direction = 'outbound'
    AND btrim(text) = btrim($4) AND sent_at >= $5
    AND NOT EXISTS (
        SELECT FROM actions
        WHERE actions.platform = $1 AND actions.account = $2 AND created_id = messages.id
    )
    AND NOT EXISTS (
        SELECT FROM actions
        WHERE actions.platform = $1 AND actions.account = $2 AND person_id = $3
            AND state = 'claimed'
    )
ORDER BY sent_at LIMIT 1
"""

# Whether another action is being carried out that may say the same there: to that person, or in
# that thread, since Meta puts replies to replies below its first comment (platform §6.3).
UNDER_WAY = """
SELECT EXISTS (
    SELECT FROM actions
    WHERE state = 'claimed' AND platform = $1 AND account = $2 AND id <> $3
        AND kind IN ('reply', 'private_reply', 'message')
        AND (thread = $4 OR comment_id = $5 OR person_id = $6)
)
"""

HOLD = """
INSERT INTO holds AS h (platform, account, scope, until, reason)
SELECT platform, account, scope, now() + seconds * interval '1 second', reason
FROM unnest($1::text[], $2::text[], $3::text[], $4::double precision[], $5::text[])
    AS t (platform, account, scope, seconds, reason)
ORDER BY platform, account, scope
ON CONFLICT (platform, account, scope) DO UPDATE SET
    until = greatest(h.until, excluded.until),
    reason = CASE WHEN excluded.until > h.until THEN excluded.reason ELSE h.reason END
"""

LIFT = "DELETE FROM holds WHERE until <= now()"

BLOCK = """
INSERT INTO blocked (platform, account, person_id, action_id, at) VALUES ($1, $2, $3, $4, now())
ON CONFLICT DO NOTHING
"""
UNBLOCK = "DELETE FROM blocked WHERE platform = $1 AND account = $2 AND person_id = $3"
TAG = """
INSERT INTO tags (platform, account, subject, tag, action_id, at)
VALUES ($1, $2, $3, $4, $5, now()) ON CONFLICT DO NOTHING
"""
UNTAG = "DELETE FROM tags WHERE platform = $1 AND account = $2 AND subject = $3 AND tag = $4"
QUEUE = """
INSERT INTO queue (event_id, platform, account, thread, action_id, note, at)
VALUES ($1, $2, $3, $4, $5, $6, now()) ON CONFLICT DO NOTHING
"""

# One teller at a time, so that the changes of an action are told in order.
TELLING = "SELECT pg_try_advisory_xact_lock(hashtextextended('executor:telling', 0))"
UNTOLD = """
SELECT c.action_id, c.number, c.outcome, a.traceparent
FROM action_changes AS c JOIN actions AS a ON a.id = c.action_id
WHERE c.told_at IS NULL ORDER BY c.at, c.action_id, c.number LIMIT $1
"""
TOLD = """
UPDATE action_changes SET told_at = now()
FROM unnest($1::text[], $2::integer[]) AS t (action_id, number)
WHERE action_changes.action_id = t.action_id AND action_changes.number = t.number
"""

# Which of these that Meta made are the effect of other actions.
CREDITED = """
SELECT created_id FROM actions
WHERE platform = $1 AND account = $2 AND created_id = ANY($3::text[]) AND id <> $4
"""
