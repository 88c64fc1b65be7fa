"""The shell around the rows: a batch becomes one transaction, whole or not at all."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from time import perf_counter

from asyncpg import exceptions

from services.persister import metrics
from services.persister.events import (
    EventRow,
    Item,
    Kept,
    Stored,
    Times,
    Told,
    bare_event_row,
    event_row,
)
from services.persister.latest import Row
from services.persister.rows import Rows, build, enrichments, times_of, waves
from services.persister.statements import comments, log, messages, profiles
from services.persister.statements.merge import Merge
from shared.contracts.raw import RawEvent
from shared.errors import Poison, Transient
from shared.postgres.erasure.erase import erased
from shared.postgres.pool import Connection, Pool, transient_failures
from shared.service.metrics import SINCE_OCCURRED, observe_ages

# The data's fault: refused values, a limit of Postgres' types or indexes, and (the last two) what
# asyncpg can't encode.
_UNSTORABLE = (
    exceptions.DataError,
    exceptions.ProgramLimitExceededError,
    exceptions.IntegrityConstraintViolationError,
    ValueError,
    OverflowError,
)

# In the same order for everybody, as are the keys within each: no deadlocks among persisters.
MERGES = (
    comments.COMMENTS,
    comments.MENTIONS,
    messages.MESSAGES,
    messages.REACTIONS,
    messages.CONVERSATIONS,
    profiles.MEDIA,
    profiles.PEOPLE,
)

# A plan is made once for all batches: without statistics, as in a young table, and with so many ids
# that Postgres does not see, it would read the whole table for each of them.
_BY_INDEX = "SET LOCAL enable_seqscan = off"

_ID = 2  # the column of Meta's own id


async def save(pool: Pool, batch: Sequence[Item]) -> None:
    """Return once all of `batch` is committed.

    When one of it can't be stored the batch is halved until it is found; what was stored on the way
    stays, since storing it again changes nothing.

    Raises:
        Poison: `unstorable`, naming that record.
        Transient: Postgres is away, or somebody else won a conflict.
    """
    try:
        await _write(pool, batch, event_row)
    except _UNSTORABLE:
        if len(batch) == 1:
            await _save_bare(pool, batch[0])
            return
        middle = len(batch) // 2
        await save(pool, batch[:middle])
        await save(pool, batch[middle:])


async def _save_bare(pool: Pool, item: Item) -> None:
    """Meta's item may be more than jsonb takes in a way we did not foresee; its bytes remain."""
    try:
        await _write(pool, [item], bare_event_row)
    except _UNSTORABLE:
        # Postgres quotes values in its messages: people's words must not travel in an exception.
        raise Poison(item.record, "unstorable") from None


async def _write(pool: Pool, items: Sequence[Item], row_of: EventRow) -> None:
    began = perf_counter()
    with transient_failures():
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute(_BY_INDEX)
            items = await _unerased(connection, items)
            batch = [item for item in items if isinstance(item, Kept)]
            outcomes = [item.outcome for item in items if isinstance(item, Told)]
            await _refuse_forged(connection, batch)
            found = await connection.fetch(log.STORED, [kept.raw.id for kept in batch])
            stored = {id_: Stored(enrichment, Times(*times)) for id_, enrichment, *times in found}
            times = times_of(batch, stored)
            await _log(connection, batch, stored, times, row_of)
            rows = build(batch, times, outcomes)
            for merge in MERGES:
                await _merge(connection, merge, rows[merge.table])
    _observe(batch, rows, stored, perf_counter() - began)


async def _unerased(connection: Connection, items: Sequence[Item]) -> Sequence[Item]:
    """What is erased leaves no trace when it comes again, nor does what was done about it."""
    gone = await erased(connection, [_event_of(item) for item in items])
    return [item for item in items if _event_of(item) not in gone] if gone else items


def _event_of(item: Item) -> str:
    return item.raw.id if isinstance(item, Kept) else item.outcome.action.event_id or ""


async def _refuse_forged(connection: Connection, batch: Sequence[Kept]) -> None:
    """A delivery may only touch accounts of the app whose secret signed it (design §4.6). Enriched
    events have been through the same check in the enricher."""
    straight = {kept.raw.id: kept for kept in batch if isinstance(kept.event, RawEvent)}
    if not straight:
        return
    said = [
        (raw.id, raw.platform, raw.account, raw.app)
        for raw in (kept.raw for kept in straight.values())
    ]
    for row in await connection.fetch(log.FORGED, *map(list, zip(*said, strict=True))):
        raise Poison(straight[row["id"]].record, "forged")


async def _log(
    connection: Connection,
    batch: Sequence[Kept],
    stored: Mapping[str, Stored],
    times: Mapping[str, Times],
    row_of: EventRow,
) -> None:
    new = {kept.raw.id: kept for kept in reversed(batch) if kept.raw.id not in stored}
    # Made while Postgres is busy with those before.
    rows = (row_of(new[id_], times[id_]) for id_ in sorted(new))
    try:
        await connection.copy_records_to_table("events", records=rows, columns=log.COLUMNS)
    except exceptions.UniqueViolationError as exc:
        raise Transient("postgres_conflict") from exc  # another persister was faster
    await connection.executemany(log.ENRICH, enrichments(batch, new, stored))


async def _merge(connection: Connection, merge: Merge, rows: Sequence[Row]) -> None:
    for wave in waves(rows, merge.key_columns):
        found = await connection.fetch(merge.known, [row[_ID] for row in wave])
        known = set(map(tuple, found))
        # New ones first, as everybody does: so nobody waits for somebody who waits for him.
        new = [row for row in wave if row[: merge.key_columns] not in known]
        await _insert(connection, merge, new)
        old = [row for row in wave if row[: merge.key_columns] in known]
        await _update(connection, merge, old)


async def _insert(connection: Connection, merge: Merge, rows: Sequence[Row]) -> None:
    """Rows that were not there a moment ago."""
    if not rows:
        return
    try:
        async with connection.transaction():  # a savepoint
            await connection.copy_records_to_table(merge.table, records=rows, columns=merge.columns)
    except exceptions.UniqueViolationError:  # another persister was faster
        await _update(connection, merge, rows)


async def _update(connection: Connection, merge: Merge, rows: Sequence[Row]) -> None:
    """Rows that are there, by the rules of merging."""
    if rows:
        await connection.execute(merge.merge, *_columns(rows))


def _columns(rows: Sequence[Row]) -> list[list[object]]:
    columns = [list(column) for column in zip(*rows, strict=True)]
    # `versions`: Postgres would take an array of arrays for one with two dimensions.
    columns[-1] = [_literal(value) if isinstance(value, list) else value for value in columns[-1]]
    return columns


def _literal(times: Iterable[datetime | None]) -> str:
    return "{" + ",".join("NULL" if at is None else _written(at) for at in times) + "}"


@lru_cache(maxsize=64)  # the fields of one thing are mostly from the same moment
def _written(at: datetime) -> str:
    return at.isoformat()


def _observe(
    batch: Sequence[Kept], rows: Rows, stored: Mapping[str, Stored], seconds: float
) -> None:
    metrics.BATCH_SECONDS.observe(seconds)
    metrics.BATCH_EVENTS.observe(len(batch))
    metrics.REDELIVERED.inc(len(stored))
    metrics.ROWS.labels("events").inc(len(batch))
    for table, of_table in rows.items():
        metrics.ROWS.labels(table).inc(len(of_table))
    new = [kept.raw for kept in batch if kept.raw.id not in stored and kept.raw.origin == "webhook"]
    observe_ages("persisted", (raw.received_at for raw in new), datetime.now(UTC))
    delivered = SINCE_OCCURRED.labels("received")
    for raw in new:
        delivered.observe(max(0.0, (raw.received_at - raw.occurred_at).total_seconds()))
