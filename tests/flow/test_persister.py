"""From the enriched topics to rows, through the persister's own consumer and a real Postgres."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from services.persister.__main__ import GROUP, consumer
from services.persister.events import Event
from shared import topics
from shared.contracts.dead import read_letter
from shared.contracts.enriched import Comment, Conversation, Person
from shared.postgres import schema
from shared.postgres.pool import Pool, connect
from shared.stream.memory import MemoryBroker
from tests.heard import comment, mention, message, outgoing, raw
from tests.postgres import PostgresServer

WAIT_SECONDS = 120.0


async def _write(broker: MemoryBroker, events: Sequence[Event]) -> None:
    async with broker.writer() as writer:
        await writer.write([outgoing(event) for event in events])


@asynccontextmanager
async def _persisting(broker: MemoryBroker, pool: Pool) -> AsyncIterator[None]:
    """A persister at work until the block ends, which it leaves in order."""
    names = [topic.name for topic in topics.read_by(GROUP)]
    stopping = asyncio.Event()
    async with broker.reader(GROUP, names) as reader, broker.writer() as writer:
        running = consumer(pool, reader, writer)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(running.run(stopping))
            yield
            stopping.set()


async def _until_committed(broker: MemoryBroker, count: int) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        while sum(broker.committed[GROUP].values()) < count:
            await asyncio.sleep(0.02)


async def _until(pool: Pool, sql: str) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        while not await pool.fetchval(sql):
            await asyncio.sleep(0.02)


def _crowd(count: int) -> list[Event]:
    """Messages of as many people as there are messages."""
    return [
        message(
            name=f"mid{n}",
            mid=f"mid{n}",
            text="hello",
            person=Person(id=str(n)),
            conversation=Conversation(id=str(n)),
            envelope={"thread": str(n)},
        )
        for n in range(count)
    ]


async def test_all_topics(pool: Pool) -> None:
    """Events of every topic the persister reads become rows, and are committed after that."""
    broker = MemoryBroker()
    events: list[Event] = [
        comment(),
        mention(media_id="m1"),
        message(text="hello"),
        raw("change", "x"),
    ]
    await _write(broker, events)

    async with _persisting(broker, pool):
        await _until_committed(broker, len(events))

    logged = await pool.fetch("SELECT id FROM events")
    assert {row["id"] for row in logged} == {
        event.id if hasattr(event, "id") else event.event.id for event in events
    }
    for table in ("comments", "mentions", "messages"):
        assert await pool.fetchval(f"SELECT count(*) FROM {table}") == 1


async def test_read_again(pool: Pool) -> None:
    """A group that begins again from the start changes nothing."""
    broker = MemoryBroker()
    await _write(broker, _crowd(50))
    dump = "SELECT *, xmin FROM messages ORDER BY id"
    async with _persisting(broker, pool):
        await _until_committed(broker, 50)
    before = await pool.fetch(dump)

    broker.committed.clear()
    async with _persisting(broker, pool):
        await _until_committed(broker, 50)

    assert await pool.fetch(dump) == before


async def test_dead_letter(pool: Pool) -> None:
    """What can't be stored, or is no event, becomes a dead letter; its neighbours are stored."""
    broker = MemoryBroker()
    unstorable = "".join(chr(0x4E00 + n * 7919 % 20_000) for n in range(3000))
    broken = outgoing(comment())._replace(value=b"{")
    await _write(broker, [*_crowd(20), comment(comment=Comment(id=unstorable)), *_crowd(40)[20:]])
    async with broker.writer() as writer:
        await writer.write([broken])

    async with _persisting(broker, pool):
        await _until_committed(broker, 42)

    letters = [read_letter(record) for record in broker.records(topics.DEAD_PERSISTER.name)]
    assert {letter.reason for letter in letters if letter} == {"unstorable", "undecodable"}
    assert len(letters) == 2
    assert await pool.fetchval("SELECT count(*) FROM messages") == 40


async def test_postgres_killed(mortal_postgres: PostgresServer) -> None:
    """Postgres dies in the middle of a transaction and comes back: nothing is lost or doubled."""
    url = mortal_postgres.url("postgres")
    await schema.migrate(url)
    broker = MemoryBroker()
    await _write(broker, _crowd(3000))
    async with connect(url, "persister") as pool, connect(url, "tests") as other:
        async with _persisting(broker, pool):
            async with asyncio.timeout(WAIT_SECONDS):
                blocker = await other.acquire()
                # The last table of the transaction: all else is written by then.
                await blocker.execute("BEGIN; LOCK TABLE people IN SHARE MODE")
                await _until(other, "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted")
                await asyncio.to_thread(mortal_postgres.kill)
                await other.release(blocker)
            assert not broker.committed[GROUP]
            await asyncio.to_thread(mortal_postgres.start)
            await _until_committed(broker, 3000)

        counts = [
            await other.fetchval(f"SELECT count(*) FROM {table}")
            for table in ("events", "messages", "conversations", "people")
        ]
        assert counts == [3000] * 4
