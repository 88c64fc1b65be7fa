"""Shows what Postgres knows and no process alone does: what waits and is held, whose token ends."""

from services.executor import metrics
from services.executor.gate import HELD, SENDS
from shared.postgres.accounts import ACCOUNT_STATUSES
from shared.postgres.action_rows import columns
from shared.postgres.pool import Pool, transient_failures

_STATES = ("requested", "claimed", "unknown")
_HELD = [(scope, kind) for scope, kinds in (*HELD.items(), ("automatic", SENDS)) for kind in kinds]

# What has not ended, and since when the oldest of each state is so. A requested one counts since it
# could have been done: not while somebody has pulled the brake, its account is not connected, or
# Meta wants it to wait.
OPEN = """
WITH waiting AS (
    SELECT platform, account, kind, count(*) AS count, min(due_at) AS since
    FROM actions WHERE state = 'requested' GROUP BY platform, account, kind
), free AS (
    SELECT min(since) AS since
    FROM waiting JOIN accounts AS a
        ON a.platform = waiting.platform
        AND (a.id = waiting.account OR a.scoped_id = waiting.account)
    WHERE a.status = 'connected' AND since <= now()
        AND NOT EXISTS (
            SELECT FROM brakes
            WHERE (brakes.platform, brakes.account)
                IN ((waiting.platform, waiting.account), ('', ''))
        )
        AND NOT EXISTS (
            SELECT FROM holds
            JOIN unnest($1::text[], $2::text[]) AS held (scope, kind)
                ON held.scope = holds.scope AND held.kind = waiting.kind
            WHERE until > now() AND (
                (holds.platform = waiting.platform AND holds.account = waiting.account)
                OR (holds.scope = 'app' AND holds.account = a.app)
            )
        )
)
SELECT 'requested' AS state, coalesce(sum(count), 0)::bigint AS count,
    extract(epoch FROM (SELECT since FROM free))::double precision AS since
FROM waiting
UNION ALL
SELECT state, count(*), extract(epoch FROM min(state_at))::double precision
FROM (
    SELECT state, state_at FROM actions WHERE state = 'claimed'
    UNION ALL SELECT state, state_at FROM actions WHERE state = 'unknown'
) AS open GROUP BY state
"""

ACCOUNTS = "SELECT status, count(*) FROM accounts GROUP BY status"

EARLIEST_EXPIRY = """
SELECT extract(epoch FROM min(expires_at))::double precision
FROM accounts JOIN credentials
    ON credentials.platform = accounts.platform AND credentials.account = accounts.id
WHERE status = 'connected'
"""

WAITING_TO_BE_TOLD = """
SELECT count(*) AS count, extract(epoch FROM min(at))::double precision AS since
FROM action_changes WHERE told_at IS NULL
"""

HELD_SCOPES = "SELECT scope, count(*) AS count FROM holds WHERE until > now() GROUP BY scope"


async def measure(pool: Pool) -> None:
    """Set every gauge that is the same from every executor.

    Raises:
        Transient: Postgres can't be asked.
    """
    with transient_failures():
        opened = {row["state"]: row for row in await pool.fetch(OPEN, *columns(_HELD))}
        scopes = await pool.fetch(HELD_SCOPES)
        accounts = dict(await pool.fetch(ACCOUNTS))
        expires = await pool.fetchval(EARLIEST_EXPIRY)
        untold = await pool.fetchrow(WAITING_TO_BE_TOLD)
    for state in _STATES:
        metrics.OPEN.labels(state).set(opened[state]["count"] if state in opened else 0)
        metrics.OLDEST.labels(state).set(opened[state]["since"] or 0 if state in opened else 0)
    metrics.HOLDS.clear()
    for row in scopes:
        metrics.HOLDS.labels(row["scope"]).set(row["count"])
    for status in ACCOUNT_STATUSES:
        metrics.ACCOUNTS.labels(status).set(accounts.get(status, 0))
    metrics.TOKEN_EXPIRY.set(expires or 0)
    metrics.UNTOLD.set(untold["count"])
    metrics.OLDEST_UNTOLD.set(untold["since"] or 0)
