"""The shell around the judge: a batch is judged and written down in one transaction, or not at
all."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

import msgspec
from asyncpg import exceptions

from services.moderator import rows
from services.moderator.decision import Decision
from services.moderator.judge import judge
from services.moderator.memory import Memory
from services.moderator.recall import Recollection
from services.moderator.rows import Judged, Row, owner_of
from services.moderator.rulebooks import Book
from services.moderator.safeguards import Safeguards, read_safeguards, watch
from services.moderator.statements import record
from services.moderator.works import Work
from shared.errors import Poison, Transient
from shared.postgres.erasure.erase import erased
from shared.postgres.pool import Connection, Pool, transient_failures
from shared.postgres.rules import Owner

# The data's fault: refused values, a limit of Postgres' types or indexes, and (the last two) what
# asyncpg can't encode.
_UNSTORABLE = (
    exceptions.DataError,
    exceptions.ProgramLimitExceededError,
    exceptions.IntegrityConstraintViolationError,
    ValueError,
    OverflowError,
)

Books = Mapping[Owner, Book]

_decision = msgspec.json.Decoder(Decision)


@dataclass(frozen=True, slots=True)
class Settled:
    """What is decided about an event; `again` says that it was so before this batch, and then the
    decision is None where nothing was to be done, or where the event is erased."""

    work: Work
    decision: Decision | None
    again: bool


async def settle(
    pool: Pool, works: Sequence[Work], books: Books, now: datetime
) -> Sequence[Settled]:
    """The decisions about `works`, those with a row in `decisions` as they were taken then. Return
    once all is committed.

    When something can't be stored the batch is halved until it is found; what was decided on the
    way stays, and is found again.

    Raises:
        Poison: `unstorable`, naming that record.
        Transient: Postgres is away, or somebody else won a conflict.
    """
    try:
        return await _settle(pool, works, books, now)
    except exceptions.UniqueViolationError as exc:
        raise Transient("postgres_conflict") from exc
    except _UNSTORABLE:
        if len(works) == 1:
            # Postgres quotes values in its messages: people's words must not travel with it.
            raise Poison(works[0].record, "unstorable") from None
    middle = len(works) // 2
    first = await settle(pool, works[:middle], books, now)
    return [*first, *await settle(pool, works[middle:], books, now)]


async def _settle(
    pool: Pool, works: Sequence[Work], books: Books, now: datetime
) -> Sequence[Settled]:
    once = {work.facts.event_id: work for work in works}
    with transient_failures():
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute(record.BY_INDEX)
            await connection.execute(record.LOCK, _locks(works))
            before = await _decided(connection, list(once))
            before |= dict.fromkeys(await erased(connection, list(once)))
            fresh = [work for id_, work in once.items() if id_ not in before]
            after = await _decide(connection, fresh, books, now) if fresh else {}
    return [
        Settled(work, before[id_], again=True)
        if id_ in before
        else Settled(work, after[id_], again=False)
        for id_, work in once.items()
    ]


def _locks(works: Iterable[Work]) -> list[int]:
    return sorted(
        int.from_bytes(blake2b(owner, digest_size=8, person=b"moderator").digest(), signed=True)
        for owner in {"/".join(owner_of(work.facts)).encode() for work in works}
    )


async def _decided(connection: Connection, ids: Sequence[str]) -> dict[str, Decision | None]:
    """What was decided before; None where nothing was to be done."""
    return {
        row["event_id"]: None if row["document"] is None else _decision.decode(row["document"])
        for row in await connection.fetch(record.DECIDED, ids)
    }


async def _decide(
    connection: Connection, works: Sequence[Work], books: Books, now: datetime
) -> dict[str, Decision]:
    owners = {owner_of(work.facts) for work in works}
    needs = {owner: books[owner].needs for owner in owners}
    rules = {owner: books[owner].rules for owner in owners}
    past = await Recollection(connection, works, needs).pasts()
    guards = await read_safeguards(connection, rules)
    memories = {owner: Memory(books[owner].horizon, past[owner]) for owner in owners}
    judged = [_judge(work, memories, guards, now) for work in works]
    await _write(connection, judged, {owner: past[owner].automatic for owner in owners})
    await watch(connection, guards, judged, now)
    return {each.facts.event_id: each.decision for each in judged}


def _judge(
    work: Work, memories: Mapping[Owner, Memory], guards: Safeguards, now: datetime
) -> Judged:
    owner = owner_of(work.facts)
    decision = judge(
        work.facts,
        work.text,
        memories[owner],
        guards.rules[owner],
        now=now,
        stopped=guards.stopped(owner),
        open_breakers=guards.open_breakers.get(owner, frozenset()),
    )
    memories[owner].note(work.facts, work.text, decision)
    return Judged(work.facts, work.text, decision)


async def _write(
    connection: Connection, judged: Sequence[Judged], automatic: Mapping[Owner, Container[str]]
) -> None:
    for table, columns, new in (
        ("decisions", record.DECISION_COLUMNS, rows.decisions(judged)),
        ("sayings", record.SAYING_COLUMNS, rows.sayings(judged)),
        ("hits", record.HIT_COLUMNS, rows.hits(judged)),
    ):
        await connection.copy_records_to_table(table, records=new, columns=columns)
    merged: tuple[tuple[str, Iterable[Row]], ...] = (
        (record.ADD_CONTACTS, rows.contacts(judged)),
        (record.ADD_OWN_COMMENTS, rows.own_comments(judged)),
        (record.TAKE_OVER, rows.takeovers(judged, automatic)),
    )
    for statement, found in merged:
        if values := [list(column) for column in zip(*found, strict=True)]:
            await connection.execute(statement, *values)
