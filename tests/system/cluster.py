"""Several Apache Kafka brokers as one cluster, each a process that can be stopped, killed and
frozen, and reached by each service through a link of its own."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from tests.kafka import ARCHIVE, Node, RealBroker, cluster_id, fetch_jars, free_port
from tests.system.proxy import Link
from tests.system.volume import Volume, volume

_ASK_SECONDS = 3.0
_SETTINGS = """process.roles=broker,controller
node.id={node}
controller.quorum.voters={voters}
listeners={listeners}
advertised.listeners={advertised}
listener.security.protocol.map={protocols}
inter.broker.listener.name=DIRECT
controller.listener.names=CONTROLLER
log.dirs={data}
log.index.size.max.bytes=1048576
num.partitions=1
auto.create.topics.enable=false
default.replication.factor={replicas}
min.insync.replicas={in_sync}
offsets.topic.replication.factor={replicas}
offsets.topic.num.partitions=6
transaction.state.log.replication.factor={replicas}
transaction.state.log.min.isr={in_sync}
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
controlled.shutdown.max.retries=1
"""


class Cluster:
    """`brokers` by index; `servers` leads to them directly, `doors` by service through its link."""

    def __init__(
        self,
        brokers: Sequence[RealBroker],
        doors: Mapping[str, str],
        volume: Volume | None,
    ) -> None:
        self.brokers = brokers
        self.servers = ",".join(broker.servers for broker in brokers)
        self.doors = doors
        self.volume = volume
        """Where the data of the last broker is, if the machine allows such a thing."""

    async def start(self, *brokers: RealBroker) -> None:
        """Start `brokers`, together, and return when they take requests."""
        await asyncio.gather(*(asyncio.to_thread(broker.start) for broker in brokers))

    async def stop(self, *brokers: RealBroker) -> None:
        """End `brokers` in order."""
        await asyncio.gather(*(asyncio.to_thread(broker.stop) for broker in brokers))

    async def kill(self, *brokers: RealBroker) -> None:
        """End `brokers` as a power cut would."""
        await asyncio.gather(*(asyncio.to_thread(broker.kill) for broker in brokers))

    async def until_met(self, seconds: float = 60.0) -> None:
        """Return as soon as every broker knows all of them: a topic that is created before gets
        fewer replicas.

        Raises:
            TimeoutError: that took too long.
        """
        async with asyncio.timeout(seconds):
            for broker in self.brokers:
                while await _known_to(broker) < len(self.brokers):
                    await asyncio.sleep(0.1)

    async def leader(self, topic: str, partition: int = 0) -> RealBroker | None:
        """The broker that leads this partition, if one does."""
        leaders = [
            int(part["leader"])
            for about in await self._describe()
            for part in about["partitions"]
            if about["topic"] == topic and part["partition"] == partition
        ]
        return self.brokers[leaders[0] - 1] if leaders and leaders[0] > 0 else None

    async def in_sync(self) -> bool:
        """Whether every replica of every partition is in sync."""
        partitions = [part for about in await self._describe() for part in about["partitions"]]
        return bool(partitions) and all(
            len(part["isr"]) == len(self.brokers) == len(part["replicas"]) for part in partitions
        )

    async def until_in_sync(self, seconds: float = 60.0) -> None:
        """Return as soon as every replica is in sync.

        Raises:
            TimeoutError: that took too long.
        """
        async with asyncio.timeout(seconds):
            while not await self.in_sync():
                await asyncio.sleep(0.5)

    async def _describe(self) -> list[dict[str, Any]]:
        """All topics, as one broker that answers knows them; nothing when none does."""
        for broker in self.brokers:
            client = AIOKafkaAdminClient(bootstrap_servers=broker.servers)
            with contextlib.suppress(KafkaError, OSError):  # a TimeoutError is an OSError
                async with asyncio.timeout(_ASK_SECONDS):
                    try:
                        await client.start()
                        found: list[dict[str, Any]] = await client.describe_topics()
                        return found
                    finally:
                        await client.close()
        return []


async def _known_to(broker: RealBroker) -> int:
    client = AIOKafkaAdminClient(bootstrap_servers=broker.servers)
    with contextlib.suppress(KafkaError, OSError):  # a TimeoutError is an OSError
        async with asyncio.timeout(_ASK_SECONDS):
            try:
                await client.start()
                return len((await client.describe_cluster())["brokers"])
            finally:
                await client.close()
    return 0


@contextlib.asynccontextmanager
async def cluster(
    folder: Path, links: Mapping[str, Link], brokers: int = 3
) -> AsyncIterator[Cluster]:
    """A running cluster without topics; `links` by the service that reaches it through them."""
    await asyncio.to_thread(fetch_jars)
    controllers = [free_port() for _ in range(brokers)]
    identity = cluster_id()
    doors: dict[str, list[str]] = defaultdict(list)
    made: list[RealBroker] = []
    with volume(folder / f"broker-{brokers}" / "data") as last:
        try:
            for at in range(brokers):
                ports = {name: free_port() for name in links}
                leading = {name: await link.door(ports[name]) for name, link in links.items()}
                for name, port in leading.items():
                    doors[name].append(f"127.0.0.1:{port}")
                home = folder / f"broker-{at + 1}"
                node = _node(at, controllers, ports, leading, identity, home)
                made.append(await asyncio.to_thread(RealBroker, home, node))
            whole = Cluster(made, {name: ",".join(found) for name, found in doors.items()}, last)
            await whole.start(*made)
            await whole.until_met()
            yield whole
        finally:
            for broker in made:
                broker.kill()


def _node(
    at: int,
    controllers: Sequence[int],
    ports: Mapping[str, int],
    leading: Mapping[str, int],
    identity: str,
    home: Path,
) -> Node:
    direct, brokers = free_port(), len(controllers)
    own = {"DIRECT": direct, "CONTROLLER": controllers[at]}
    settings = _SETTINGS.format(
        node=at + 1,
        voters=",".join(f"{i + 1}@127.0.0.1:{port}" for i, port in enumerate(controllers)),
        listeners=_addresses(own | dict(ports)),
        advertised=_addresses(own | dict(leading)),
        protocols=",".join(f"{name.upper()}:PLAINTEXT" for name in (*own, *ports)),
        data=home / "data" / "log",
        replicas=brokers,
        in_sync=max(1, brokers - 1),
    )
    servers = f"127.0.0.1:{direct}"
    return Node(settings=settings, servers=servers, cluster_id=identity, jvm=("-Xmx512m", ARCHIVE))


def _addresses(ports: Mapping[str, int]) -> str:
    return ",".join(f"{name.upper()}://127.0.0.1:{port}" for name, port in ports.items())
