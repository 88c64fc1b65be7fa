"""One member of a consumer group, on aiokafka."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from aiokafka.structs import ConsumerRecord, TopicPartition

from shared.contracts.records import Offsets, Position, Record
from shared.errors import Transient

JOIN_SECONDS = 15.0
COMMIT_SECONDS = 5.0
CLOSE_SECONDS = 5.0
_REBALANCE_SECONDS = 1.0

_NOTHING = TopicPartition("", -1)

_log = structlog.get_logger()


async def _nothing_to_finish() -> None:
    """The hook before anyone has set one."""


class KafkaReader:
    """A Reader that joins at the first read, and anew after any error of the consumer below it.

    Anew, because aiokafka drops what it had already taken for other partitions when one of them
    fails in the same call; from a fresh start it reads again from what was committed.
    """

    def __init__(self, create: Callable[[], AIOKafkaConsumer], topics: Collection[str]) -> None:
        self._create = create
        self._topics = frozenset(topics)
        self._consumer: AIOKafkaConsumer | None = None
        self._hook: Callable[[], Awaitable[None]] = _nothing_to_finish
        self._joined = False

    def on_revoke(self, hook: Callable[[], Awaitable[None]]) -> None:
        """See `Reader.on_revoke`."""
        self._hook = hook

    def joined(self) -> bool:
        """See `Reader.joined`."""
        return self._joined

    async def read(self, max_records: int, wait_seconds: float) -> Sequence[Record]:
        """See `Reader.read`."""
        consumer = self._consumer or await self._join()
        if _fetches_no_more(consumer):
            _log.error("fetcher_ended")
            await self.aclose()
            raise Transient("read_failed")
        try:
            async with asyncio.timeout(wait_seconds + _REBALANCE_SECONDS):
                if not max_records:
                    await consumer.getmany(_NOTHING)
                    return ()
                wait = int(wait_seconds * 1000)
                found = await consumer.getmany(timeout_ms=wait, max_records=max_records)
        except TimeoutError:  # aiokafka waits for the end of a rebalance, however long
            return ()
        except KafkaError as exc:
            _log.warning("read_failed", error=type(exc).__name__)
            await self.aclose()
            raise Transient("read_failed") from exc
        return [record_of(message) for messages in found.values() for message in messages]

    async def commit(self, offsets: Offsets) -> None:
        """See `Reader.commit`."""
        if self._consumer is None:
            raise Transient("not_connected")
        assigned = self._consumer.assignment()
        held = {
            tp: offset
            for position, offset in offsets.items()
            if (tp := TopicPartition(*position)) in assigned
        }
        try:
            async with asyncio.timeout(COMMIT_SECONDS):
                if held:
                    await self._consumer.commit(held)
        except (CommitFailedError, IllegalStateError):
            _log.warning("commit_came_too_late")  # aiokafka joins again and has us release them
        except (KafkaError, TimeoutError) as exc:
            raise Transient("commit_failed") from exc

    def ends(self) -> Mapping[Position, int]:
        """See `Reader.ends`."""
        consumer = self._consumer
        assigned = consumer.assignment() if consumer else ()
        ends = {Position(*tp): consumer.highwater(tp) for tp in assigned} if consumer else {}
        return {position: end for position, end in ends.items() if end is not None}

    async def aclose(self) -> None:
        """Let what has begun finish, and leave the group."""
        consumer = self._consumer
        if consumer is not None:
            await self._hook()
            self._consumer, self._joined = None, False
            await stop(consumer)

    async def _join(self) -> AIOKafkaConsumer:
        consumer = self._create()
        try:
            async with asyncio.timeout(JOIN_SECONDS):
                await consumer.start()
                missing = self._topics - await consumer.topics()
            if missing:
                _log.error("topic_unknown", topics=", ".join(sorted(missing)))
                raise Transient("unknown_topic")
            listener = _Rebalances(self._give_back, self._got)
            consumer.subscribe(tuple(self._topics), listener=listener)
            self._consumer = consumer
        except (KafkaError, OSError) as exc:  # a TimeoutError is an OSError
            raise Transient("not_connected") from exc
        finally:
            if self._consumer is not consumer:
                await stop(consumer)
        return consumer

    async def _give_back(self) -> None:
        self._joined = False
        await self._hook()

    def _got(self) -> None:
        self._joined = True


class _Rebalances(ConsumerRebalanceListener):
    """What aiokafka calls; under its eager protocol all partitions are given back each time."""

    def __init__(self, give_back: Callable[[], Awaitable[None]], got: Callable[[], None]) -> None:
        self._give_back = give_back
        self._got = got

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """Before each rebalance; nothing is fetched until this returns."""
        _log.info("partitions_revoked", partitions=len(revoked))
        await self._give_back()

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """After each rebalance."""
        _log.info("partitions_assigned", partitions=len(assigned))
        self._got()


def record_of(message: ConsumerRecord[bytes, bytes]) -> Record:
    """The record in what aiokafka delivers."""
    return Record(
        message.topic,
        message.partition,
        message.offset,
        message.timestamp,
        message.key,
        message.value,
        message.headers,
    )


def _fetches_no_more(consumer: AIOKafkaConsumer) -> bool:
    fetcher = consumer._fetcher  # noqa: SLF001 (getmany would wait for it for ever)
    return fetcher is not None and fetcher.error_future.done()


async def stop(consumer: AIOKafkaConsumer) -> None:
    """Leave the group and close, with a time limit on both."""
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await consumer.stop()
    except (TimeoutError, KafkaError):  # the latter is what its fetcher ended with
        _log.warning("kafka_consumer_abandoned")
    finally:
        with contextlib.suppress(KafkaError):
            await consumer._client.close()  # noqa: SLF001 (stop() alone can hang)
