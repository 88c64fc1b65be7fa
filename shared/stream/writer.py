"""Group commit: one open batch per partition, shared by all who write, and one acknowledgement for
all of them (design §5, receiver)."""

import asyncio
import itertools
from collections.abc import Sequence

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from shared.contracts.records import Outgoing
from shared.errors import Transient
from shared.stream import metrics
from shared.stream.batch import Batch, Call, Partition
from shared.stream.connection import Connection
from shared.stream.partitions import hash_of

STUCK_SECONDS = 60.0
"""A batch that is under way for longer is given up together with the producer that holds it."""

_TICK_SECONDS = 0.05

_log = structlog.get_logger()


class KafkaWriter:
    """A Writer; `run` must run beside it.

    Per record only the batch's buffer is touched; futures, timers and tasks are per call or per
    batch.
    """

    def __init__(
        self, connection: Connection, *, deadline_seconds: float, max_in_flight_bytes: int
    ) -> None:
        self._connection = connection
        self._deadline_seconds = deadline_seconds
        self._max_in_flight_bytes = max_in_flight_bytes
        self._partitions: dict[str, list[Partition]] = {}
        self._keyless = itertools.count()
        self._loop = asyncio.get_running_loop()
        self._idle = asyncio.Event()
        self._idle.set()
        self._stalled = False
        self._acknowledged = False
        self.in_flight_bytes = 0

    def ready(self) -> bool:
        """Whether a write would be acknowledged in time, as far as one can know."""
        return self._connection.connected and not self._stalled

    def write(self, records: Sequence[Outgoing]) -> asyncio.Future[None]:
        """See `Writer.write`."""
        if not self._connection.connected:
            raise _refused("not_connected")
        if self.in_flight_bytes >= self._max_in_flight_bytes:
            raise _refused("overloaded")
        call = Call(self._loop.create_future(), self._loop.time() + self._deadline_seconds)
        for record in records:
            if record.topic not in self._partitions:
                self._tasks.create_task(self._append_later(records, call))
                return call.done
        self._append(records, call)
        return call.done

    async def run(self) -> None:
        """Send what is written and watch the time, until cancelled."""
        try:
            async with asyncio.TaskGroup() as self._tasks:
                self._tasks.create_task(self._connection.run())
                self._tasks.create_task(self._watch())
        finally:
            self._connection.connected = False
            for batch in self._batches():
                batch.fail("not_acknowledged")

    async def flush(self) -> None:
        """Wait until nothing is in flight."""
        await self._idle.wait()

    async def _append_later(self, records: Sequence[Outgoing], call: Call) -> None:
        try:
            for topic in {record.topic for record in records} - self._partitions.keys():
                await self._discover(topic, call.deadline)
            self._append(records, call)
        except Transient as exc:
            call.fail(exc.reason)
        except asyncio.CancelledError:
            call.fail("not_acknowledged")
            raise

    def _append(self, records: Sequence[Outgoing], call: Call) -> None:
        size = 0
        for topic, key, value, headers, timestamp in records:
            spread = self._partitions[topic]
            where = hash_of(key) if key is not None else next(self._keyless)
            partition = spread[where % len(spread)]
            fields = headers if type(headers) is list else list(headers)
            batch = partition.waiting[-1] if partition.waiting else self._open(partition)
            added = batch.append(timestamp=timestamp, key=key, value=value, headers=fields)
            if added is None:  # full; an empty batch takes a record of any size
                batch = self._open(partition)
                added = batch.append(timestamp=timestamp, key=key, value=value, headers=fields)
            batch.size += added.size
            size += added.size
            if not batch.calls or batch.calls[-1] is not call:
                batch.calls.append(call)
                call.batches += 1
        if size:
            self.in_flight_bytes += size
            self._idle.clear()
        else:
            call.done.set_result(None)

    def _open(self, partition: Partition) -> Batch:
        return partition.open(Batch(self._producer().create_batch()))

    def _producer(self) -> AIOKafkaProducer:
        if self._connection.producer is None:
            raise _refused("not_connected")
        return self._connection.producer

    async def _discover(self, topic: str, deadline: float) -> None:
        try:
            async with asyncio.timeout_at(deadline):
                found = await _partitions(self._producer(), topic)
        except TimeoutError as exc:
            raise _refused("not_acknowledged") from exc
        if not self._connection.connected:  # closed meanwhile
            raise _refused("not_connected")
        if not found:
            raise _refused("unknown_topic")
        if topic not in self._partitions:
            spread = self._partitions[topic] = [Partition(topic, index) for index in sorted(found)]
            for partition in spread:
                self._tasks.create_task(self._pump(partition))

    async def _pump(self, partition: Partition) -> None:
        """Send one batch after the other; meanwhile the next one collects."""
        duration = metrics.PRODUCE_DURATION.labels(partition.topic)
        produced = metrics.PRODUCED.labels(partition.topic)
        while True:
            await partition.filled.wait()
            producer = await self._connection.usable()
            batch = partition.take()
            batch.sent_at = self._loop.time()
            reason = await self._send(producer, partition, batch)
            partition.sending = None
            self._settle(batch)
            if reason is None:
                self._acknowledged = True
                batch.succeed()
                count = batch.builder.record_count()
                produced.inc(count)
                metrics.PRODUCED_BATCH.observe(count)
                duration.observe(self._loop.time() - batch.sent_at)
            else:
                metrics.PRODUCE_ERRORS.labels(reason).inc()
                batch.fail(reason)

    async def _send(
        self, producer: AIOKafkaProducer, partition: Partition, batch: Batch
    ) -> str | None:
        """Why `batch` was not acknowledged, or None."""
        topic, index = partition.topic, partition.index
        try:
            known = producer.client.cluster.partitions_for_topic(topic)
            if not known or index not in known:
                async with asyncio.timeout(STUCK_SECONDS):
                    if index not in await _partitions(producer, topic):
                        return "unknown_topic"
            batch.sent = await producer.send_batch(batch.builder, topic, partition=index)
            await batch.sent
        except MessageSizeTooLargeError:
            _log.error("topic_misconfigured", topic=topic, bytes=batch.size)
            self._connection.replace(producer)
            return "too_large_for_broker"
        except asyncio.CancelledError:
            if not batch.stuck:
                raise
            error = "Stuck"
        except (KafkaError, TimeoutError) as exc:
            error = type(exc).__name__
        else:
            return None
        _log.warning("batch_failed", topic=topic, error=error)
        self._connection.replace(producer)
        return "not_acknowledged"

    def _settle(self, batch: Batch) -> None:
        self.in_flight_bytes -= batch.size
        if not self.in_flight_bytes:
            self._idle.set()

    async def _watch(self) -> None:
        # One look at the few batches there are, instead of a timer per call.
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            now = self._loop.time()
            expired = 0
            for batch in self._batches():
                expired += batch.expire(now)
                if batch.sent_at + STUCK_SECONDS < now:
                    batch.give_up()
            if expired:
                metrics.PRODUCE_ERRORS.labels("not_acknowledged").inc(expired)
            moving = self._acknowledged or not self.in_flight_bytes
            self._stalled = expired > 0 or (self._stalled and not moving)
            self._acknowledged = False
            metrics.IN_FLIGHT.set(self.in_flight_bytes)

    def _batches(self) -> list[Batch]:
        spread = itertools.chain.from_iterable(self._partitions.values())
        return [batch for partition in spread for batch in partition.batches()]


async def _partitions(producer: AIOKafkaProducer, topic: str) -> set[int]:
    client = producer.client
    if not client.cluster.partitions_for_topic(topic):
        # All topics are asked for: asking for one by name could make the broker create it.
        await client.force_metadata_update()
    found: set[int] = client.cluster.partitions_for_topic(topic) or set()
    if not found:
        _log.error("topic_unknown", topic=topic)
    return found


def _refused(reason: str) -> Transient:
    metrics.PRODUCE_ERRORS.labels(reason).inc()
    return Transient(reason)
