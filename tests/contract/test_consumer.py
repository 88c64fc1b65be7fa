"""What the consumer loop promises, whichever broker it stands on."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from prometheus_client import REGISTRY

from shared.contracts.dead import read_letter
from shared.contracts.records import Outgoing, Record
from shared.errors import Poison, Transient
from shared.stream.consumer import Consumer
from shared.stream.dead_letters import DeadLetters
from tests.streams import Stream, take, until

Handle = Callable[[Sequence[Record]], Awaitable[None]]


def by_key(record: Record) -> Hashable:
    """The usual lane."""
    return record.key


def as_it_is(record: Record) -> Record:
    """The simplest decoding."""
    return record


async def no_wait(_: float) -> None:
    """Sleep for nothing, but let others run."""
    await asyncio.sleep(0)


async def fill(stream: Stream, topic: str, values: Sequence[bytes], keys: int = 5) -> None:
    """Write `values` over some keys, in order within each."""
    async with stream.writer() as writer:
        await writer.write(
            [Outgoing(topic, b"key %d" % (n % keys), value, []) for n, value in enumerate(values)]
        )


def numbers(count: int) -> list[bytes]:
    """As many different values."""
    return [b"%d" % number for number in range(count)]


@asynccontextmanager
async def consumer(
    stream: Stream,
    topic: str,
    handle: Handle,
    *,
    dead: str = "test.nowhere",
    **settings: Any,
) -> AsyncIterator[Consumer[Record]]:
    """A consumer of group `g` that is not running yet."""
    async with stream.writer(deadline_seconds=1.0) as writer, stream.reader("g", [topic]) as reader:
        letters = DeadLetters(writer=writer, group="g", topic=dead)
        decode, lane = settings.pop("decode", as_it_is), settings.pop("lane", by_key)
        yield Consumer(reader, letters, decode, handle, lane, sleep=no_wait, **settings)


@asynccontextmanager
async def running(consumer: Consumer[Record]) -> AsyncIterator[asyncio.Event]:
    """Run it while the block runs, or until the event is set."""
    stopping = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(consumer.run(stopping))
        try:
            yield stopping
        finally:
            stopping.set()


async def test_all_settled(stream: Stream) -> None:
    """Every record is handled once, and then committed while the loop goes on."""
    topic, handled = await stream.topic(), list[Record]()
    await fill(stream, topic, numbers(500))

    async def handle(records: Sequence[Record]) -> None:
        handled.extend(records)

    async with consumer(stream, topic, handle) as loop:
        assert not loop.ready() or stream.servers == ""
        async with running(loop):
            await stream.until_committed("g", topic, 500)
            assert loop.ready()
    assert sorted(int(record.value or b"") for record in handled) == list(range(500))


async def test_unsettled_stays(stream: Stream) -> None:
    """A partition is committed up to its first unsettled record, however much behind it is done;
    other lanes do not wait."""
    topic, release = await stream.topic(), asyncio.Event()
    await fill(stream, topic, [b"slow" if n == 0 else b"fast" for n in range(200)], keys=20)
    slow, done = list[Record](), list[Record]()

    async def handle(records: Sequence[Record]) -> None:
        if records[0].value == b"slow":
            slow.append(records[0])
            await release.wait()
        done.extend(records)

    async with consumer(stream, topic, handle) as loop, running(loop):
        await until(lambda: len(done) == 190)
        await stream.until_committed("g", topic, 150)
        committed = await stream.committed("g", topic)
        assert committed.get(slow[0].partition, 0) <= slow[0].offset
        release.set()
        await stream.until_committed("g", topic, 200)


async def test_lanes(stream: Stream) -> None:
    """A lane is worked off in order, one batch at a time and none too large; lanes work at the same
    time."""
    topic, seen = await stream.topic(), defaultdict[Hashable, list[bytes | None]](list)
    await fill(stream, topic, numbers(200), keys=2)
    together, busy = asyncio.Barrier(2), set[Hashable]()

    async def handle(records: Sequence[Record]) -> None:
        (key,) = {record.key for record in records}
        assert len(records) <= 10
        assert key not in busy
        busy.add(key)
        if not seen[key]:
            await together.wait()
        seen[key] += [record.value for record in records]
        busy.remove(key)

    async with consumer(stream, topic, handle, max_records=10) as loop, running(loop):
        await stream.until_committed("g", topic, 200)
    assert seen[b"key 0"] == numbers(200)[0::2]
    assert seen[b"key 1"] == numbers(200)[1::2]


async def test_poison(stream: Stream) -> None:
    """A poisoned record goes to the dead letters exactly as it was, with the reason and where it
    stood; everything else is handled, and the group goes on behind it."""
    topic, dead = await stream.topic(), await stream.topic()
    bad = Outgoing(topic, "größe".encode(), b'{"bad": 1}', [("ce_id", b"1"), ("x", b"")], 1_700_000)
    await fill(stream, topic, numbers(20))
    async with stream.writer() as writer:
        await writer.write([bad])
    await fill(stream, topic, numbers(20))
    handled, original = list[Record](), list[Record]()

    async def handle(records: Sequence[Record]) -> None:
        original.extend(found := [r for r in records if r.value == bad.value])
        if found:
            raise Poison(found[0], "forged")
        handled.extend(records)

    async with consumer(stream, topic, handle, dead=dead, lane=lambda _: 0) as loop, running(loop):
        await stream.until_committed("g", topic, 41)
    assert len({(record.partition, record.offset) for record in handled}) == 40
    (letter,) = await stream.read("dead", dead, 1)
    assert (letter.key, letter.value, letter.timestamp_ms) == (bad.key, bad.value, 1_700_000)
    assert list(letter.headers)[:2] == bad.headers
    about = read_letter(letter)
    assert about is not None
    assert (about.topic, about.group, about.reason) == (topic, "g", "forged")
    assert (about.partition, about.offset) == (original[0].partition, original[0].offset)


async def test_undecodable(stream: Stream) -> None:
    """Records that cannot be decoded become dead letters, and nobody waits for them."""
    topic, dead, handled = await stream.topic(), await stream.topic(), list[Record]()
    await fill(stream, topic, [b"bad" if n % 10 == 0 else b"good" for n in range(100)])

    def decode(record: Record) -> Record:
        if record.value == b"bad":
            raise Poison(record, "undecodable")
        return record

    async def handle(records: Sequence[Record]) -> None:
        handled.extend(records)

    async with consumer(stream, topic, handle, dead=dead, decode=decode) as loop, running(loop):
        await stream.until_committed("g", topic, 100)
    assert [record.value for record in handled] == [b"good"] * 90
    assert len(await stream.read("dead", dead, 10)) == 10


async def test_much_poison_in_a_batch(stream: Stream) -> None:
    """A batch full of poison costs a few handlings of each record, not of each pair."""
    topic, dead, handlings = await stream.topic(), await stream.topic(), list[int]()
    await fill(stream, topic, numbers(200), keys=1)

    async def handle(records: Sequence[Record]) -> None:
        handlings.append(len(records))
        raise Poison(records[-1], "forged")

    settings: dict[str, Any] = {"dead": dead, "blameless": frozenset({"forged"})}
    async with consumer(stream, topic, handle, **settings) as loop, running(loop):
        await stream.until_committed("g", topic, 200)
    assert sum(handlings) < 4 * 200
    assert len(await stream.read("dead", dead, 200)) == 200


async def test_transient(stream: Stream) -> None:
    """What the world spoils is handled again, and counted."""
    topic, tries = await stream.topic(), list[int]()
    await fill(stream, topic, numbers(10), keys=1)
    labels = {"group": "g", "reason": "contract_test"}
    before = REGISTRY.get_sample_value("parley_consumer_retries_total", labels) or 0

    async def handle(records: Sequence[Record]) -> None:
        tries.append(len(records))
        if len(tries) <= 3:
            raise Transient("contract_test")

    async with consumer(stream, topic, handle) as loop, running(loop):
        await stream.until_committed("g", topic, 10)
    after = REGISTRY.get_sample_value("parley_consumer_retries_total", labels) or 0
    assert after - before == 3


async def test_out_of_patience(stream: Stream) -> None:
    """When the world does not get better the loop ends with what was wrong, and commits nothing of
    it."""
    topic = await stream.topic()
    await fill(stream, topic, numbers(10), keys=1)

    async def handle(_: Sequence[Record]) -> None:
        raise Transient("still_broken")

    async with consumer(stream, topic, handle, patience_seconds=0.0) as loop:
        with pytest.raises(Transient, match="still_broken"):
            await loop.run(asyncio.Event())
    assert await stream.committed("g", topic) == {}


async def test_unwritable_dead_letter(stream: Stream) -> None:
    """While a dead letter cannot be written the group never advances past its record and is not
    ready, and other lanes go on; once it can, everything does."""
    topic, handled = await stream.topic(), list[Record]()
    dead = f"{topic}.dead"
    await fill(stream, topic, [b"bad", *numbers(49)])

    async def handle(records: Sequence[Record]) -> None:
        if records[0].value == b"bad":
            raise Poison(records[0], "forged")
        handled.extend(records)

    async with consumer(stream, topic, handle, dead=dead) as loop, running(loop):
        await until(lambda: len(handled) == 40 and not loop.ready())
        blocked = (await stream.committed("g", topic)).get(await partition_of(stream, topic))
        assert not blocked
        await stream.create(dead)
        await stream.until_committed("g", topic, 50)
        assert loop.ready()
    assert len(await stream.read("dead", dead, 1)) == 1


async def partition_of(stream: Stream, topic: str) -> int:
    """Where the record `bad` is."""
    async with stream.reader("looking", [topic]) as reader:
        return next(r.partition for r in await take(reader, 50) if r.value == b"bad")


async def test_too_much_poison(stream: Stream) -> None:
    """When a tenth of all records are poison the fault is ours, and the loop ends."""
    topic, dead = await stream.topic(), await stream.topic()
    await fill(stream, topic, numbers(300))

    def decode(record: Record) -> Record:
        raise Poison(record, "undecodable")

    async def handle(_: Sequence[Record]) -> None:
        raise AssertionError

    async with consumer(stream, topic, handle, dead=dead, decode=decode) as loop:
        with pytest.raises(Transient, match="too_much_poison"):
            await loop.run(asyncio.Event())
    assert sum((await stream.committed("g", topic)).values()) < 300


async def test_blameless_poison(stream: Stream) -> None:
    """What one sender can bring about at will stops nobody."""
    topic, dead = await stream.topic(), await stream.topic()
    await fill(stream, topic, numbers(300))

    def decode(record: Record) -> Record:
        raise Poison(record, "forged")

    async def handle(_: Sequence[Record]) -> None:
        raise AssertionError

    settings: dict[str, Any] = {"dead": dead, "decode": decode, "blameless": frozenset({"forged"})}
    async with consumer(stream, topic, handle, **settings) as loop, running(loop):
        await stream.until_committed("g", topic, 300)


async def test_poison_of_another_batch(stream: Stream) -> None:
    """Poison that names a record the handler was not given is a bug, and stops the loop."""
    topic = await stream.topic()
    await fill(stream, topic, numbers(1))

    async def handle(records: Sequence[Record]) -> None:
        raise Poison(records[0]._replace(offset=99), "forged")

    async with consumer(stream, topic, handle) as loop:
        with pytest.raises(Poison):
            await loop.run(asyncio.Event())
    assert await stream.committed("g", topic) == {}


async def test_stop(stream: Stream) -> None:
    """A stop lets the batches under way finish and commits them; what waits behind is left."""
    topic, begun, release = await stream.topic(), asyncio.Event(), asyncio.Event()
    await fill(stream, topic, numbers(100), keys=1)
    handled = list[Record]()

    async def handle(records: Sequence[Record]) -> None:
        begun.set()
        await release.wait()
        handled.extend(records)

    async with consumer(stream, topic, handle, max_records=10) as loop:
        async with running(loop) as stopping:
            await begun.wait()
            stopping.set()
            await until(lambda: not loop.ready())
            release.set()
        assert len(handled) == 10
        assert sum((await stream.committed("g", topic)).values()) == 10


async def test_bounds(stream: Stream) -> None:
    """Nothing is read beyond the records that may be in flight, until some are settled."""
    topic, release, decoded = await stream.topic(), asyncio.Event(), list[Record]()
    await fill(stream, topic, numbers(300))

    def decode(record: Record) -> Record:
        decoded.append(record)
        return record

    async def handle(_: Sequence[Record]) -> None:
        await release.wait()

    settings: dict[str, Any] = {"decode": decode, "max_in_flight_records": 50}
    async with consumer(stream, topic, handle, **settings) as loop, running(loop):
        await until(lambda: len(decoded) == 50)
        assert len(decoded) == 50
        release.set()
        await stream.until_committed("g", topic, 300)
    assert len(decoded) == 300


async def test_outage(stream: Stream) -> None:
    """A broker that goes away and comes back costs time, no record."""
    topic, handled = await stream.topic(), set[bytes | None]()
    await fill(stream, topic, numbers(50))

    async def handle(records: Sequence[Record]) -> None:
        handled.update(record.value for record in records)

    async with consumer(stream, topic, handle) as loop, running(loop):
        await stream.until_committed("g", topic, 50)
        await stream.go_down()
        await stream.come_up()
        await fill(stream, topic, [b"after %d" % n for n in range(50)])
        await stream.until_committed("g", topic, 100)
    assert len(handled) == 100
