"""How the receiver's cost grows with what is asked of it."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from statistics import median

from tests.bench.ratio import Outcome, Point
from tests.bench.receiver import BELOW_ASGI, Bench, Load, Round, bench, once, receiver
from tests.kafka import free_port

_SECOND = "second"
_PATH = "receiver"
_LOADS = {
    "events a body": {events: Load(events=events) for events in (1, 10, 100)},
    "connections": {count: Load(connections=count) for count in (16, 64, 256, 1024)},
    "accounts": {count: Load(accounts=count) for count in (1, 10, 100, 1000)},
}
_MOST_ROUNDS = 3
_PARTITIONS = (1, 4, 12, 48)


async def measure(rounds: int, seconds: float) -> Iterable[Outcome]:
    """One thing is varied at a time; else one event a body, 64 connections, 20 accounts, 12
    partitions, one worker."""
    found: list[Outcome] = []
    rounds, seconds = min(rounds, _MOST_ROUNDS), seconds / 2  # there are many points
    async with bench() as running:
        for panel, loads in _LOADS.items():
            found += await _panel(running, panel, loads, rounds, seconds)
        found += await _workers(running, rounds, seconds)
    for partitions in _PARTITIONS:
        async with bench(partitions) as running:
            found += await _panel(running, "partitions", {partitions: Load()}, rounds, seconds)
    return found


async def _panel(
    running: Bench, panel: str, loads: dict[int, Load], rounds: int, seconds: float
) -> list[Outcome]:
    done: dict[tuple[str, int], list[Round]] = {(path, x): [] for path in BELOW_ASGI for x in loads}
    await once(running, _PATH, next(iter(loads.values())), seconds)  # to warm up
    for _ in range(rounds):
        for (path, x), of_point in done.items():
            of_point.append(await once(running, path, loads[x], seconds))
    return [_point(panel, path, x, [[one] for one in of]) for (path, x), of in done.items()]


async def _workers(running: Bench, rounds: int, seconds: float) -> list[Outcome]:
    """The second worker shares its core with Kafka and the load: there is no third one."""
    port = free_port()
    one: list[list[Round]] = []
    two: list[list[Round]] = []
    worker = receiver(running.kafka.servers, port, below_asgi=BELOW_ASGI[_PATH], core=1)
    async with worker as process:
        both = replace(
            running,
            ports=running.ports | {_SECOND: port},
            processes=running.processes | {_SECOND: process},
        )
        for _ in range(rounds):
            one.append([await once(both, _PATH, Load(), seconds)])
            half = Load(connections=32)
            turns = (once(both, name, half, seconds) for name in (_PATH, _SECOND))
            two.append(list(await asyncio.gather(*turns)))
    return [_point("workers", _PATH, 1, one), _point("workers", _PATH, 2, two)]


def _point(panel: str, path: str, x: int, done: list[list[Round]]) -> Point:
    """Of rounds with one or several workers each."""
    return Point(
        panel=panel,
        path=path,
        x=x,
        per_second=median(
            sum(one.report.per_second * one.events / (one.report.total or 1) for one in turn)
            for turn in done
        ),
        cpu_us=1e6
        * median(
            sum(one.server for one in turn) / (sum(one.events for one in turn) or 1)
            for turn in done
        ),
        p99_ms=median(max(one.report.p99_ms for one in turn) for turn in done),
    )
