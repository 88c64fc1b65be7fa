"""The executor's side of Postgres: taking, claiming and recording, each in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import structlog
from asyncpg import exceptions

from services.executor import intake, life, metrics
from services.executor import statements as sql
from services.executor.gate import Candidate, Standing, open_kinds
from services.executor.holding import holding, standing_after
from services.executor.intake import Wanted
from services.executor.results import Result, Unsure
from services.executor.turns import Turns
from shared.contracts.actions import ENDED, REQUESTERS
from shared.errors import Poison
from shared.meta import windows
from shared.meta.claims import claim_of, opposite_of, tagged
from shared.postgres.accounts import Accounts
from shared.postgres.action_rows import Change, Kept, apply, columns, kept
from shared.postgres.pool import Connection, Pool, transient_failures
from shared.service.metrics import SINCE_OCCURRED
from shared.service.tracing import onward

FRESH = timedelta(minutes=1)
"""How long after it was asked for an action goes ahead without another look at its rule."""

_UNSTORABLE = (
    exceptions.DataError,
    exceptions.ProgramLimitExceededError,
    exceptions.IntegrityConstraintViolationError,
    ValueError,
    OverflowError,
)
"""The data's fault: refused values, a limit of Postgres' types or indexes, and what asyncpg can't
encode."""

_log = structlog.get_logger()


class Owner(NamedTuple):
    """The account that actions are of."""

    platform: str
    account: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """What is to be called for now; `progress` says that asking again may give more."""

    calls: Sequence[Kept]
    progress: bool


async def take(pool: Pool, batch: Sequence[Wanted]) -> None:
    """Return once all of `batch` is in the table; what is there already stays as it is.

    Raises:
        Poison: `unstorable`, naming that record.
        Transient: Postgres is away.
    """
    try:
        await _take(pool, batch)
    except _UNSTORABLE:
        if len(batch) == 1:
            # Postgres quotes values in its messages: people's words must not travel.
            raise Poison(batch[0].record, "unstorable") from None
        middle = len(batch) // 2
        await take(pool, batch[:middle])
        await take(pool, batch[middle:])


async def _take(pool: Pool, batch: Sequence[Wanted]) -> None:
    wanted = {each.action.id: each for each in reversed(batch)}
    with transient_failures():
        async with pool.acquire() as connection, connection.transaction():
            now = await connection.fetchval("SELECT now()")
            rows = [
                intake.row(wanted[id_].action, now, onward(wanted[id_].record).decode())
                for id_ in sorted(wanted)
            ]
            taken = await connection.fetch(sql.TAKE, *columns(rows), now)
    metrics.TAKEN.inc(len(taken))
    for row in taken:
        action = wanted[row["action_id"]].action
        if not intake.possible(action):
            metrics.ENDED.labels(action.kind, "failed", "invalid").inc()


async def due_accounts(pool: Pool) -> list[Owner]:
    """The accounts for which something is due."""
    with transient_failures():
        return [Owner(*row) for row in await pool.fetch(sql.DUE_ACCOUNTS)]


async def claim(pool: Pool, owner: Owner, executor: str, room: int) -> Claimed:
    """Decide about the account's next `room` actions at most; see `gate`. When it returns, the
    claims are durable: the calls may begin."""
    with transient_failures():
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute(sql.LOCK_ACCOUNT, *owner)
            standing, now = await _standing(connection, owner)
            turns = Turns(standing, now, executor)
            turns.give(await _candidates(connection, owner, standing, now, room))
            done = await apply(connection, turns.changes, now)
            await _do_ours(connection, turns.changes)
            await _spend(connection, owner, turns)
    tell_ended(turns.changes, done)
    calls = [known for known in turns.claimed() if known.action.id in done]
    return Claimed(calls, progress=bool(turns.changes or turns.waits))


async def _standing(connection: Connection, owner: Owner) -> tuple[Standing, datetime]:
    found = await connection.fetchrow(sql.STANDING, *owner)
    next_at = dict(await connection.fetch(sql.BUDGETS, *owner))
    standing = Standing(
        connected=found["connected"],
        stopped=found["stopped"],
        holds=frozenset(found["holds"]),
        next_at=next_at,
    )
    return standing, found["now"]


async def _candidates(
    connection: Connection, owner: Owner, standing: Standing, now: datetime, room: int
) -> list[Candidate]:
    opened = [(who, kind) for who in REQUESTERS for kind in open_kinds(standing, who, now)]
    rows = await connection.fetch(sql.CANDIDATES, *owner, *columns(opened), room) if opened else ()
    if not rows:
        return []
    known = [kept(row) for row in rows]
    claims = [key for each in known for key in (claim_of(each.action), opposite_of(each.action))]
    held = dict(await connection.fetch(sql.HELD, *owner, [key for key in claims if key]))
    changed = await _out_of_force(connection, owner, known, now)
    return [
        Candidate(
            known=each,
            opened_at=closes_at and closes_at - windows.MESSAGE,
            in_force=(each.action.rule_version, each.action.rule) not in changed,
            taken=claim_of(each.action) in held,
            crossed=held.get(opposite_of(each.action) or "") in {"claimed", "unknown"},
        )
        for each, closes_at in zip(known, (row["window_closes_at"] for row in rows), strict=True)
    ]


async def _out_of_force(
    connection: Connection, owner: Owner, known: Sequence[Kept], now: datetime
) -> set[tuple[int, str]]:
    rules = {
        (each.action.rule_version, each.action.rule)
        for each in known
        if each.action.requested_by == "rule"
        and each.action.rule_version is not None
        and each.requested_at < now - FRESH
    }
    if not rules:
        return set()
    return set(map(tuple, await connection.fetch(sql.OUT_OF_FORCE, *owner, *columns(rules))))


async def _do_ours(connection: Connection, changes: Sequence[tuple[Kept, Change]]) -> None:
    for action in (known.action for known, change in changes if change.state == "sent"):
        owner = action.platform, action.account
        match action.kind:
            case "block":
                await connection.execute(sql.BLOCK, *owner, action.person_id, action.id)
            case "unblock":
                await connection.execute(sql.UNBLOCK, *owner, action.person_id)
            case "tag":
                await connection.execute(sql.TAG, *owner, tagged(action), action.tag, action.id)
            case "untag":
                await connection.execute(sql.UNTAG, *owner, tagged(action), action.tag)
            case _:
                row = (action.event_id, *owner, action.thread, action.id, action.text)
                await connection.execute(sql.QUEUE, *row)


async def _spend(connection: Connection, owner: Owner, turns: Turns) -> None:
    if turns.waits:
        rows = [(known.action.id, known.changes, until) for known, until in turns.waits]
        await connection.execute(sql.WAIT, *columns(rows))
    if turns.next_at:
        spent = columns(turns.next_at.items())
        await connection.execute(sql.SPEND, *owner, *spent)


async def record(pool: Pool, called: Kept, result: Result) -> None:
    """Write down what became of a call, and who has to wait after it; once, however often it is
    tried. Of what was erased meanwhile nothing is written."""
    changes: list[tuple[Kept, Change]] = []
    with transient_failures():
        async with pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(sql.ROW, called.action.id)
            if row is None:
                return
            known = kept(row)
            late = not _still(known, called, result)
            if not late:
                changes = [(known, life.after_call(known, result, row["now"]))]
            done = await apply(connection, changes, row["now"])
            await _hold(connection, called, result)
    if late:
        _log.warning("late_answer", action=called.action.id, result=type(result).__name__)
        metrics.LATE.inc()
    tell_ended(changes, done)
    await _mark(pool, called, result)


def _still(known: Kept, called: Kept, result: Result) -> bool:
    """Whether it is this call that nothing is known of yet. Its claim may be over: then what we
    know is better than what reading would tell."""
    if known.state == "claimed":
        return known.changes == called.changes
    lost = known.state == "unknown" and known.changes == called.changes + 1
    return lost and not isinstance(result, Unsure)


async def _hold(connection: Connection, called: Kept, result: Result) -> None:
    held = holding(called.action, result)
    if held:
        await connection.execute(sql.HOLD, *columns(held))


async def _mark(pool: Pool, called: Kept, result: Result) -> None:
    status = standing_after(result)
    action = called.action
    if status and await Accounts(pool).mark(action.platform, action.account, status):
        _log.error(
            "account_marked", platform=action.platform, account=action.account, status=status
        )


def tell_ended(changes: Sequence[tuple[Kept, Change]], done: set[str]) -> None:
    """Count and log what has come to an end, without anybody's words."""
    for known, change in changes:
        action = known.action
        if change.state not in ENDED or action.id not in done:
            continue
        metrics.ENDED.labels(action.kind, change.state, change.reason or "done").inc()
        seconds = (datetime.now(UTC) - (action.not_before or action.requested_at)).total_seconds()
        metrics.SECONDS.labels(action.kind).observe(max(0.0, seconds))
        if change.state == "sent" and action.requested_by == "rule" and not action.not_before:
            age = datetime.now(UTC) - (action.written_at or action.requested_at)
            SINCE_OCCURRED.labels("acted").observe(max(0.0, age.total_seconds()))
        _log.info(
            "action_ended",
            action=action.id,
            kind=action.kind,
            state=change.state,
            reason=change.reason,
            code=change.code,
            subcode=change.subcode,
            attempts=change.attempts,
        )
