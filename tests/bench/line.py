"""The whole product on a real Kafka and Postgres, fed by hand, so that each stage can be timed."""

import asyncio
import itertools
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import psutil
from aiokafka import AIOKafkaConsumer, TopicPartition
from pydantic import SecretStr

from services.cli.stack import APPS, Options, Stack, stack
from services.simulator.accounts import accounts
from services.simulator.world import World
from shared import topics
from shared.postgres.embedded import embedded
from shared.postgres.pool import Pool, connect
from tests.bench.deliveries import body, comment, request
from tests.bench.processes import kafka, spent

MEDIA = 20
_EVENTS_A_BODY = 10
_CONNECTIONS = 64
_POLL_SECONDS = 0.1
_GIVE_UP_SECONDS = 120.0
_NEXT_TO_NOTHING = 0.001  # events a second of the simulator's own, until it is told to stop
_TABLES = "events, comments, media, people"


@dataclass(kw_only=True)
class Line:
    """What runs, and the ids that no comment had yet."""

    running: Stack
    pool: Pool
    offsets: AIOKafkaConsumer
    session: aiohttp.ClientSession
    java: psutil.Process
    postgres: psutil.Process
    serials: Iterator[int] = field(default_factory=itertools.count)

    def deliveries(self, count: int) -> list[bytes]:
        """So many new comments on `MEDIA` media of two accounts, as signed requests."""
        known = accounts(apps=tuple(APPS))
        world = World(1, known)
        found = []
        for number in range(count // _EVENTS_A_BODY):
            account = known[number % 2]  # both are on Instagram, each of another app
            media = [world.media(account, index).id for index in range(MEDIA // 2)]
            changes = [comment(next(self.serials), media[i]) for i in range(_EVENTS_A_BODY)]
            found.append(request(body(changes, account.id), APPS[account.app]["secrets"][0]))
        return found

    async def post(self, deliveries: list[bytes]) -> float:
        """Post them all; after how many seconds the last one was answered 200."""
        waiting, started = iter(deliveries), time.perf_counter()
        async with asyncio.TaskGroup() as tasks:
            for _ in range(_CONNECTIONS):
                tasks.create_task(_post(self.running.ports["receiver"], waiting))
        return time.perf_counter() - started

    async def clear(self) -> None:
        """Forget all rows."""
        await self.pool.execute(f"TRUNCATE {_TABLES}")

    async def rows(self) -> int:
        """How many events are in the log."""
        return int(await self.pool.fetchval("SELECT count(*) FROM events"))

    async def enriched(self) -> int:
        """How many comments the enricher has written since the topic began."""
        name = topics.COMMENTS_ENRICHED.name
        ends = await self.offsets.end_offsets(
            [TopicPartition(name, number) for number in range(topics.PARTITIONS)]
        )
        return sum(ends.values())

    async def graph_calls(self) -> int:
        """How many Graph calls were counted against quotas; each of a batch is one."""
        url = f"http://127.0.0.1:{self.running.admin_ports['simulator']}/calls"
        async with self.session.get(url) as answer:
            found = await answer.json()
        return sum(sum(edges.values()) for edges in found.values())

    def spent(self) -> dict[str, float]:
        """Seconds of processor so far, by who took them."""
        services = {
            name: spent(psutil.Process(process.pid))
            for name, process in self.running.processes.items()
        }
        backends = [self.postgres, *self.postgres.children()]
        return services | {
            "kafka": spent(self.java),
            "postgres": sum(spent(backend) for backend in backends),
        }


async def rate(count: Callable[[], Awaitable[int]], wanted: int) -> float:
    """How many a second, from the first that is seen until `wanted` are there."""
    first, began = 0, 0.0
    async with asyncio.timeout(_GIVE_UP_SECONDS):
        while True:
            found, now = await count(), time.perf_counter()
            if found >= wanted:
                return (found - first) / (now - began) if first else float(found)
            if found and not first:
                first, began = found, now
            await asyncio.sleep(_POLL_SECONDS)


async def _post(port: int, deliveries: Iterator[bytes]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for delivery in deliveries:
            writer.write(delivery)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 "), head
            length = head.lower().split(b"content-length:")[1].split(b"\r\n")[0]
            await reader.readexactly(int(length))
    finally:
        writer.close()


@asynccontextmanager
async def line() -> AsyncIterator[Line]:
    """Everything up and ready, and nothing sent."""
    async with AsyncExitStack() as exits:
        scratch = tempfile.TemporaryDirectory(prefix="parley-bench-", ignore_cleanup_errors=True)
        folder = Path(exits.enter_context(scratch))
        broker, java = exits.enter_context(kafka())
        url = await exits.enter_async_context(embedded(folder / "postgres"))
        options = Options(
            kafka=broker.servers, postgres=url, keep=folder / "stack", rate=_NEXT_TO_NOTHING
        )
        running = await exits.enter_async_context(stack(options))
        session = await exits.enter_async_context(aiohttp.ClientSession())
        simulator = f"http://127.0.0.1:{running.admin_ports['simulator']}"
        async with session.post(f"{simulator}/stop-sending") as answer:
            answer.raise_for_status()
        offsets = AIOKafkaConsumer(bootstrap_servers=broker.servers)
        await offsets.start()
        exits.push_async_callback(offsets.stop)
        yield Line(
            running=running,
            pool=await exits.enter_async_context(connect(SecretStr(url), "bench")),
            offsets=offsets,
            session=session,
            java=java,
            postgres=_postmaster(folder / "postgres"),
        )


def _postmaster(data: Path) -> psutil.Process:
    (found,) = data.rglob("postmaster.pid")
    return psutil.Process(int(found.read_text().split()[0]))
