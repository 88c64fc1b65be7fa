"""What both sides are told, and what they make of errors from the broker."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager

import pytest
from aiokafka import AIOKafkaConsumer

from shared import topics
from shared.contracts.records import Outgoing, Position, Record
from shared.errors import Transient
from shared.stream import kafka
from shared.stream.browse import browse, follow
from shared.stream.consumer import Consumer
from shared.stream.dead_letters import DeadLetters
from shared.stream.embedded import EmbeddedBroker
from shared.stream.reader import KafkaReader
from tests.streams import take, until

PRODUCE, OFFSET_COMMIT, HEARTBEAT = 0, 8, 12
NOT_LEADER, TOO_LARGE, ILLEGAL_GENERATION, REBALANCING = 6, 10, 22, 27
OUT_OF_ORDER, PRODUCER_FENCED, UNKNOWN_PRODUCER = 45, 47, 59

TOPIC = topics.COMMENTS.name
ONE = [Outgoing(TOPIC, b"k", b"v", [])]


def test_settings() -> None:
    """Aiokafka's losing defaults are off (design §8), and sizes fit the largest record."""
    assert (kafka.PRODUCER["acks"], kafka.PRODUCER["enable_idempotence"]) == ("all", True)
    assert kafka.CONSUMER["enable_auto_commit"] is False
    assert kafka.CONSUMER["auto_offset_reset"] == "earliest"
    smallest = min(int(topic.settings()["max.message.bytes"]) for topic in topics.ALL)
    assert smallest > topics.BATCH_BYTES
    assert kafka.REQUEST_BYTES > topics.LARGEST_RECORD_BYTES


@pytest.mark.parametrize("code", [OUT_OF_ORDER, PRODUCER_FENCED, UNKNOWN_PRODUCER])
async def test_broken_producer(embedded_broker: EmbeddedBroker, code: int) -> None:
    """When the broker no longer accepts our producer, those who wait are told, and a fresh one
    takes over."""
    async with kafka.writer(embedded_broker.servers) as writer:
        await until(writer.ready)
        await writer.write(ONE)
        embedded_broker.fail(PRODUCE, code)
        with pytest.raises(Transient, match="not_acknowledged"):
            await writer.write(ONE)
        await writer.write(ONE)
    assert len([record async for record in browse(embedded_broker.servers, TOPIC)]) == 2


async def test_leader_change(embedded_broker: EmbeddedBroker) -> None:
    """A leader that moves costs a retry that nobody sees."""
    async with kafka.writer(embedded_broker.servers) as writer:
        await until(writer.ready)
        embedded_broker.fail(PRODUCE, NOT_LEADER, NOT_LEADER)
        await writer.write(ONE)
    assert len([record async for record in browse(embedded_broker.servers, TOPIC)]) == 1


async def test_too_large(embedded_broker: EmbeddedBroker) -> None:
    """A topic that is configured too small says so, and the next write works."""
    async with kafka.writer(embedded_broker.servers) as writer:
        await until(writer.ready)
        embedded_broker.fail(PRODUCE, TOO_LARGE)
        with pytest.raises(Transient, match="too_large_for_broker"):
            await writer.write(ONE)
        await writer.write(ONE)


@asynccontextmanager
async def quick_reader(servers: str) -> AsyncIterator[KafkaReader]:
    """A reader that the embedded broker does not keep waiting long to join again."""
    quick = {"session_timeout_ms": 1_000, "heartbeat_interval_ms": 200}
    settings = kafka.CONSUMER | quick | {"bootstrap_servers": servers, "group_id": "g"}
    async with aclosing(KafkaReader(lambda: AIOKafkaConsumer(**settings), [TOPIC])) as reader:
        yield reader


@pytest.mark.parametrize("code", [ILLEGAL_GENERATION, REBALANCING])
async def test_commit_too_late(embedded_broker: EmbeddedBroker, code: int) -> None:
    """A commit that the group no longer accepts costs a rejoin, no record: all is handled again by
    whoever has the partition then, and committed."""
    seen = list[Record]()
    async with kafka.writer(embedded_broker.servers) as writer:
        await until(writer.ready)
        await writer.write([Outgoing(TOPIC, b"%d" % n, b"v", []) for n in range(50)])

        async def handle(records: Sequence[Record]) -> None:
            seen.extend(records)

        async with quick_reader(embedded_broker.servers) as reader:
            letters = DeadLetters(writer=writer, group="g", topic=topics.DEAD_ENRICHER.name)
            consumer = Consumer(reader, letters, lambda r: r, handle, lambda r: r.key)
            stopping = asyncio.Event()
            embedded_broker.fail(OFFSET_COMMIT, code)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(consumer.run(stopping))
                await until(lambda: len(seen) >= 100)
                stopping.set()
        async with quick_reader(embedded_broker.servers) as reader:
            await writer.write([Outgoing(TOPIC, b"k", b"last", [])])
            assert [record.value for record in await take(reader, 1)] == [b"last"]


async def test_commit_of_another(embedded_broker: EmbeddedBroker) -> None:
    """What this member does not have it does not commit."""
    async with kafka.reader(embedded_broker.servers, "g", [TOPIC]) as reader:
        await reader.read(0, 1.0)
        await until(reader.joined)
        await reader.commit({Position(topics.MENTIONS.name, 0): 5})


async def test_unknown_topic(embedded_broker: EmbeddedBroker) -> None:
    """A reader of a topic that is not there says so instead of reading nothing for ever."""
    async with kafka.reader(embedded_broker.servers, "g", [TOPIC, "test.nobody"]) as reader:
        with pytest.raises(Transient, match="unknown_topic"):
            await reader.read(1, 0.1)


async def test_nobody_there() -> None:
    """Without a broker reading and browsing say so."""
    async with kafka.reader("127.0.0.1:1", "g", [TOPIC]) as reader:
        with pytest.raises(Transient, match="not_connected"):
            await reader.read(1, 0.1)
    with pytest.raises(Transient, match="not_connected"):
        [record async for record in browse("127.0.0.1:1", TOPIC)]


async def test_browse(embedded_broker: EmbeddedBroker) -> None:
    """Browsing shows all there is now, and ends; it leaves no trace in any group."""
    async with kafka.writer(embedded_broker.servers) as writer:
        await until(writer.ready)
        await writer.write([Outgoing(TOPIC, b"%d" % n, b"%d" % n, []) for n in range(3000)])
    found = [record async for record in browse(embedded_broker.servers, TOPIC)]
    assert sorted(int(record.value or b"") for record in found) == list(range(3000))
    assert [record async for record in browse(embedded_broker.servers, topics.OTHER.name)] == []


async def test_follow(embedded_broker: EmbeddedBroker) -> None:
    """Following shows what comes from now on."""
    async with kafka.writer(embedded_broker.servers) as writer:
        await until(writer.ready)
        await writer.write(ONE)
        following = follow(embedded_broker.servers, [TOPIC, topics.OTHER.name])
        async with asyncio.TaskGroup() as tasks:
            first = tasks.create_task(following.asend(None))
            while not first.done():
                await writer.write([Outgoing(topics.OTHER.name, b"k", b"new", [])])
        assert first.result().value == b"new"
        await following.aclose()
