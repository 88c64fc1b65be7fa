"""Questions about the event log and the actions as a whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.contracts.actions import AT_META
from shared.postgres.pool import Pool, transient_failures

_MISSING = """
SELECT wanted FROM unnest($1::text[]) AS wanted
WHERE NOT EXISTS (SELECT FROM events WHERE events.id = wanted)
"""

# What was decided and is not among the actions yet, what can change its state soon, what waits for
# a later time, and what is not told yet.
_OPEN = """
SELECT
    (SELECT count(*) FROM decisions CROSS JOIN jsonb_array_elements(document -> 'actions') AS told
        WHERE decided_at >= $1
            AND NOT EXISTS (SELECT FROM actions WHERE actions.id = told ->> 'id')) AS untaken,
    (SELECT count(*) FROM actions WHERE state IN ('claimed', 'unknown')
        OR (state = 'requested' AND due_at < now() + $2::interval)) AS under_way,
    (SELECT count(*) FROM actions
        WHERE state = 'requested' AND due_at >= now() + $2::interval) AS waiting,
    (SELECT count(*) FROM action_changes WHERE told_at IS NULL) AS untold
"""

_SENT = """
SELECT id, kind, account, CASE kind WHEN 'message' THEN person_id ELSE comment_id END AS target,
    state = 'sent' AS certain
FROM actions
WHERE state IN ('sent', 'claimed', 'unknown') AND kind = ANY($2::text[]) AND called_at >= $1
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenActions:
    """How many actions have not come to their end; `waiting` are those that are due later."""

    untaken: int
    under_way: int
    waiting: int
    untold: int

    @property
    def any(self) -> bool:
        """Whether something will still happen soon."""
        return bool(self.untaken or self.under_way or self.untold)


@dataclass(frozen=True, kw_only=True, slots=True)
class SentAction:
    """What we say that was done at Meta, and to what; unless `certain`, it may not have been."""

    id: str
    kind: str
    account: str
    target: str
    certain: bool = True


async def missing(pool: Pool, ids: Sequence[str]) -> list[str]:
    """Those of `ids` that are not in the event log.

    Raises:
        Transient: Postgres can't be asked.
    """
    with transient_failures():
        return [row["wanted"] for row in await pool.fetch(_MISSING, list(ids))]


async def logged(pool: Pool, ids: Sequence[str]) -> set[str]:
    """Those of `ids` that are in the event log.

    Raises:
        Transient: Postgres can't be asked.
    """
    return set(ids).difference(await missing(pool, ids))


async def open_actions(pool: Pool, since: datetime, soon: timedelta) -> OpenActions:
    """What is still to be done of what was decided from `since` on; `soon` parts what is under way
    from what waits.

    Raises:
        Transient: Postgres can't be asked.
    """
    with transient_failures():
        row = await pool.fetchrow(_OPEN, since, soon)
    return OpenActions(**row)


async def sent_at_meta(pool: Pool, since: datetime) -> list[SentAction]:
    """All that was done at Meta, or may have been, by calls from `since` on.

    Raises:
        Transient: Postgres can't be asked.
    """
    with transient_failures():
        return [SentAction(**row) for row in await pool.fetch(_SENT, since, sorted(AT_META))]


async def now(pool: Pool) -> datetime:
    """Postgres' own time, by which it dates what happens.

    Raises:
        Transient: Postgres can't be asked.
    """
    with transient_failures():
        found: datetime = await pool.fetchval("SELECT now()")
    return found
