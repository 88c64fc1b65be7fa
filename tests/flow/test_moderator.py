"""From the enriched topics to actions, through the moderator's own consumer and a real Postgres."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec

from services.moderator.__main__ import GROUP, consumer
from shared import topics
from shared.contracts import wire
from shared.contracts.actions import Action
from shared.contracts.dead import read_letter
from shared.contracts.enriched import EnrichedComment, EnrichedEvent
from shared.contracts.records import Record
from shared.postgres import schema
from shared.postgres.pool import Pool, connect
from shared.postgres.rules import EVERYBODY, Brakes
from shared.stream import kafka
from shared.stream.embedded import embedded_broker
from shared.stream.memory import MemoryBroker
from shared.stream.protocols import Writer
from tests import moderating
from tests.heard import ACCOUNT, outgoing
from tests.moderating import Refusing, a_rule, import_rules
from tests.postgres import PostgresServer
from tests.streams import WAIT_SECONDS, take

NAMES = [topic.name for topic in topics.read_by(GROUP)]
TRACE = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def _comment(id_: str, text: str = "spam", **more: Any) -> EnrichedComment:
    """Somebody's comment, just now."""
    now = datetime.now(UTC)
    return moderating.comment(id_, text, occurred_at=now, received_at=now, **more)


def _crowd(count: int) -> list[EnrichedEvent]:
    """Comments of which every third is spam: less than would open a breaker."""
    return [_comment(f"c{n}", "fine" if n % 3 else "spam") for n in range(count)]


async def _write(broker: MemoryBroker, events: Sequence[EnrichedEvent]) -> None:
    async with broker.writer() as writer:
        await writer.write([outgoing(event) for event in events])


@asynccontextmanager
async def _moderating(
    broker: MemoryBroker, pool: Pool, members: int = 1, refusals: int = 0
) -> AsyncIterator[Writer]:
    """Moderators at work until the block ends, which they leave in order."""
    stopping = asyncio.Event()
    async with AsyncExitStack() as stack:
        writer = Refusing(await stack.enter_async_context(broker.writer()), refusals)
        readers = [
            await stack.enter_async_context(broker.reader(GROUP, NAMES)) for _ in range(members)
        ]
        async with asyncio.TaskGroup() as tasks:
            for reader in readers:
                tasks.create_task(consumer(pool, reader, writer).run(stopping))
            yield writer
            stopping.set()


async def _until_committed(broker: MemoryBroker, count: int) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        while sum(broker.committed[GROUP].values()) < count:
            await asyncio.sleep(0.02)


def _actions(records: Sequence[Record]) -> list[Action]:
    return [msgspec.json.decode(record.value or b"", type=Action) for record in records]


def _published(broker: MemoryBroker) -> Counter[str]:
    return Counter(action.id for action in _actions(broker.records(topics.ACTIONS.name)))


async def test_kafka(pool: Pool) -> None:
    """Over Kafka's protocol: what a rule matches becomes an action, in order with its thread and
    under the trace of its event."""
    await import_rules(pool, a_rule())
    event = _comment("c1")
    record = outgoing(event)
    headers = [*record.headers[:-1], ("traceparent", TRACE)]
    with embedded_broker() as broker:
        stopping = asyncio.Event()
        async with (
            kafka.reader(broker.servers, GROUP, NAMES) as reader,
            kafka.writer(broker.servers, deadline_seconds=20) as writer,
            kafka.reader(broker.servers, "tests", [topics.ACTIONS.name]) as actions,
            asyncio.TaskGroup() as tasks,
        ):
            async with asyncio.timeout(WAIT_SECONDS):
                while not writer.ready():
                    await asyncio.sleep(0.02)
            tasks.create_task(consumer(pool, reader, writer).run(stopping))
            await writer.write([record._replace(headers=headers)])
            (found,) = await take(actions, 1)
            stopping.set()

    (action,) = _actions([found])
    assert (action.kind, action.event_id, action.account) == ("hide", event.event.id, ACCOUNT)
    assert found.key == wire.key_of(event.event)
    assert found.header("ce_id") == action.id.encode()
    assert (found.header("traceparent") or b"")[:35] == TRACE[:35]


async def test_read_again(pool: Pool) -> None:
    """A group that begins again from the start publishes the same actions, and counts nothing."""
    await import_rules(pool, a_rule("one", caps={"per_hour": 20}))
    broker = MemoryBroker()
    await _write(broker, _crowd(100))
    async with _moderating(broker, pool):
        await _until_committed(broker, 100)
    published = _published(broker)
    dump = "SELECT *, xmin FROM hits ORDER BY event_id"
    before = await pool.fetch(dump)

    broker.committed.clear()
    async with _moderating(broker, pool):
        await _until_committed(broker, 100)

    assert len(published) == 20
    assert _published(broker) == Counter(dict.fromkeys(published, 2))
    assert await pool.fetch(dump) == before


async def test_kafka_refuses(pool: Pool) -> None:
    """While Kafka does not take actions nothing is passed by; then all are there, once decided."""
    await import_rules(pool, a_rule())
    broker = MemoryBroker()
    await _write(broker, _crowd(50))

    async with _moderating(broker, pool, refusals=3):
        await _until_committed(broker, 50)

    assert _published(broker).keys() == {
        f"{_comment(f'c{n}').event.id}/spam/hide" for n in range(0, 50, 3)
    }
    assert await pool.fetchval("SELECT count(*) FROM decisions") == 50


async def test_replicas(pool: Pool) -> None:
    """Two moderators share the partitions, and an account's cap."""
    await import_rules(pool, a_rule(caps={"per_hour": 30}))
    broker = MemoryBroker()
    await _write(broker, _crowd(400))

    async with _moderating(broker, pool, members=2):
        await _until_committed(broker, 400)

    assert len(_published(broker)) == 30


async def test_kill_switch(pool: Pool) -> None:
    """What comes after the kill switch was pulled is decided and not done."""
    await import_rules(pool, a_rule())
    broker = MemoryBroker()
    async with _moderating(broker, pool):
        await _write(broker, [_comment("before")])
        await _until_committed(broker, 1)
        await Brakes(pool).stop(EVERYBODY, "tests", "a test")
        await _write(broker, [_comment("after")])
        await _until_committed(broker, 2)

    assert list(_published(broker)) == [f"{_comment('before').event.id}/spam/hide"]


async def test_dead_letter(pool: Pool) -> None:
    """What can't be stored, or is no event, becomes a dead letter; its neighbours are judged."""
    await import_rules(pool, a_rule())
    broker = MemoryBroker()
    endless = "".join(chr(0x4E00 + n * 7919 % 20_000) for n in range(3000))
    await _write(broker, [*_crowd(20), _comment("endless", thread=endless)])
    async with broker.writer() as writer:
        await writer.write([outgoing(_comment("broken"))._replace(value=b"{")])

    async with _moderating(broker, pool):
        await _until_committed(broker, 22)

    letters = [read_letter(record) for record in broker.records(topics.DEAD_MODERATOR.name)]
    assert sorted(letter.reason for letter in letters if letter) == ["undecodable", "unstorable"]
    assert len(_published(broker)) == 7


async def test_postgres_killed(mortal_postgres: PostgresServer) -> None:
    """Postgres dies in the middle of a transaction and comes back: nothing is lost or doubled."""
    url = mortal_postgres.url("postgres")
    await schema.migrate(url)
    broker = MemoryBroker()
    await _write(broker, _crowd(1000))
    async with connect(url, "moderator") as pool, connect(url, "tests") as other:
        await import_rules(other, a_rule(caps={"per_hour": 300}))
        async with _moderating(broker, pool):
            async with asyncio.timeout(WAIT_SECONDS):
                blocker = await other.acquire()
                # The last table of the transaction: all else is written by then.
                await blocker.execute("BEGIN; LOCK TABLE rule_rates IN SHARE MODE")
                waiting = "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted"
                while not await other.fetchval(waiting):
                    await asyncio.sleep(0.02)
                await asyncio.to_thread(mortal_postgres.kill)
                await other.release(blocker)
            assert not broker.committed[GROUP]
            await asyncio.to_thread(mortal_postgres.start)
            await _until_committed(broker, 1000)

        assert await other.fetchval("SELECT count(*) FROM decisions") == 1000
        assert await other.fetchval("SELECT sum(judged) FROM rule_rates") == 1000
    assert len(_published(broker)) == 300
