"""How far a consumer group is, asked from outside of it."""

import asyncio
from collections.abc import Collection
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from shared.contracts.records import Position
from shared.errors import Transient
from shared.stream.browse import SILENCE_SECONDS, browsing
from shared.stream.kafka import CONSUMER
from shared.stream.reader import stop


class Standing(NamedTuple):
    """Of one partition: the next record that the group will read, and the next to be written."""

    next: int
    end: int


async def standings(servers: str, group: str, topics: Collection[str]) -> dict[Position, Standing]:
    """Where `group` stands in all partitions of `topics`. What it has not committed counts as
    unread.

    Raises:
        Transient: `not_connected` or `unknown_topic`.
    """
    async with browsing(servers, topics, "earliest") as looking:
        partitions = sorted(looking.assignment())
        committed = await _committed(servers, group, partitions)
        async with asyncio.timeout(SILENCE_SECONDS):
            firsts = await looking.beginning_offsets(partitions)
            # Read last: what a group has not read when it is asked, it has not read here either.
            ends = await looking.end_offsets(partitions)
    return {Position(*tp): Standing(max(firsts[tp], committed[tp]), ends[tp]) for tp in partitions}


async def _committed(
    servers: str, group: str, partitions: Collection[TopicPartition]
) -> dict[TopicPartition, int]:
    """By a consumer that asks for the group and never joins it."""
    consumer = AIOKafkaConsumer(bootstrap_servers=servers, group_id=group, **CONSUMER)
    try:
        async with asyncio.timeout(SILENCE_SECONDS):
            await consumer.start()
            return {tp: await consumer.committed(tp) or 0 for tp in partitions}
    except (KafkaError, OSError) as exc:  # a TimeoutError is an OSError
        raise Transient("not_connected") from exc
    finally:
        await stop(consumer)
