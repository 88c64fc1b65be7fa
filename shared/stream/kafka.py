"""Apache Kafka: the doors to it, and the settings both sides share."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from shared import topics
from shared.stream import closing
from shared.stream.connection import Connection
from shared.stream.reader import KafkaReader
from shared.stream.writer import KafkaWriter

REQUEST_BYTES = topics.LARGEST_RECORD_BYTES + topics.ENVELOPE_BYTES

REQUEST_TIMEOUT_MS = 10_000

CLOSE_SECONDS = 5.0

PRODUCER: dict[str, object] = {
    "acks": "all",
    "enable_idempotence": True,
    "linger_ms": 0,  # batches fill while the one before is under way
    "compression_type": None,
    "max_batch_size": topics.BATCH_BYTES,
    "max_request_size": REQUEST_BYTES,
    "request_timeout_ms": REQUEST_TIMEOUT_MS,
}

CONSUMER: dict[str, object] = {
    "enable_auto_commit": False,
    "auto_offset_reset": "earliest",
    "max_partition_fetch_bytes": REQUEST_BYTES,
    "fetch_max_bytes": 3 * REQUEST_BYTES,
    "fetch_max_wait_ms": 100,  # the embedded broker answers an idle fetch only when this is over
    "request_timeout_ms": REQUEST_TIMEOUT_MS,
    # A partition without a committed offset asks its leader where to begin. When that one says it
    # is none, aiokafka asks it again and again, and reads nothing else from it, until this.
    "metadata_max_age_ms": 10_000,
    "session_timeout_ms": 10_000,
    "heartbeat_interval_ms": 3_000,
    "rebalance_timeout_ms": 60_000,  # more than a consumer takes to finish what it has begun
    "max_poll_interval_ms": 300_000,
}

_log = structlog.get_logger()


@contextlib.asynccontextmanager
async def writer(
    servers: str, *, deadline_seconds: float = 3.5, max_in_flight_bytes: int = 64_000_000
) -> AsyncIterator[KafkaWriter]:
    """A Writer that connects in the background, so that it opens also while Kafka is away."""
    closing.mend()
    connection = Connection(lambda: AIOKafkaProducer(bootstrap_servers=servers, **PRODUCER))
    writer = KafkaWriter(
        connection, deadline_seconds=deadline_seconds, max_in_flight_bytes=max_in_flight_bytes
    )
    async with contextlib.AsyncExitStack() as stack:
        # Its own stack: a TaskGroup around the yield would wrap the caller's exceptions.
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        running = tasks.create_task(writer.run())
        try:
            yield writer
        finally:
            await _flush(writer)
            running.cancel()
            await stack.aclose()


@contextlib.asynccontextmanager
async def reader(servers: str, group: str, topics: Collection[str]) -> AsyncIterator[KafkaReader]:
    """A Reader of the topics with these names; it leaves the group when the block ends."""
    closing.mend()
    settings = CONSUMER | {"bootstrap_servers": servers, "group_id": group}
    async with contextlib.aclosing(
        KafkaReader(lambda: AIOKafkaConsumer(**settings), topics)
    ) as one:
        yield one


async def _flush(writer: KafkaWriter) -> None:
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await writer.flush()
    except TimeoutError:
        _log.warning("closed_with_unacknowledged_records", bytes=writer.in_flight_bytes)
