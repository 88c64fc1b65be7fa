"""Reading a topic without a group: for people who look, not for services that work."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping
from typing import Literal

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from shared.contracts.records import Record
from shared.errors import Transient
from shared.stream.kafka import CONSUMER
from shared.stream.reader import record_of, stop

Start = Literal["earliest", "latest"]

SILENCE_SECONDS = 10.0


async def browse(servers: str, topic: str, since_ms: int = 0) -> AsyncGenerator[Record, None]:
    """All records of `topic` there are now and that were written since then, in order within each
    partition.

    Raises:
        Transient: `not_connected` or `unknown_topic`.
    """
    async with browsing(servers, {topic}, "earliest") as consumer:
        ends = await consumer.end_offsets(consumer.assignment())
        await _skip(consumer, since_ms)
        while ends := await _unread(consumer, ends):
            async with asyncio.timeout(SILENCE_SECONDS):
                found = await consumer.getmany(timeout_ms=int(SILENCE_SECONDS * 500))
            for tp, messages in found.items():
                for message in messages:
                    if message.offset < ends.get(tp, 0) and message.timestamp >= since_ms:
                        yield record_of(message)


async def _skip(consumer: AIOKafkaConsumer, since_ms: int) -> None:
    """Begin where the brokers know that something so new is; the embedded one never does."""
    if since_ms:
        async with asyncio.timeout(SILENCE_SECONDS):
            found = await consumer.offsets_for_times(dict.fromkeys(consumer.assignment(), since_ms))
        for tp, place in found.items():
            if place is not None:
                consumer.seek(tp, place.offset)


async def _unread(
    consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]
) -> Mapping[TopicPartition, int]:
    """The partitions in which there is something before the end."""
    async with asyncio.timeout(SILENCE_SECONDS):
        return {tp: end for tp, end in ends.items() if await consumer.position(tp) < end}


async def follow(
    servers: str, topics: Collection[str], start: Start = "latest"
) -> AsyncGenerator[Record, None]:
    """The records that come to `topics` from now on, or from the first there is, for ever.

    Raises:
        Transient: `not_connected` or `unknown_topic`.
    """
    async with browsing(servers, topics, start) as consumer:
        while True:
            for messages in (await consumer.getmany(timeout_ms=1000)).values():
                for message in messages:
                    yield record_of(message)


@contextlib.asynccontextmanager
async def browsing(
    servers: str, topics: Collection[str], start: Start
) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer that has all partitions of `topics` and knows where it begins."""
    settings = CONSUMER | {"auto_offset_reset": start}
    consumer = AIOKafkaConsumer(bootstrap_servers=servers, **settings)
    try:
        async with asyncio.timeout(SILENCE_SECONDS):
            await consumer.start()
            if not set(topics) <= await consumer.topics():
                raise Transient("unknown_topic")
            consumer.subscribe(tuple(topics))
            await consumer.getmany()  # returns when the partitions are assigned
            for tp in consumer.assignment():
                await consumer.position(tp)
        yield consumer
    except (KafkaError, OSError) as exc:  # a TimeoutError is an OSError
        raise Transient("not_connected") from exc
    finally:
        await stop(consumer)
