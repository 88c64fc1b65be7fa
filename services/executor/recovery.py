"""What the executor finds out by itself: who died, what is too late, and what an unknown call
did."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.executor import life, metrics
from services.executor import statements as sql
from services.executor.gate import SENDS, Wait
from services.executor.pacing import LIMITS, take
from services.executor.sightings import Present, Unreadable, Verdict
from services.executor.store import Owner, tell_ended
from shared.contracts.actions import Action
from shared.postgres.action_rows import Change, Kept, apply, kept
from shared.postgres.pool import Connection, Pool, transient_failures

READ_SECONDS = 20.0
"""The longest that looking takes; who has said nothing by then has died, and another one looks."""

READS_OF_ACCOUNT = 4
_AT_ONCE = 64
_BUSY = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Unknown:
    """An action to be looked for; `began_at` is Postgres' time before anything was read."""

    known: Kept
    began_at: datetime


async def bury_dead(pool: Pool) -> int:
    """Make `unknown` what was claimed by an executor that died; how many those were."""
    return await _sweep(pool, sql.DEAD, life.after_death)


async def end_expired(pool: Pool) -> int:
    """End what has waited too long, whatever holds its account back; how many those were."""
    return await _sweep(pool, sql.EXPIRED, _too_late)


def _too_late(known: Kept, _: datetime) -> Change:
    return Change(state="expired", reason="too_late", attempts=known.attempts)


async def _sweep(pool: Pool, query: str, decide: Callable[[Kept, datetime], Change]) -> int:
    with transient_failures():
        async with pool.acquire() as connection, connection.transaction():
            rows = await connection.fetch(query)
            changes = [(known, decide(known, row["now"])) for row in rows for known in [kept(row)]]
            done = await apply(connection, changes, rows[0]["now"]) if rows else set()
    tell_ended(changes, done)
    return len(done)


async def due_readings(pool: Pool, busy: Collection[Owner]) -> list[Unknown]:
    """The unknown ones to be looked for now, which nobody else will for `READ_SECONDS`; none of the
    `busy` accounts."""
    lease = timedelta(seconds=READ_SECONDS)
    names = [f"{owner.platform}:{owner.account}" for owner in busy]
    with transient_failures():
        rows = await pool.fetch(sql.UNKNOWN, lease, names, READS_OF_ACCOUNT, _AT_ONCE)
    return [Unknown(kept(row), row["now"]) for row in rows]


async def look(pool: Pool, unknown: Unknown) -> Verdict | None:
    """What our own tables say; None is the leave to ask Meta, which answers so many readings of
    conversations only (platform §7.1)."""
    action = unknown.known.action
    if action.kind not in SENDS:
        return None
    with transient_failures():
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute(sql.LOCK_ACCOUNT, action.platform, action.account)
            return await _look(connection, unknown)


async def _look(connection: Connection, unknown: Unknown) -> Verdict | None:
    action = unknown.known.action
    if await _under_way(connection, action):
        return Unreadable("busy")  # what we see might be the other one's effect
    if action.kind == "reply":
        return None
    if mid := await _echo(connection, unknown.known):
        return Present(mid)
    return None if await _may_read(connection, action) else Unreadable("busy")


async def _under_way(connection: Connection, action: Action) -> bool:
    where = action.thread, action.comment_id, action.person_id
    owner = action.platform, action.account
    found: bool = await connection.fetchval(sql.UNDER_WAY, *owner, action.id, *where)
    return found


async def credited(pool: Pool, action: Action, ids: Collection[str]) -> frozenset[str]:
    """Which of `ids`, seen at Meta, are the effect of other actions than `action`."""
    with transient_failures():
        rows = await pool.fetch(sql.CREDITED, action.platform, action.account, list(ids), action.id)
    return frozenset(row["created_id"] for row in rows)


async def _echo(connection: Connection, known: Kept) -> str | None:
    action = known.action
    if action.person_id is None or known.called_at is None:
        return None
    said_from = known.called_at - timedelta(minutes=1)
    found: str | None = await connection.fetchval(
        sql.ECHO, action.platform, action.account, action.person_id, action.text, said_from
    )
    return found


async def _may_read(connection: Connection, action: Action) -> bool:
    owner = action.platform, action.account
    next_at = dict(await connection.fetch(sql.BUDGETS, *owner))
    now = await connection.fetchval("SELECT clock_timestamp()")
    following = take(next_at.get("conversations"), LIMITS["conversations"], now)
    if following is None:
        return False
    await connection.execute(sql.SPEND, *owner, ["conversations"], [following])
    return True


async def settle(pool: Pool, unknown: Unknown, verdict: Verdict) -> None:
    """Write down what looking has shown, if nothing else has settled it meanwhile."""
    metrics.READ.labels(type(verdict).__name__.lower()).inc()
    changes: list[tuple[Kept, Change]] = []
    with transient_failures():
        async with pool.acquire() as connection, connection.transaction():
            action = unknown.known.action
            await connection.execute(sql.LOCK_ACCOUNT, action.platform, action.account)
            row = await connection.fetchrow(sql.ROW, action.id)
            if row is None or row["changes"] != unknown.known.changes:
                return
            known, now = kept(row), row["now"]
            found = await _judged(connection, known, verdict, unknown.began_at, now)
            if isinstance(found, Change):
                changes = [(known, found)]
            else:
                await connection.execute(sql.WAIT, [action.id], [known.changes], [found.until])
            done = await apply(connection, changes, now)
    tell_ended(changes, done)


async def _judged(
    connection: Connection, known: Kept, verdict: Verdict, began_at: datetime, now: datetime
) -> Change | Wait:
    action = known.action
    if isinstance(verdict, Unreadable) and verdict.reason == "busy":
        return Wait(now + _BUSY)
    if isinstance(verdict, Present) and verdict.created_id:
        made = action.platform, action.account, [verdict.created_id], action.id
        # Another one was faster, or began meanwhile: this is not ours, or may not be.
        if await connection.fetch(sql.CREDITED, *made) or await _under_way(connection, action):
            return Wait(now + _BUSY)
    return life.after_reading(known, verdict, began_at, now)


async def lift(pool: Pool) -> None:
    """Forget holds that are over."""
    with transient_failures():
        await pool.execute(sql.LIFT)
