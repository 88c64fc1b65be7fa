"""What the consumer loop promises, whichever broker it stands on."""

import asyncio
from collections import defaultdict
from collections.abc import Hashable, Sequence
from typing import Any

import pytest
from prometheus_client import REGISTRY

from shared.contracts.records import Record
from shared.errors import Transient
from tests.consuming import (
    consumer,
    fill,
    numbers,
    running,
)
from tests.streams import Stream, until


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
