"""Everything from webhook to write, each service a process: for finding out what happens at Meta
when those that decide and act are killed."""

import asyncio
import contextlib
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from services.simulator.accounts import Account, accounts
from shared import topics
from shared.postgres.vault import generate_key
from shared.stream import admin
from shared.stream.embedded import embedded_broker
from tests.kafka import RealBroker, fetch_jars, free_port
from tests.system.database import postgres
from tests.system.processes import Service
from tests.system.world import prepare

APP = "shop"
_SECRET = "what the simulator signs with"
_READY_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class Cast:
    """What a stage is made of: the embedded broker takes one member of each group. `mutation` names
    what `tests.system.broken` breaks in the services whose names begin with `broken`."""

    seed: int
    accounts: int = 6
    deciders: int = 1
    actors: int = 1
    real_kafka: bool = False
    mutation: str | None = None
    broken: str = ""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What runs; `environment` is what a command line needs to reach it."""

    cast: Cast
    folder: Path
    database: str
    kafka: str
    simulator: Service
    moderators: Sequence[Service]
    executors: Sequence[Service]
    others: Sequence[Service]
    accounts: Sequence[Account]
    environment: Mapping[str, str]

    @property
    def services(self) -> list[Service]:
        """All processes; Meta first, the rest upstream first."""
        return [self.simulator, *self.others, *self.moderators, *self.executors]

    async def parley(self, *arguments: str) -> str:
        """What the command line prints.

        Raises:
            RuntimeError: it failed, with what it said.
        """
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "services.cli", *arguments),
            env=dict(self.environment),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, errors = await process.communicate()
        if process.returncode:
            raise RuntimeError(f"parley {arguments[0]}: {errors.decode()[-1000:]}")
        return out.decode()


@contextlib.asynccontextmanager
async def stage(folder: Path, cast: Cast) -> AsyncIterator[Stage]:
    """All of it, ready; it ends with the block, the logs stay in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 (nothing else runs yet)
    async with contextlib.AsyncExitStack() as exits:
        servers = exits.enter_context(kafka(folder, real=cast.real_kafka))
        # Not below `folder`, which may be closed to the user that the server runs as.
        scratch = tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True)
        data = Path(exits.enter_context(scratch)) / "data"
        server = await exits.enter_async_context(postgres(data))
        if cast.real_kafka:
            await admin.apply(servers, topics.ALL)
        key = generate_key()
        everyone = accounts(cast.seed, cast.accounts, (APP,))
        await prepare(server.url, everyone, key)
        made = _made(folder, cast, environment(servers, server.url, key))
        whole = Stage(
            cast=cast,
            folder=folder,
            database=server.url,
            kafka=servers,
            accounts=everyone,
            **made,
        )
        exits.push_async_callback(_end, whole.services)
        for one in whole.services:
            await one.start()
        await asyncio.gather(*(one.until_ready(_READY_SECONDS) for one in whole.services))
        url = f"{whole.simulator.admin_url}/faults"
        async with aiohttp.request("DELETE", url, raise_for_status=True):
            pass
        yield whole


@contextlib.contextmanager
def kafka(folder: Path, *, real: bool) -> Iterator[str]:
    """The servers of a broker of one's own: Apache Kafka without topics, or the embedded one."""
    if not real:
        with embedded_broker() as broker:
            yield broker.servers
        return
    fetch_jars()
    node = RealBroker(folder / "kafka")
    try:
        node.start()
        yield node.servers
    finally:
        node.kill()


def environment(servers: str, database: str, key: str) -> dict[str, str]:
    """What all services are told; those of one kind differ in their ports."""
    app = {"secrets": [_SECRET], "verify_token": "greetings"}
    inherited = {name: value for name, value in os.environ.items() if name[:7] != "PARLEY_"}
    graph = free_port()
    return inherited | {
        "PARLEY_APPS": json.dumps({APP: app}),
        "PARLEY_KAFKA": servers,
        "PARLEY_POSTGRES": database,
        "PARLEY_VAULT_KEYS": key,
        "PARLEY_GRAPH_INSTAGRAM_URL": f"http://127.0.0.1:{graph}/instagram",
        "PARLEY_GRAPH_FACEBOOK_URL": f"http://127.0.0.1:{graph}/facebook",
        "PARLEY_RECEIVER_PORT": str(free_port()),
        "PARLEY_RECEIVER_DRAIN_SECONDS": "0",
        "PARLEY_SIMULATOR_PORT": str(graph),
    }


def _made(folder: Path, cast: Cast, environment: dict[str, str]) -> dict[str, Any]:
    def service(name: str, **more: str) -> Service:
        mutation = cast.mutation if cast.broken and name.startswith(cast.broken) else None
        return Service(name, environment | more, free_port(), folder, mutation)

    receiver_url = f"http://127.0.0.1:{environment['PARLEY_RECEIVER_PORT']}/webhooks/meta"
    simulator = {
        "RECEIVER_URL": receiver_url,
        "ACCOUNTS": str(cast.accounts),
        "SEED": str(cast.seed),
        "TOTAL": "0",
        "PROFILE": "chaos",  # so that echoes come late, twice and in other company
        "RETRY_SCALE": "0.001",
        "ACCOUNT_CALLS": "100000000",  # throttling is a fault, to be injected
        "APP_CALLS": "100000000",
    }
    settings = {f"PARLEY_SIMULATOR_{name}": value for name, value in simulator.items()}
    return {
        "environment": environment,
        "simulator": service("simulator", **settings),
        "others": [service(name) for name in ("receiver", "enricher", "persister")],
        "moderators": [service(f"moderator-{at}") for at in range(cast.deciders)],
        "executors": [service(f"executor-{at}") for at in range(cast.actors)],
    }


async def _end(services: Sequence[Service]) -> None:
    await asyncio.gather(*(one.kill() for one in services))
