"""What the consumer loop does with records that cannot be handled, on every broker."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from shared.contracts.dead import read_letter
from shared.contracts.records import Outgoing, Record
from shared.errors import Poison, Transient
from tests.consuming import (
    consumer,
    fill,
    numbers,
    partition_of,
    running,
)
from tests.streams import Stream, until


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
