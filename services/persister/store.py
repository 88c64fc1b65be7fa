"""The shell around the rows: a batch becomes one transaction, whole or not at all."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from time import perf_counter

from asyncpg import exceptions

from services.persister import metrics
from services.persister.events import Kept, Times
from services.persister.latest import Row
from services.persister.rows import Rows, build, times_of, waves, without_json
from services.persister.statements import comments, log, messages, profiles
from services.persister.statements.merge import Merge
from shared.errors import Poison
from shared.postgres.pool import Connection, Pool, transient_failures

# The data's fault: refused values, a limit of Postgres' types or indexes, and (the last two) what
# asyncpg can't encode.
_UNSTORABLE = (
    exceptions.DataError,
    exceptions.ProgramLimitExceededError,
    exceptions.IntegrityConstraintViolationError,
    ValueError,
    OverflowError,
)

# The same order for everybody, like the order of keys within each: no deadlocks among persisters.
_MERGES = (
    log.EVENTS,
    comments.COMMENTS,
    comments.MENTIONS,
    messages.MESSAGES,
    messages.REACTIONS,
    messages.CONVERSATIONS,
    profiles.MEDIA,
    profiles.PEOPLE,
)
_STAGES = ";".join(merge.stage for merge in _MERGES)


async def save(pool: Pool, batch: Sequence[Kept]) -> None:
    """Return once all of `batch` is committed.

    When one event can't be stored the batch is halved until it is found; what was stored on the way
    stays, since storing it again changes nothing.

    Raises:
        Poison: `unstorable`, naming that record.
        Transient: Postgres is away, or somebody else won a conflict.
    """
    try:
        await _write(pool, batch)
    except _UNSTORABLE:
        if len(batch) == 1:
            await _save_bare(pool, batch[0])
            return
        middle = len(batch) // 2
        await save(pool, batch[:middle])
        await save(pool, batch[middle:])


async def _save_bare(pool: Pool, kept: Kept) -> None:
    """Meta's item may be more than jsonb takes in a way we did not foresee; its bytes remain."""
    try:
        await _write(pool, [kept], without_json)
    except _UNSTORABLE as exc:
        raise Poison(kept.record, "unstorable") from exc


def _unchanged(rows: Rows) -> Rows:
    return rows


async def _write(
    pool: Pool, batch: Sequence[Kept], mend: Callable[[Rows], Rows] = _unchanged
) -> None:
    began = perf_counter()
    with transient_failures():
        async with pool.acquire() as connection, connection.transaction():
            stored = await _stored(connection, batch)
            rows = mend(build(batch, times_of(batch, stored)))
            await connection.execute(_STAGES)
            for merge in _MERGES:
                await _insert(connection, merge, rows[merge.table])
    _observe(batch, rows, stored, perf_counter() - began)


async def _stored(connection: Connection, batch: Sequence[Kept]) -> Mapping[str, Times]:
    found = await connection.fetch(log.TIMES, [kept.raw.id for kept in batch])
    return {id_: Times(*times) for id_, *times in found}


async def _insert(connection: Connection, merge: Merge, rows: Sequence[Row]) -> None:
    staged = f"staged_{merge.table}"
    for number, wave in enumerate(waves(rows, merge.key_columns)):
        if number:
            await connection.execute(f"DELETE FROM {staged}")  # noqa: S608 (a constant)
        await connection.copy_records_to_table(staged, records=wave)
        await connection.execute(merge.merge)


def _observe(
    batch: Sequence[Kept], rows: Rows, stored: Mapping[str, Times], seconds: float
) -> None:
    metrics.BATCH_SECONDS.observe(seconds)
    metrics.BATCH_EVENTS.observe(len(batch))
    metrics.REDELIVERED.inc(len(stored))
    for table, of_table in rows.items():
        metrics.ROWS.labels(table).inc(len(of_table))
    new = [kept.raw for kept in batch if kept.raw.id not in stored and kept.raw.origin == "webhook"]
    if new:
        now = datetime.now(UTC)
        metrics.SINCE_RECEIVED.observe((now - min(raw.received_at for raw in new)).total_seconds())
        metrics.SINCE_OCCURRED.observe((now - min(raw.occurred_at for raw in new)).total_seconds())
