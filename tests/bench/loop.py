"""The consumer loop without an effect, against bare aiokafka: `getmany` and commit."""

import asyncio
import itertools
import shutil
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from aiokafka import AIOKafkaConsumer

from shared import topics
from shared.contracts.records import Outgoing, Record
from shared.stream import admin, kafka
from shared.stream.consumer import Consumer
from shared.stream.dead_letters import DeadLetters
from shared.stream.protocols import Writer
from tests.bench.ratio import Ratio
from tests.kafka import RealBroker, fetch_jars
from tests.streams import until

TOPIC = topics.COMMENTS.name
_HEADERS = [(f"ce_{number}", b"f" * 20) for number in range(8)]
_WRITTEN_TOGETHER = 5000
_READ_TOGETHER = 2000


async def _fill(writer: Writer, count: int) -> None:
    for start in range(0, count, _WRITTEN_TOGETHER):
        await writer.write(
            [
                Outgoing(TOPIC, b"17841400000000000:%d" % number, b"v" * 500, _HEADERS)
                for number in range(start, start + _WRITTEN_TOGETHER)
            ]
        )


async def _bare(servers: str, group: str, count: int) -> float:
    """Records a second."""
    consumer = AIOKafkaConsumer(TOPIC, bootstrap_servers=servers, group_id=group, **kafka.CONSUMER)
    await consumer.start()
    seen, started = 0, time.perf_counter()
    while seen < count:
        found = await consumer.getmany(timeout_ms=500, max_records=_READ_TOGETHER)
        seen += sum(map(len, found.values()))
        await consumer.commit()
    spent = time.perf_counter() - started
    await consumer.stop()
    return count / spent


async def _ours(servers: str, group: str, count: int, writer: Writer) -> float:
    """Records a second, with a lane for each partition."""
    stopping = asyncio.Event()
    seen = itertools.count(1)

    async def handle(records: Sequence[Record]) -> None:
        for _ in records:
            if next(seen) >= count:
                stopping.set()

    dead = DeadLetters(writer=writer, group=group, topic=topics.DEAD_ENRICHER.name)
    async with kafka.reader(servers, group, [TOPIC]) as reader:
        consumer = Consumer[Record](
            reader, dead, lambda record: record, handle, lambda record: record.partition
        )
        await reader.read(0, 1.0)
        await until(reader.joined)
        started = time.perf_counter()
        await consumer.run(stopping)
        return count / (time.perf_counter() - started)


async def measure(rounds: int, seconds: float) -> Iterable[Ratio]:
    """Records of 500 bytes with 8 headers a second, on a real Kafka with 12 partitions."""
    count = max(_WRITTEN_TOGETHER, round(seconds * 8) * _WRITTEN_TOGETHER)
    fetch_jars()
    folder = Path(tempfile.mkdtemp(prefix="parley-bench-"))
    broker = RealBroker(folder)
    broker.start()
    try:
        await admin.apply(broker.servers, topics.ALL)
        async with kafka.writer(broker.servers, deadline_seconds=60.0) as writer:
            await until(writer.ready)
            await _fill(writer, count)
            ours: list[float] = []
            bare: list[float] = []
            for number in range(rounds):
                bare.append(await _bare(broker.servers, f"bare-{number}", count))
                ours.append(await _ours(broker.servers, f"ours-{number}", count, writer))
        return [Ratio(name="loop", unit="records/s", ours=ours, limit=bare, at_least=0.50)]
    finally:
        broker.stop()
        shutil.rmtree(folder)
