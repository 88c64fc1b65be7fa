"""What a Writer and a Reader promise, whichever broker they stand on."""

import asyncio

import pytest
from aiokafka.partitioner import DefaultPartitioner
from prometheus_client import REGISTRY

from shared import topics
from shared.contracts.records import Outgoing, Position, Record
from shared.errors import Transient
from tests.streams import Stream, take, until


def texts(topic: str, count: int, keys: int = 7) -> list[Outgoing]:
    """Numbered records over some keys."""
    return [Outgoing(topic, b"key %d" % (n % keys), b"%d" % n, []) for n in range(count)]


def values(records: list[Record]) -> set[bytes | None]:
    """Their values."""
    return {record.value for record in records}


async def test_round_trip(stream: Stream) -> None:
    """Key, value and headers arrive as they were written, in any script, and with no value."""
    topic = await stream.topic()
    headers = [("ce_id", b"1"), ("ce_id", b"2"), ("größe", "größe".encode()), ("none", b"")]
    written = [
        Outgoing(topic, "ключ".encode(), '{"text": "👋🏽 مرحبا"}'.encode(), headers),
        Outgoing(topic, b"k", None, []),
        Outgoing(topic, None, b"no key", ()),
        Outgoing(topic, b"", b"", [], timestamp_ms=1_700_000_000_123),
    ]
    async with stream.writer() as writer:
        await writer.write(written)
    found = await stream.read("g", topic, len(written))
    assert {(r.key, r.value, tuple(r.headers)) for r in found} == {
        (o.key, o.value, tuple(o.headers)) for o in written
    }
    assert [r.timestamp_ms for r in found if r.key == b""] == [1_700_000_000_123]


async def test_order(stream: Stream) -> None:
    """Records of one key stay in the order of their writes, also with many writers at once."""
    topic = await stream.topic()

    async def write(key: bytes) -> None:
        for number in range(20):
            await writer.write([Outgoing(topic, key, b"%d" % number, [])])

    keys = [b"key %d" % number for number in range(40)]
    async with stream.writer() as writer, asyncio.TaskGroup() as tasks:
        for key in keys:
            tasks.create_task(write(key))
    found = await stream.read("g", topic, 20 * len(keys))
    expected = [b"%d" % number for number in range(20)]
    for key in keys:
        assert [record.value for record in found if record.key == key] == expected


async def test_partition(stream: Stream) -> None:
    """A key goes where the default partitioner of any Java or aiokafka client sends it."""
    topic = await stream.topic()
    async with stream.writer() as writer:
        await writer.write(texts(topic, 200, keys=200))
    every = list(range(topics.PARTITIONS))
    for record in await stream.read("g", topic, 200):
        assert record.partition == DefaultPartitioner()(record.key, every, every)


async def test_largest(stream: Stream) -> None:
    """The largest record that any topic allows travels, and its small neighbours with it."""
    topic = await stream.topic()
    large = Outgoing(topic, b"k", b"x" * stream.largest_bytes, [])
    small = Outgoing(topic, b"k", b"small", [])
    async with stream.writer() as writer, stream.reader("g", [topic]) as reader:
        await writer.write([small, large, small])
        sizes = [len(record.value or b"") for record in await take(reader, 3)]
    assert sizes == [5, stream.largest_bytes, 5]


async def test_resume(stream: Stream) -> None:
    """A group goes on where it committed, partition by partition; the rest it reads again."""
    topic = await stream.topic()
    async with stream.writer() as writer:
        await writer.write(texts(topic, 100))
    async with stream.reader("g", [topic]) as reader:
        found = await take(reader, 100)
        half = [record for record in found if record.partition == found[0].partition]
        cut = half[len(half) // 2]
        await reader.commit({Position(topic, cut.partition): cut.offset})
    settled = {r.value for r in half if r.offset < cut.offset}
    again = await stream.read("g", topic, 100 - len(settled))
    assert values(again) == values(found) - settled


async def test_groups(stream: Stream) -> None:
    """Groups do not see each other's commits."""
    topic = await stream.topic()
    async with stream.writer() as writer:
        await writer.write([Outgoing(topic, b"k", b"v", [])])
    async with stream.reader("one", [topic]) as reader:
        found = await take(reader, 1)
        await reader.commit({Position(topic, found[0].partition): 1})
    assert len(await stream.read("two", topic, 1)) == 1


async def test_unknown_topic(stream: Stream) -> None:
    """A topic that nobody created is refused, and not created by the way."""
    async with stream.writer() as writer:
        for _ in range(2):
            with pytest.raises(Transient, match="unknown_topic"):
                await writer.write([Outgoing("test.nobody", b"k", b"v", [])])


async def test_nothing_to_write(stream: Stream) -> None:
    """Writing nothing is done at once."""
    async with stream.writer() as writer:
        await writer.write([])


async def test_outage(stream: Stream) -> None:
    """While the broker is away writes fail in time; when it is back they work again by themselves,
    and all that was acknowledged is there."""
    topic = await stream.topic()
    async with stream.writer(deadline_seconds=0.5) as writer:
        await writer.write([Outgoing(topic, b"k", b"before", [])])
        await stream.go_down()
        with pytest.raises(Transient, match="not_acknowledged"):
            await writer.write([Outgoing(topic, b"k", b"during", [])])
        await until(lambda: not writer.ready())
        await stream.come_up()
        await until(writer.ready)
        while True:
            try:
                await writer.write([Outgoing(topic, b"k", b"after", [])])
                break
            except Transient:
                continue
    async with stream.reader("g", [topic]) as reader:
        found: set[bytes | None] = set()
        while not found >= {b"before", b"after"}:
            found |= values(await take(reader, 1))


async def test_overload(stream: Stream) -> None:
    """When too many bytes are in flight further writes are refused at once; one write larger than
    the limit passes when nothing else is in flight."""
    topic = await stream.topic()
    async with stream.writer(deadline_seconds=120.0, max_in_flight_bytes=1_000) as writer:
        large = Outgoing(topic, b"k", b"x" * 5_000, [])
        await writer.write([large])
        await stream.go_down()
        waiting = writer.write([large])
        await asyncio.sleep(0)
        with pytest.raises(Transient, match="overloaded"):
            await writer.write([Outgoing(topic, b"k", b"small", [])])
        await stream.come_up()
        await waiting
        await writer.write([large])


async def test_caller_gone(stream: Stream) -> None:
    """A caller that is cancelled takes nobody else's records along."""
    topic = await stream.topic()
    async with stream.writer() as writer:
        await writer.write([Outgoing(topic, b"k", b"first", [])])
        gone = writer.write([Outgoing(topic, b"k", b"gone", [])])
        stays = writer.write([Outgoing(topic, b"k", b"stays", [])])
        await asyncio.sleep(0)
        gone.cancel()
        await stays
    async with stream.reader("g", [topic]) as reader:
        while b"stays" not in values(await take(reader, 1)):
            pass


async def test_flush(stream: Stream) -> None:
    """What is in flight when the writer closes is still written."""
    topic = await stream.topic()
    async with stream.writer() as writer:
        await writer.write(texts(topic, 10))
        written = writer.write(texts(topic, 50))
        await asyncio.sleep(0)
    await written
    assert len(await stream.read("g", topic, 60)) == 60


async def test_shared_batches(kafka_stream: Stream) -> None:
    """Those who write at the same time share batches."""
    topic = await kafka_stream.topic()
    batches = "parley_kafka_produced_batch_records_count"
    async with kafka_stream.writer() as writer:
        await writer.write([Outgoing(topic, b"k", b"v", [])])
        before = REGISTRY.get_sample_value(batches) or 0
        await asyncio.gather(*(writer.write([each]) for each in texts(topic, 200, keys=1)))
        after = REGISTRY.get_sample_value(batches) or 0
    assert 1 <= after - before <= 4


async def test_kafka_away_at_start(kafka_stream: Stream) -> None:
    """A writer opens while Kafka is away, refuses at once meanwhile, and connects by itself."""
    topic = await kafka_stream.topic()
    await kafka_stream.go_down()
    async with kafka_stream.unconnected_writer() as writer:
        assert not writer.ready()
        with pytest.raises(Transient, match="not_connected"):
            await writer.write([Outgoing(topic, b"k", b"v", [])])
        await kafka_stream.come_up()
        await until(writer.ready)
        await writer.write([Outgoing(topic, b"k", b"v", [])])
