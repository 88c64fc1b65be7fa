"""The actions as a person handles them: look, stop what has not happened, try again, settle."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from shared.contracts.actions import ActionKind, ActionState
from shared.postgres.action_rows import Change, Kept, apply, kept
from shared.postgres.pool import Pool, transient_failures

RETRY_LASTS = timedelta(days=1)
"""How long an action that somebody tries again may wait for its turn; windows count as ever."""

_LIST = """
SELECT * FROM actions
WHERE ($1::text IS NULL OR platform = $1) AND ($2::text IS NULL OR account = $2)
    AND ($3::text IS NULL OR state = $3) AND ($4::text IS NULL OR kind = $4)
    AND ($5::text IS NULL OR rule = $5) AND ($6::text IS NULL OR event_id = $6)
    AND ($7::text IS NULL OR comment_id = $7) AND ($8::text IS NULL OR person_id = $8)
    AND ($9::timestamptz IS NULL OR requested_at >= $9)
ORDER BY requested_at DESC, id LIMIT $10
"""

_SHOW = "SELECT * FROM actions WHERE id = $1"

_CHANGES = """
SELECT number, state, reason, at, attempt, told_at FROM action_changes
WHERE action_id = $1 ORDER BY number
"""

# In the order of their ids for everybody, so that nobody waits for somebody who waits for him.
_LOCK = """
SELECT * FROM actions WHERE id = ANY($1::text[]) ORDER BY id FOR UPDATE
"""

Decide = Callable[[Kept, datetime], Change | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Filters:
    """Which actions to list; what is None does not narrow."""

    platform: str | None = None
    account: str | None = None
    state: ActionState | None = None
    kind: ActionKind | None = None
    rule: str | None = None
    event_id: str | None = None
    comment_id: str | None = None
    person_id: str | None = None
    since: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PastChange:
    """One change of an action's state; `told_at` is when it was on the topic of outcomes."""

    number: int
    state: ActionState
    reason: str | None
    at: datetime
    attempt: int
    told_at: datetime | None


Ids = list[str]
Past = list[PastChange]


@dataclass(frozen=True, slots=True)
class Actions:
    """The actions in Postgres. Every method may raise Transient."""

    pool: Pool

    async def list(self, filters: Filters, limit: int = 100) -> list[Kept]:
        """The latest `limit` actions that pass, the latest first."""
        wanted = [getattr(filters, name) for name in Filters.__slots__]
        with transient_failures():
            return [kept(row) for row in await self.pool.fetch(_LIST, *wanted, limit)]

    async def show(self, action_id: str) -> tuple[Kept, Past] | None:
        """An action and all that happened to it, or None if there is none with this id."""
        with transient_failures():
            row = await self.pool.fetchrow(_SHOW, action_id)
            if row is None:
                return None
            past = await self.pool.fetch(_CHANGES, action_id)
        return kept(row), [PastChange(**change) for change in past]

    async def stop(self, ids: Sequence[str]) -> Ids:
        """End those of `ids` of which nothing has happened yet, as `undone`; which those were."""
        return await self._change(ids, _undone)

    async def retry(self, action_id: str) -> bool:
        """Request again what failed or expired; false if it did not."""
        return bool(await self._change([action_id], _again))

    async def settle(self, action_id: str, found: Literal["present", "absent"]) -> bool:
        """Say what a person saw at Meta of an action that is `unknown`; false if it is not.

        What is absent has failed; `retry` has it done after all.
        """
        return bool(await self._change([action_id], _present if found == "present" else _absent))

    async def _change(self, ids: Sequence[str], decide: Decide) -> Ids:
        with transient_failures():
            async with self.pool.acquire() as connection, connection.transaction():
                rows = await connection.fetch(_LOCK, list(ids))
                now = await connection.fetchval("SELECT now()")
                decided = [(known, decide(known, now)) for known in map(kept, rows)]
                changes = [(known, change) for known, change in decided if change is not None]
                done = await apply(connection, changes, now)
        return [id_ for id_ in ids if id_ in done]


def _undone(known: Kept, _: datetime) -> Change | None:
    if known.state != "requested":
        return None
    return Change(state="skipped", reason="undone", attempts=known.attempts)


def _again(known: Kept, now: datetime) -> Change | None:
    if known.state not in {"failed", "expired"} or known.reason == "invalid":
        return None
    return Change(state="requested", reason="retried", attempts=0, expires_at=now + RETRY_LASTS)


def _present(known: Kept, _: datetime) -> Change | None:
    if known.state != "unknown":
        return None
    return Change(state="sent", settled="by_hand", attempts=known.attempts)


def _absent(known: Kept, _: datetime) -> Change | None:
    if known.state != "unknown":
        return None
    return Change(state="failed", reason="not_done", settled="by_hand", attempts=known.attempts)
