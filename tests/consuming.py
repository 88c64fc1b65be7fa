"""A consumer loop to try out, for tests."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from shared.contracts.records import Outgoing, Record
from shared.stream.consumer import Consumer
from shared.stream.dead_letters import DeadLetters
from tests.streams import Stream, take

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


async def partition_of(stream: Stream, topic: str) -> int:
    """Where the record `bad` is."""
    async with stream.reader("looking", [topic]) as reader:
        return next(r.partition for r in await take(reader, 50) if r.value == b"bad")
