"""One working aiokafka producer at any time: opened in the background, replaced when it breaks."""

import asyncio
import contextlib
from collections.abc import Callable

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from shared.stream.delays import delays

CONNECT_SECONDS = 10.0
RETIRE_SECONDS = 30.0
CLOSE_SECONDS = 2.0

_log = structlog.get_logger()


class Connection:
    """Keeps a producer open while `run` runs.

    After a failed batch an idempotent producer is beyond use: the sequence numbers it gave that
    batch are spent, and the broker refuses whatever follows on that partition.
    """

    def __init__(self, create: Callable[[], AIOKafkaProducer]) -> None:
        self._create = create
        self._usable = asyncio.Event()
        self._broken = asyncio.Event()
        self.producer: AIOKafkaProducer | None = None
        self.connected = False

    async def run(self) -> None:
        """Connect, wait until the producer breaks, and again, until cancelled."""
        async with asyncio.TaskGroup() as retiring:
            while True:
                producer = self.producer = await self._connect()
                self.connected = True
                self._broken.clear()
                self._usable.set()
                try:
                    await self._broken.wait()
                except asyncio.CancelledError:
                    await _stop(producer, CLOSE_SECONDS)
                    raise
                retiring.create_task(_stop(producer, RETIRE_SECONDS))

    async def usable(self) -> AIOKafkaProducer:
        """The working producer, as soon as there is one."""
        while self.producer is None or not self._usable.is_set():
            await self._usable.wait()
        return self.producer

    def replace(self, broken: AIOKafkaProducer) -> None:
        """Open another producer unless that has happened already; what `broken` still has under way
        may finish."""
        if broken is self.producer:
            self._usable.clear()
            self._broken.set()

    async def _connect(self) -> AIOKafkaProducer:
        waits = delays(most_seconds=2.0)
        while True:
            producer = self._create()
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    await producer.start()
            except (KafkaError, OSError) as exc:  # a TimeoutError is an OSError
                if self.connected or self.producer is None:
                    _log.warning("kafka_not_connected", error=type(exc).__name__)
                self.connected = False
                await _stop(producer, CLOSE_SECONDS)
            else:
                return producer
            await asyncio.sleep(next(waits))


async def _stop(producer: AIOKafkaProducer, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await producer.stop()
    except TimeoutError:
        _log.warning("kafka_producer_abandoned")
    finally:
        # aiokafka flushes for ever and offers no other way to make it give up.
        sender = producer._sender.sender_task  # noqa: SLF001 (as said)
        if sender is not None:
            sender.cancel()
        with contextlib.suppress(KafkaError):
            await producer.client.close()
