"""The whole product on one machine: servers, every service as a process of its own, and Meta
simulated. What `parley dev` shows."""

import asyncio
import os
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import msgspec
from pydantic import SecretStr

from services.cli.example import put_example_into_force
from services.cli.made_up import connect_made_up
from shared import topics
from shared.postgres import schema
from shared.postgres.audit import now
from shared.postgres.pool import connect
from shared.postgres.vault import Vault, generate_key
from shared.stream import admin

_EDGE = ("receiver", "simulator")
_BEHIND = ("enricher", "moderator", "executor", "persister")
SERVICES = ("receiver", "enricher", "moderator", "executor", "persister", "simulator")
"""In the order in which they are stopped: each may finish what the one before handed it, and the
enricher and the executor call the simulator."""
_GATE_PORT = 8470
ACCOUNTS = 3
READY_SECONDS = 30.0
STOP_SECONDS = 20.0
APPS = {
    "instagram": {"secrets": ["parley-dev-instagram-secret"], "verify_token": "parley-dev"},
    "facebook": {"secrets": ["parley-dev-facebook-secret"], "verify_token": "parley-dev"},
}
"""Stable and public: they sign nothing but what the simulator made up."""


class Broken(Exception):
    """The stack cannot be started or kept running; the text says what to do."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to run the stack on; None stands for an embedded server."""

    kafka: str | None = None
    postgres: str | None = None
    keep: Path | None = None
    profile: str = "smoke"
    rate: float = 50.0
    seed: int = 1


@dataclass(kw_only=True)
class Stack:
    """A running stack; `postgres` is empty until it is up. `began` is Postgres' time at the
    start."""

    kafka: str
    postgres: str
    folder: Path
    ports: Mapping[str, int]
    admin_ports: Mapping[str, int]
    processes: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)
    environments: dict[str, dict[str, str]] = field(default_factory=dict, repr=False)
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    options: Options = field(default_factory=Options)

    @property
    def webhook_url(self) -> str:
        """Where Meta would post."""
        return f"http://127.0.0.1:{self.ports['receiver']}/webhooks/meta"

    def log(self, service: str) -> Path:
        """What `service` wrote to standard error."""
        return self.folder / f"{service}.log"

    def fallen(self) -> list[str]:
        """The services that have ended."""
        return [name for name, run in self.processes.items() if run.returncode is not None]


@contextmanager
def _alone() -> Iterator[bool]:
    """Whether this is the first stack on this machine, which has the well-known ports. They are
    free until its services listen, so that looking at them would not do."""
    try:
        gate = socket.create_server(("127.0.0.1", _GATE_PORT))
    except OSError:
        yield False
    else:
        with gate:
            yield True


def _any_port(_: int) -> int:
    return _free_port(0)


def _free_port(preferred: int) -> int:
    for port in (preferred, 0):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)) as taken:
            chosen: int = taken.getsockname()[1]
            return chosen
    raise Broken("no port is free on 127.0.0.1")


@asynccontextmanager
async def stack(options: Options) -> AsyncIterator[Stack]:
    """Bring everything up, each as soon as what it needs is there; it goes down in reverse order.

    Raises:
        Broken: something did not come up.
    """
    async with AsyncExitStack() as exits:
        folder = options.keep or Path(exits.enter_context(_scratch()))
        folder.mkdir(parents=True, exist_ok=True)
        kafka = options.kafka or exits.enter_context(_embedded_kafka())
        port = _free_port if exits.enter_context(_alone()) else _any_port
        running = Stack(
            kafka=kafka,
            postgres=options.postgres or "",
            folder=folder,
            ports={"receiver": port(8462), "simulator": port(8463)},
            admin_ports={name: port(8471 + at) for at, name in enumerate(SERVICES)},
            options=options,
        )
        if options.kafka:  # the embedded one was born with its topics
            await admin.apply(options.kafka, topics.ALL)
        # Entered here, so that Postgres goes down after the services.
        storage = await exits.enter_async_context(AsyncExitStack())
        exits.push_async_callback(_stop_all, running)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_bring_up(running, _EDGE, _environment(running)))
                tasks.create_task(_bring_up_behind(running, storage))
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None
        yield running


async def _bring_up(running: Stack, names: Sequence[str], environment: dict[str, str]) -> None:
    for name in names:
        admin_port = str(running.admin_ports[name])
        running.environments[name] = environment | {"PARLEY_ADMIN_PORT": admin_port}
    await asyncio.gather(*(start(running, name) for name in names))


async def _bring_up_behind(running: Stack, storage: AsyncExitStack) -> None:
    """Postgres, and the services that need it."""
    if not running.postgres:
        running.postgres = await storage.enter_async_context(_embedded_postgres(running.folder))
    key = _vault_key(running.folder)
    await _prepare_postgres(running, key)
    secrets = {"PARLEY_POSTGRES": running.postgres, "PARLEY_VAULT_KEYS": key}
    await _bring_up(running, _BEHIND, _environment(running) | secrets)


def _scratch() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="parley-", ignore_cleanup_errors=True)


@asynccontextmanager
async def _embedded_postgres(folder: Path) -> AsyncIterator[str]:
    from shared.postgres.embedded import embedded  # noqa: PLC0415 (needs the extra `embedded`)

    async with embedded(folder / "postgres") as url:
        yield url


@contextmanager
def _embedded_kafka() -> Iterator[str]:
    from shared.stream.embedded import embedded_broker  # noqa: PLC0415 (needs the extra)

    with embedded_broker() as broker:
        yield broker.servers


def _vault_key(folder: Path) -> str:
    path = folder / "vault-key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(generate_key())
    return path.read_text()


async def _prepare_postgres(running: Stack, key: str) -> None:
    url = SecretStr(running.postgres)
    await schema.migrate(url)
    async with connect(url, "parley dev") as connections:
        running.began = await now(connections)
        await put_example_into_force(connections)
        vault = Vault(connections, (SecretStr(key),))
        await connect_made_up(connections, vault, running.options.seed, ACCOUNTS, tuple(APPS))


def _environment(running: Stack) -> dict[str, str]:
    graph, options = f"http://127.0.0.1:{running.ports['simulator']}", running.options
    inherited = {name: value for name, value in os.environ.items() if name[:7] != "PARLEY_"}
    return inherited | {
        "PARLEY_KAFKA": running.kafka,
        "PARLEY_APPS": msgspec.json.encode(APPS).decode(),
        "PARLEY_GRAPH_INSTAGRAM_URL": f"{graph}/instagram",
        "PARLEY_GRAPH_FACEBOOK_URL": f"{graph}/facebook",
        "PARLEY_RECEIVER_PORT": str(running.ports["receiver"]),
        "PARLEY_RECEIVER_DRAIN_SECONDS": "0",
        "PARLEY_SIMULATOR_PORT": str(running.ports["simulator"]),
        "PARLEY_SIMULATOR_RECEIVER_URL": running.webhook_url,
        "PARLEY_SIMULATOR_PROFILE": options.profile,
        "PARLEY_SIMULATOR_RATE": str(options.rate),
        "PARLEY_SIMULATOR_SEED": str(options.seed),
    }


async def start(running: Stack, name: str) -> None:
    """Start one service, also again after it ended, and wait until it is ready.

    Raises:
        Broken: it ended, or was not ready in time.
    """
    with running.log(name).open("ab") as log:
        running.processes[name] = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            f"services.{name}",
            env=running.environments[name],
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for us: we stop the services one after the other
        )
    await _until_ready(running, name)


async def _until_ready(running: Stack, name: str) -> None:
    url = f"http://127.0.0.1:{running.admin_ports[name]}/readyz"
    try:
        async with asyncio.timeout(READY_SECONDS), aiohttp.ClientSession() as session:
            while name not in running.fallen():
                with suppress(aiohttp.ClientError):
                    async with session.get(url) as answer:
                        if answer.status == 200:
                            return
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise Broken(f"{name} was not ready in time; {last_words(running, name)}") from None
    raise Broken(f"{name} ended; {last_words(running, name)}")


def last_words(running: Stack, name: str) -> str:
    """The end of what a service has logged."""
    lines = running.log(name).read_text(errors="replace").splitlines()
    return "its last lines:\n  " + "\n  ".join(lines[-5:])


async def stop(running: Stack, name: str) -> int:
    """Stop one service as an orchestrator would: SIGTERM, then SIGKILL; gives its exit code."""
    process = running.processes[name]
    if process.returncode is None:
        process.terminate()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
    return await process.wait()


async def _stop_all(running: Stack) -> None:
    for name in [name for name in SERVICES if name in running.processes]:
        await stop(running, name)
