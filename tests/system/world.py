"""The whole system under test: three brokers, Postgres, Graph and two of each service, every one a
process of its own, with a link between any two."""

import asyncio
import contextlib
import signal
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from pydantic import SecretStr

from services.simulator.accounts import Account, accounts
from shared import topics
from shared.postgres import accounts as known
from shared.postgres import schema
from shared.postgres.pool import connect
from shared.postgres.vault import Vault, generate_key
from shared.stream import admin
from tests.kafka import free_port
from tests.system.cluster import Cluster, cluster
from tests.system.database import Postgres, postgres
from tests.system.processes import Service
from tests.system.proxy import Link, link
from tests.system.wiring import ACCOUNTS, LINKS, SEED, Wiring

APP = "shop"
SECRET = "the secret of the app that the harness signs for"
MEMBERS = 2
_READY_SECONDS = 90.0


@dataclass(kw_only=True)
class World:
    """What is running; `kafka` and `database` lead there past all links, for those who look."""

    folder: Path
    cluster: Cluster
    postgres: Postgres
    graph: Service
    members: Mapping[str, Sequence[Service]]
    """By `receiver`, `enricher`, `persister`."""

    urls: list[str]
    """Where each receiver takes deliveries."""

    proxies: Mapping[str, Link]
    """By `FROM-TO`: receiver-kafka, enricher-kafka, persister-kafka, enricher-postgres,
    persister-postgres, enricher-graph."""

    accounts: Sequence[Account]
    secret: str = field(default=SECRET, repr=False)
    parts: dict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))
    """Held while a fault has that part: two faults of one part come one after the other."""

    @property
    def kafka(self) -> str:
        """Bootstrap servers."""
        return self.cluster.servers

    @property
    def database(self) -> str:
        """The URL of Postgres."""
        return self.postgres.url

    @property
    def receivers(self) -> Sequence[Service]:
        """Those that take deliveries, in the order of `urls`."""
        return self.members["receiver"]

    @property
    def enrichers(self) -> Sequence[Service]:
        """Those that enrich."""
        return self.members["enricher"]

    @property
    def persisters(self) -> Sequence[Service]:
        """Those that write to Postgres."""
        return self.members["persister"]

    @property
    def services(self) -> list[Service]:
        """All that Parley consists of, upstream first."""
        return [*self.receivers, *self.enrichers, *self.persisters]

    async def until_ready(self, seconds: float = _READY_SECONDS) -> None:
        """Return as soon as every service is ready and every replica in sync.

        Raises:
            TimeoutError: that took too long; its text says what is not.
        """
        try:
            async with asyncio.timeout(seconds):
                await self.cluster.until_in_sync(seconds)
                await asyncio.gather(*(one.until_ready(seconds) for one in self.services))
        except TimeoutError as exc:
            missing = [one.name for one in self.services if not await one.ready()]
            raise TimeoutError(f"not ready in time: {missing or 'a replica'}") from exc

    async def trouble_graph(self, **fault: object) -> None:
        """Have the simulated Graph API misbehave; see `services.simulator.graph.faults.Fault`."""
        async with aiohttp.ClientSession(raise_for_status=True) as session:
            await session.post(f"{self.graph.admin_url}/faults", json=fault)

    async def heal_graph(self) -> None:
        """End all of that."""
        async with aiohttp.ClientSession(raise_for_status=True) as session:
            await session.delete(f"{self.graph.admin_url}/faults")


@contextlib.asynccontextmanager
async def world(
    folder: Path, brokers: int = 3, mutation: str | None = None
) -> AsyncIterator[World]:
    """All of it, ready. `mutation` names what `tests.system.broken` breaks in each service.

    Everything ends with the block, also on SIGINT and SIGTERM; logs stay in `folder`.
    """
    folder.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 (nothing else runs yet)
    async with contextlib.AsyncExitStack() as exits:
        exits.enter_context(cancelled_by_sigterm())
        links = {name: await exits.enter_async_context(link()) for name in LINKS}
        to_kafka = {name: links[f"{name}-kafka"] for name in ("receiver", "enricher", "persister")}
        running, server = await asyncio.gather(
            exits.enter_async_context(cluster(folder / "kafka", to_kafka, brokers)),
            exits.enter_async_context(postgres(folder / "postgres")),
        )
        await admin.apply(running.servers, topics.ALL)
        wiring = Wiring(
            folder=folder,
            cluster=running,
            postgres=server,
            links=links,
            vault_key=generate_key(),
            app=APP,
            secret=SECRET,
            mutation=mutation,
        )
        whole = await _made(wiring)
        await prepare(whole.database, whole.accounts, wiring.vault_key)
        started = [*whole.services, whole.graph]
        exits.push_async_callback(_end, started)
        for one in started:
            await one.start()
        await whole.until_ready()
        await whole.graph.until_ready()
        yield whole


async def _made(wiring: Wiring) -> World:
    ports, graph_port = [free_port() for _ in range(MEMBERS)], free_port()
    urls = [f"http://127.0.0.1:{port}/webhooks/meta" for port in ports]
    return World(
        folder=wiring.folder,
        cluster=wiring.cluster,
        postgres=wiring.postgres,
        proxies=wiring.links,
        graph=wiring.simulator(graph_port, urls[0]),
        members={
            "receiver": [wiring.receiver(at, port) for at, port in enumerate(ports)],
            "enricher": [await wiring.enricher(at, graph_port) for at in range(MEMBERS)],
            "persister": [await wiring.persister(at) for at in range(MEMBERS)],
        },
        urls=urls,
        accounts=accounts(SEED, ACCOUNTS, (APP,)),
    )


async def prepare(database: str, everyone: Iterable[Account], key: str) -> None:
    """Make the tables, and connect the simulator's accounts."""
    url = SecretStr(database)
    await schema.migrate(url)
    async with connect(url, "chaos") as pool:
        register, vault = known.Accounts(pool), Vault(pool, (SecretStr(key),))
        for one in everyone:
            await register.add(
                known.Account(
                    platform=one.platform,
                    id=one.id,
                    app=one.app,
                    login=one.login,
                    username=one.username,
                    name=one.name,
                    scoped_id=one.scoped_id,
                )
            )
            await vault.store(one.platform, one.id, SecretStr(one.token))


async def _end(services: Sequence[Service]) -> None:
    await asyncio.gather(*(one.kill() for one in services))


@contextlib.contextmanager
def cancelled_by_sigterm() -> Iterator[None]:
    """SIGTERM would end us at once, and leave everything running."""
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    if task is not None:
        loop.add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGTERM)
