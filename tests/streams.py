"""One face for the three brokers that a Writer and a Reader can stand on."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from shared import topics
from shared.contracts.records import Position, Record
from shared.stream import admin, kafka
from shared.stream.embedded import embedded_broker
from shared.stream.memory import MemoryBroker
from shared.stream.protocols import Reader, Writer
from tests.kafka import RealBroker

WAIT_SECONDS = 60.0

_MOST_EMBEDDED_BYTES = 4_000_000
"""The embedded broker drops what is beyond 5 MB in a partition, also a record it has just taken."""


class ReadyWriter(Writer, Protocol):
    """What `kafka.writer` and its twin open."""

    def ready(self) -> bool:
        """Whether it is connected."""


@dataclass(frozen=True, kw_only=True)
class Stream:
    """A broker under test; `servers` is empty for the one in memory."""

    servers: str
    largest_bytes: int
    create: Callable[[str], Awaitable[None]]
    go_down: Callable[[], Awaitable[None]]
    come_up: Callable[[], Awaitable[None]]
    reader: Callable[[str, Sequence[str]], AbstractAsyncContextManager[Reader]]
    unconnected_writer: Callable[..., AbstractAsyncContextManager[ReadyWriter]]
    committed_in: Callable[[str, str, int], Awaitable[int | None]]

    async def topic(self) -> str:
        """A new topic with 12 partitions that takes the largest records."""
        name = f"test.{uuid.uuid4().hex}"
        await self.create(name)
        return name

    @asynccontextmanager
    async def writer(
        self, *, deadline_seconds: float = 20.0, max_in_flight_bytes: int = 64_000_000
    ) -> AsyncIterator[ReadyWriter]:
        """A Writer that is connected."""
        opened = self.unconnected_writer(
            deadline_seconds=deadline_seconds, max_in_flight_bytes=max_in_flight_bytes
        )
        async with opened as writer:
            await until(writer.ready)
            yield writer

    async def committed(self, group: str, topic: str) -> dict[int, int]:
        """Where `group` would go on, for the partitions it has committed."""
        offsets = {
            partition: await self.committed_in(group, topic, partition)
            for partition in range(topics.PARTITIONS)
        }
        return {partition: offset for partition, offset in offsets.items() if offset is not None}

    async def until_committed(self, group: str, topic: str, count: int) -> None:
        """Wait until `group` has committed `count` records."""
        async with asyncio.timeout(WAIT_SECONDS):
            while sum((await self.committed(group, topic)).values()) < count:
                await asyncio.sleep(0.05)

    async def read(self, group: str, topic: str, count: int) -> list[Record]:
        """The next `count` records for `group`, uncommitted."""
        async with self.reader(group, [topic]) as reader:
            return await take(reader, count)


async def take(reader: Reader, count: int) -> list[Record]:
    """The next `count` records."""
    records: list[Record] = []
    async with asyncio.timeout(WAIT_SECONDS):
        while len(records) < count:
            records += await reader.read(count - len(records), 0.2)
    return records


async def until(condition: Callable[[], object]) -> None:
    """Wait for `condition`."""
    async with asyncio.timeout(WAIT_SECONDS):
        while not condition():
            await asyncio.sleep(0.01)


async def _committed(servers: str, group: str, topic: str, partition: int) -> int | None:
    async with AIOKafkaConsumer(bootstrap_servers=servers, group_id=group) as looking:
        offset: int | None = await looking.committed(TopicPartition(topic, partition))
        return offset


def _memory() -> Stream:
    broker = MemoryBroker(())

    async def committed(group: str, topic: str, partition: int) -> int | None:
        return broker.committed[group].get(Position(topic, partition))

    async def create(name: str) -> None:
        broker.create(name)

    async def go_down() -> None:
        broker.go_down()

    async def come_up() -> None:
        broker.come_up()

    return Stream(
        servers="",
        largest_bytes=topics.LARGEST_RECORD_BYTES,
        create=create,
        go_down=go_down,
        come_up=come_up,
        reader=broker.reader,
        unconnected_writer=broker.writer,
        committed_in=committed,
    )


def _embedded() -> Iterator[Stream]:
    with embedded_broker(()) as broker:

        async def create(name: str) -> None:
            broker.create(name)

        async def go_down() -> None:
            broker.go_down()

        async def come_up() -> None:
            broker.come_up()

        yield Stream(
            servers=broker.servers,
            largest_bytes=_MOST_EMBEDDED_BYTES,
            create=create,
            go_down=go_down,
            come_up=come_up,
            reader=partial(kafka.reader, broker.servers),
            unconnected_writer=partial(kafka.writer, broker.servers),
            committed_in=partial(_committed, broker.servers),
        )


def real_stream(broker: RealBroker) -> Stream:
    """`broker` as a Stream."""

    async def create(name: str) -> None:
        topic = topics.Topic(
            name=name,
            holds="whatever a test writes",
            key="whatever a test likes",
            writers=frozenset(),
            readers=frozenset(),
            max_record_bytes=topics.LARGEST_RECORD_BYTES,
        )
        await admin.apply(broker.servers, [topic])

    return Stream(
        servers=broker.servers,
        largest_bytes=topics.LARGEST_RECORD_BYTES,
        create=create,
        go_down=partial(asyncio.to_thread, broker.kill),
        come_up=partial(asyncio.to_thread, broker.start),
        reader=partial(kafka.reader, broker.servers),
        unconnected_writer=partial(kafka.writer, broker.servers),
        committed_in=partial(_committed, broker.servers),
    )


@pytest.fixture(params=["memory", "embedded", pytest.param("real", marks=pytest.mark.kafka)])
def stream(request: pytest.FixtureRequest) -> Iterator[Stream]:
    """Each of the three, one after the other."""
    if request.param == "memory":
        yield _memory()
    elif request.param == "embedded":
        yield from _embedded()
    else:
        yield real_stream(request.getfixturevalue("real_broker"))


@pytest.fixture(params=["embedded", pytest.param("real", marks=pytest.mark.kafka)])
def kafka_stream(request: pytest.FixtureRequest) -> Iterator[Stream]:
    """Those that speak Kafka's protocol."""
    if request.param == "embedded":
        yield from _embedded()
    else:
        yield real_stream(request.getfixturevalue("real_broker"))
