"""The receiver against a bare uvicorn app: itself on one core, Kafka and the load on the other."""

import itertools
import tempfile
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import msgspec
import psutil

from shared import topics
from shared.stream import admin
from tests.bench.deliveries import APPS, requests
from tests.bench.load import Report
from tests.bench.processes import kafka, load, module, spent, until_open, until_ready
from tests.bench.ratio import Figure, Outcome, Ratio
from tests.kafka import free_port

LIMIT = "limit"
_WARM_UP_SECONDS = 3.0
BELOW_ASGI = {"asgi": "false", "receiver": "true"}
"""By path: `PARLEY_RECEIVER_BELOW_ASGI`."""


@dataclass(frozen=True)
class Case:
    """A path of the receiver under a load, the ratio that is wanted, and the bound of its p99."""

    path: str
    events: int
    connections: int
    at_least: float
    p99_ms: float | None = None


CASES = (
    Case("asgi", 1, 64, 0.48, 10.0),
    Case("receiver", 1, 64, 0.70, 6.0),
    Case("asgi", 1, 256, 0.60, 35.0),
    Case("receiver", 1, 256, 1.15, 13.0),
    Case("receiver", 10, 64, 0.28),
    Case("receiver", 100, 64, 0.040),
)


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What is loaded, by name, all on one core: who has no request to answer costs nothing."""

    ports: dict[str, int]
    processes: dict[str, psutil.Process]
    broker: psutil.Process
    folder: Path


@dataclass(frozen=True, kw_only=True)
class Round:
    """One load: what came back, and the seconds of processor that both sides took for it."""

    report: Report
    server: float
    broker: float


async def measure(rounds: int, seconds: float) -> Iterable[Outcome]:
    """The ratios of all cases, on a real Kafka."""
    found: list[Outcome] = []
    async with bench() as running:
        for _, group in itertools.groupby(CASES, lambda case: (case.events, case.connections)):
            found += await _compare(running, list(group), rounds, seconds)
    return found


@asynccontextmanager
async def bench() -> AsyncIterator[Bench]:
    """Kafka, a receiver for each path, and the limit."""
    async with AsyncExitStack() as exits:
        folder = Path(exits.enter_context(tempfile.TemporaryDirectory(prefix="parley-bench-")))
        broker, java = exits.enter_context(kafka(core=1))
        await admin.apply(broker.servers, topics.RAW)
        ports = {name: free_port() for name in (LIMIT, *BELOW_ASGI)}
        limit = ("--port", str(ports[LIMIT]), "--log-level", "critical", "tests.bench.echo:app")
        processes = {LIMIT: await exits.enter_async_context(module("uvicorn", *limit, core=0))}
        for path, below in BELOW_ASGI.items():
            admin_port = free_port()
            settings = {
                "PARLEY_ADMIN_PORT": str(admin_port),
                "PARLEY_KAFKA": broker.servers,
                "PARLEY_APPS": APPS,
                "PARLEY_RECEIVER_PORT": str(ports[path]),
                "PARLEY_RECEIVER_DRAIN_SECONDS": "0",
                "PARLEY_RECEIVER_BELOW_ASGI": below,
            }
            receiver = module("services.receiver", core=0, **settings)
            processes[path] = await exits.enter_async_context(receiver)
            await until_ready(admin_port)
        await until_open(ports[LIMIT])
        yield Bench(ports=ports, processes=processes, broker=java, folder=folder)


async def once(running: Bench, name: str, load_: tuple[int, int], seconds: float) -> Round:
    """Load one of them with so many events a body, over so many connections."""
    events, connections = load_
    file = running.folder / f"{events}.msgpack"
    if not file.exists():
        file.write_bytes(msgspec.msgpack.encode(requests(events)))
    server, broker = spent(running.processes[name]), spent(running.broker)
    report = await load(running.ports[name], connections, seconds, file)
    return Round(
        report=report,
        server=spent(running.processes[name]) - server,
        broker=spent(running.broker) - broker,
    )


async def _compare(
    running: Bench, cases: Sequence[Case], rounds: int, seconds: float
) -> Iterable[Outcome]:
    load_ = cases[0].events, cases[0].connections
    names = (LIMIT, *(case.path for case in cases))
    if not (running.folder / f"{load_[0]}.msgpack").exists():
        await warm_up(running, names, load_)
    done: dict[str, list[Round]] = {name: [] for name in names}
    for _ in range(rounds):
        for name, of_name in done.items():
            of_name.append(await once(running, name, load_, seconds))
    return [outcome for case in cases for outcome in _outcomes(case, done)]


async def warm_up(running: Bench, names: Iterable[str], load_: tuple[int, int]) -> None:
    """The first load after a change finds cold caches, on the broker's side above all."""
    for name in names:
        await once(running, name, load_, _WARM_UP_SECONDS)


def _outcomes(case: Case, done: dict[str, list[Round]]) -> Iterable[Outcome]:
    name = f"{case.path}_{case.events}_{case.connections}"
    ours, limit = done[case.path], done[LIMIT]
    yield Ratio(
        name=name,
        unit="deliveries/s",
        ours=[one.report.per_second for one in ours],
        limit=[one.report.per_second for one in limit],
        at_least=case.at_least,
        note=_note(ours, case.events),
    )
    yield Figure(
        name=f"{name}_p99",
        unit="ms",
        value=median(one.report.p99_ms for one in ours),
        at_most=case.p99_ms,
        note=f"the limit's: {median(one.report.p99_ms for one in limit):.1f} ms",
    )


def _note(done: Sequence[Round], events: int) -> str:
    busy = median(one.report.busy for one in done)
    bad = sum(one.report.not_200 + one.report.lost for one in done)
    cost = [
        median(getattr(one, side) / (one.report.total * events or 1) for one in done) * 1000
        for side in ("server", "broker")
    ]
    return (
        f"CPU s per 1,000 events {cost[0]:.4f}, Kafka {cost[1]:.4f}; load took {busy:.0%} of a core"
        + (f"; {bad} not answered 200" if bad else "")
    )
