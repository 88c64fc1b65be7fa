"""The receiver against a bare uvicorn app: itself on one core, Kafka and the load on the other."""

import dataclasses
import itertools
import tempfile
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import NamedTuple

import msgspec
import psutil

from shared import topics
from shared.stream import admin
from tests.bench.deliveries import APPS, requests
from tests.bench.load import Report
from tests.bench.processes import kafka, load, module, spent, until_open, until_ready
from tests.bench.ratio import Figure, Outcome, Ratio
from tests.kafka import RealBroker, free_port

LIMIT = "limit"
BELOW_ASGI = {"asgi": "false", "receiver": "true"}
"""By path: `PARLEY_RECEIVER_BELOW_ASGI`."""


class Load(NamedTuple):
    """So many comments a body, over so many connections, about so many accounts."""

    events: int = 1
    connections: int = 64
    accounts: int = 20


@dataclass(frozen=True)
class Case:
    """A path of the receiver under a load, the ratio that is wanted, and the bound of its p99."""

    path: str
    load: Load
    at_least: float
    p99_ms: float | None = None


CASES = (
    Case("asgi", Load(1, 64), 0.48, 10.0),
    Case("receiver", Load(1, 64), 0.70, 6.0),
    Case("asgi", Load(1, 256), 0.60, 35.0),
    Case("receiver", Load(1, 256), 1.15, 13.0),
    Case("receiver", Load(10, 64), 0.28),
    Case("receiver", Load(100, 64), 0.040),
)


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What is loaded, by name, all on one core: who has no request to answer costs nothing."""

    ports: dict[str, int]
    processes: dict[str, psutil.Process]
    kafka: RealBroker
    java: psutil.Process
    folder: Path


@dataclass(frozen=True, kw_only=True)
class Round:
    """One load: what came back, and the seconds of processor that both sides took for it."""

    report: Report
    events: int
    server: float
    broker: float


async def measure(rounds: int, seconds: float) -> Iterable[Outcome]:
    """The ratios of all cases, on a real Kafka."""
    found: list[Outcome] = []
    async with bench() as running:
        for _, group in itertools.groupby(CASES, lambda case: case.load):
            found += await _compare(running, list(group), rounds, seconds)
    return found


@asynccontextmanager
async def bench(partitions: int = topics.PARTITIONS) -> AsyncIterator[Bench]:
    """Kafka, a receiver for each path, and the limit."""
    async with AsyncExitStack() as exits:
        folder = Path(exits.enter_context(tempfile.TemporaryDirectory(prefix="parley-bench-")))
        broker, java = exits.enter_context(kafka(core=1))
        made = [dataclasses.replace(topic, partitions=partitions) for topic in topics.RAW]
        await admin.apply(broker.servers, made)
        ports = {name: free_port() for name in (LIMIT, *BELOW_ASGI)}
        limit = ("--port", str(ports[LIMIT]), "--log-level", "critical", "tests.bench.echo:app")
        processes = {LIMIT: await exits.enter_async_context(module("uvicorn", *limit, core=0))}
        for path, below in BELOW_ASGI.items():
            process = receiver(broker.servers, ports[path], below_asgi=below, core=0)
            processes[path] = await exits.enter_async_context(process)
        await until_open(ports[LIMIT])
        yield Bench(ports=ports, processes=processes, kafka=broker, java=java, folder=folder)


@asynccontextmanager
async def receiver(
    servers: str, port: int, *, below_asgi: str, core: int
) -> AsyncIterator[psutil.Process]:
    """A receiver that is ready."""
    admin_port = free_port()
    settings = {
        "PARLEY_ADMIN_PORT": str(admin_port),
        "PARLEY_KAFKA": servers,
        "PARLEY_APPS": APPS,
        "PARLEY_RECEIVER_PORT": str(port),
        "PARLEY_RECEIVER_DRAIN_SECONDS": "0",
        "PARLEY_RECEIVER_BELOW_ASGI": below_asgi,
    }
    async with module("services.receiver", core=core, **settings) as process:
        await until_ready(admin_port)
        yield process


async def report(running: Bench, name: str, asked: Load, seconds: float) -> Report:
    """What came of loading one of them."""
    file = running.folder / f"{asked.events}-{asked.accounts}.msgpack"
    if not file.exists():
        made = requests(asked.events, accounts=asked.accounts)
        file.write_bytes(msgspec.msgpack.encode(made))
    return await load(running.ports[name], asked.connections, seconds, file)


async def once(running: Bench, name: str, asked: Load, seconds: float) -> Round:
    """The same, with what it cost."""
    server, broker = spent(running.processes[name]), spent(running.java)
    found = await report(running, name, asked, seconds)
    return Round(
        report=found,
        events=found.total * asked.events,
        server=spent(running.processes[name]) - server,
        broker=spent(running.java) - broker,
    )


async def _compare(
    running: Bench, cases: Sequence[Case], rounds: int, seconds: float
) -> Iterable[Outcome]:
    asked, names = cases[0].load, (LIMIT, *(case.path for case in cases))
    done: dict[str, list[Round]] = {name: [] for name in names}
    for name in names:  # the first load after a change finds cold caches
        await once(running, name, asked, seconds)
    for _ in range(rounds):
        for name, of_name in done.items():
            of_name.append(await once(running, name, asked, seconds))
    return [outcome for case in cases for outcome in _outcomes(case, done)]


def _outcomes(case: Case, done: dict[str, list[Round]]) -> Iterable[Outcome]:
    name = f"{case.path}_{case.load.events}_{case.load.connections}"
    ours, limit = done[case.path], done[LIMIT]
    yield Ratio(
        name=name,
        unit="deliveries/s",
        ours=[one.report.per_second for one in ours],
        limit=[one.report.per_second for one in limit],
        at_least=case.at_least,
        note=_note(ours),
    )
    yield Figure(
        name=f"{name}_p99",
        unit="ms",
        value=median(one.report.p99_ms for one in ours),
        at_most=case.p99_ms,
        note=f"the limit's: {median(one.report.p99_ms for one in limit):.1f} ms",
    )


def _note(done: Sequence[Round]) -> str:
    busy = median(one.report.busy for one in done)
    bad = sum(one.report.not_200 + one.report.lost for one in done)
    cost = [
        median(getattr(one, side) / (one.events or 1) for one in done) * 1000
        for side in ("server", "broker")
    ]
    return (
        f"CPU s per 1,000 events {cost[0]:.4f}, Kafka {cost[1]:.4f}; load took {busy:.0%} of a core"
        + (f"; {bad} not answered 200" if bad else "")
    )
