"""Kafka and Postgres as they look from outside: all records of a topic, how far each group has
committed, and all rows of the event log. By librdkafka, which has no code in common with Parley."""

import contextlib
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence

import asyncpg
from confluent_kafka import OFFSET_END, Consumer, Message, TopicPartition

from shared import topics
from shared.contracts.records import Position

GROUPS = ("enricher", "persister")
_ASK_SECONDS = 5.0
_SILENCE_SECONDS = 30.0
_WAIT_SECONDS = 0.2
_TOGETHER = 5_000


def read(servers: str, topic: str) -> Iterator[Message]:
    """All records of `topic` there are now.

    Raises:
        TimeoutError: Kafka stopped giving any.
    """
    settings = {"bootstrap.servers": servers, "group.id": "chaos", "enable.auto.commit": False}
    consumer = Consumer(settings)
    with contextlib.closing(consumer):
        ends = _ends(consumer, topic)
        consumer.assign([TopicPartition(topic, partition, 0) for partition in ends])
        heard = time.monotonic()
        while ends:
            messages = consumer.consume(_TOGETHER, _WAIT_SECONDS)
            if messages:
                heard = time.monotonic()
            elif time.monotonic() > heard + _SILENCE_SECONDS:
                raise TimeoutError(f"{topic} cannot be read to its end")
            for message in messages:
                if message.error() is None and message.partition() in ends:
                    yield message
                    _advance(ends, message)


def position_of(message: Message) -> tuple[Position, int]:
    """Where a record stands."""
    place = Position(message.topic() or "", message.partition() or 0)
    return place, message.offset() or 0


def _ends(consumer: Consumer, topic: str) -> dict[int, int]:
    partitions = consumer.list_topics(topic, _ASK_SECONDS).topics[topic].partitions
    ends = {}
    for partition in partitions:
        _, end = consumer.get_watermark_offsets(TopicPartition(topic, partition), _ASK_SECONDS)
        if end > 0:
            ends[partition] = end
    return ends


def _advance(ends: dict[int, int], message: Message) -> None:
    place, offset = position_of(message)
    if offset + 1 >= ends[place.partition]:
        del ends[place.partition]


class Groups:
    """How far the consumer groups have come. It joins none of them."""

    def __init__(self, servers: str, groups: Sequence[str] = GROUPS) -> None:
        settings: dict[str, str | int | float | bool] = {
            "bootstrap.servers": servers,
            "enable.auto.commit": False,
            "topic.metadata.refresh.interval.ms": 2000,
            "log_level": 0,
        }
        self._asking = {group: Consumer(settings | {"group.id": group}) for group in groups}

    def committed(self, group: str) -> dict[Position, int]:
        """What `group` will read next.

        Raises:
            KafkaException: Kafka can't be asked.
        """
        return _offsets(self._asking[group].committed(_places(group), _ASK_SECONDS))

    def behind(self) -> int:
        """How many records there are that their readers have not committed.

        Raises:
            KafkaException: Kafka can't be asked.
        """
        return sum(map(self._behind, self._asking))

    def _behind(self, group: str) -> int:
        committed = self.committed(group)
        ends = _offsets(self._asking[group].offsets_for_times(_places(group), _ASK_SECONDS))
        return sum(max(0, end - max(0, committed[place])) for place, end in ends.items())


def _places(group: str) -> list[TopicPartition]:
    """The end of each partition that `group` reads."""
    return [
        TopicPartition(each.name, index, OFFSET_END)
        for each in topics.read_by(group)
        for index in range(each.partitions)
    ]


def _offsets(found: Iterable[TopicPartition]) -> dict[Position, int]:
    return {Position(each.topic, each.partition): each.offset for each in found}


async def rows(database: str) -> AsyncIterator[tuple[str, bytes]]:
    """The id and item of every event in the log."""
    connection = await asyncpg.connect(database)
    try:
        async with connection.transaction():
            async for row in connection.cursor("SELECT id, item FROM events", prefetch=_TOGETHER):
                yield row["id"], row["item"]
    finally:
        await connection.close()
