"""The persister against plain COPY of the same rows into the same tables with the same indexes."""

import random
import shutil
import tempfile
import time
from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path

import asyncpg
from pydantic import SecretStr

from services.persister import store
from services.persister.events import Kept, event_row
from services.persister.latest import Row
from services.persister.rows import build, times_of
from services.persister.statements import log
from shared.contracts.enriched import Comment, Conversation, EnrichedEvent, Media, Person
from shared.postgres import schema
from shared.postgres.embedded import embedded
from shared.postgres.pool import Pool, connect
from tests import heard
from tests.bench.ratio import Ratio

EVENTS = 2000
_WARM_UP = 3
_PROFILES = ("media", "people", "conversations")
_SHOP = "https://scontent.cdninstagram.com/v/t51/" + "a" * 200
_COLUMNS = {"events": log.COLUMNS} | {merge.table: merge.columns for merge in store.MERGES}
_TEXT = "What a lovely colour! How much is it, and do you ship to Spain? "


def _batch(number: int) -> list[Kept]:
    """Comments on 50 media and messages, each from somebody new."""
    chance = random.Random(number)
    return heard.kept([_event(number * EVENTS + index, chance) for index in range(EVENTS)])


def _event(serial: int, chance: random.Random) -> EnrichedEvent:
    person = Person(id=f"88{serial:010}", username=f"ana.{serial}", name="Ana", picture_url=_SHOP)
    name, at = f"{serial:012}", serial / 1000
    if chance.random() < 0.6:
        media = Media(id=f"1801{chance.randrange(50):04}", caption=_TEXT, url=_SHOP, like_count=3)
        comment = Comment(id=name, text=_TEXT, author=person, media_id=media.id)
        item = b'{"field":"comments","value":{"id":"%s","text":"%s"}}' % (
            name.encode(),
            _TEXT.encode() * 3,
        )
        return heard.comment(name, at, comment=comment, media=media, item=item)
    closes = heard.NOON + timedelta(days=1)
    talk = Conversation(id=person.id or "", window_closes_at=closes)
    return heard.message(
        "message", name, at, conversation=talk, person=person, mid=name, text=_TEXT
    )


def _rows(batch: Sequence[Kept], number: int) -> dict[str, list[Row]]:
    """What `save` writes of `batch`; profiles get new keys each time, as COPY can't update."""
    times = times_of(batch, {})
    rows = dict(build(batch, times, ()))
    for table in _PROFILES:
        rows[table] = [(row[0], row[1], f"{row[2]}-{number}", *row[3:]) for row in rows[table]]
    return rows | {"events": [event_row(kept, times[kept.raw.id]) for kept in batch]}


async def _copy(pool: Pool, rows: dict[str, list[Row]]) -> None:
    async with pool.acquire() as connection, connection.transaction():
        for table, found in rows.items():
            await connection.copy_records_to_table(table, records=found, columns=_COLUMNS[table])


async def measure(rounds: int, seconds: float) -> Iterable[Ratio]:
    """Events a second at 2,000 events a batch, making the rows included in ours only."""
    folder = Path(tempfile.mkdtemp(prefix="parley-bench-"))
    try:
        async with embedded(folder) as url:
            return [await _compare(url, rounds, seconds)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _compare(url: str, rounds: int, seconds: float) -> Ratio:
    connection = await asyncpg.connect(url)
    databases = [SecretStr(url.replace("/postgres?", f"/{name}?")) for name in ("ours", "plain")]
    for name, database in zip(("ours", "plain"), databases, strict=True):
        await connection.execute(f"CREATE DATABASE {name}")
        await schema.migrate(database)
    await connection.close()
    ours: list[float] = []
    plain: list[float] = []
    async with connect(databases[0], "ours") as left, connect(databases[1], "plain") as right:
        for number in range(_WARM_UP + rounds * max(1, round(seconds))):
            batch = _batch(number)
            rows = _rows(batch, number)
            started = time.perf_counter()
            await store.save(left, batch)
            between = time.perf_counter()
            await _copy(right, rows)
            plain.append(EVENTS / (time.perf_counter() - between))
            ours.append(EVENTS / (between - started))
    return Ratio(
        name="persister",
        unit="events/s",
        ours=ours[_WARM_UP:],
        limit=plain[_WARM_UP:],
        at_least=0.60,
    )
