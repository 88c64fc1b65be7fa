"""The catalogue of what can happen to the system, each entry with what ends it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from random import Random

from tests.system import calamities
from tests.system.processes import shifted
from tests.system.wiring import LINKS
from tests.system.world import World

_SESSION_SECONDS = 12.0
"""Longer than the 10 s after which a group takes a silent member for dead."""

_KINDS = ("receiver", "enricher", "persister")


@dataclass(frozen=True)
class Fault:
    """`how` injects it and heals; it is meant to last `seconds`. `part` is what it has to itself
    meanwhile; faults of other parts may come on top."""

    name: str
    part: str
    seconds: float
    how: Callable[[World, Random], AbstractAsyncContextManager[None]]

    @asynccontextmanager
    async def inject(self, world: World, rng: Random) -> AsyncIterator[None]:
        """It holds while the block runs; when it ends, what was broken works or is on its way."""
        async with world.parts[self.part], self.how(world, rng):
            yield


def _of_services() -> list[Fault]:
    found: list[Fault] = []
    for kind in _KINDS:
        standing = _SESSION_SECONDS if kind != "receiver" else 4.0
        found += [
            Fault(f"{kind} killed", kind, 1.0, calamities.killed(kind)),
            Fault(f"every {kind} killed", kind, 1.0, calamities.all_killed(kind)),
            Fault(f"{kind} frozen", kind, standing, calamities.frozen(kind)),
            Fault(f"{kind} terminated", kind, 1.0, calamities.terminated(kind)),
            Fault(f"{kind} leaves and joins", kind, 4.0, calamities.away(kind)),
            Fault(f"{kind}'s clock ahead", kind, 4.0, calamities.off_by(kind, 3600)),
            Fault(f"{kind}'s clock behind", kind, 4.0, calamities.off_by(kind, -3600)),
        ]
    return found


def _of_links() -> list[Fault]:
    found: list[Fault] = []
    for link in LINKS:
        found += [
            Fault(f"{link} slow", link, 3.0, calamities.slow_link(link)),
            Fault(f"{link} cut", link, 3.0, calamities.cut_link(link)),
            Fault(f"{link} blackhole", link, 5.0, calamities.blackhole(link)),
        ]
    return found


FAULTS = (
    *_of_services(),
    *_of_links(),
    Fault("broker stopped", "kafka", 2.0, calamities.broker_stopped),
    Fault("broker killed", "kafka", 2.0, calamities.broker_killed),
    Fault("broker frozen", "kafka", 6.0, calamities.broker_frozen),
    Fault("leader killed", "kafka", 2.0, calamities.leader_killed),
    Fault("two brokers killed", "kafka", 6.0, calamities.two_brokers_killed),
    Fault("broker's disk full", "kafka", 4.0, calamities.disk_full),
    Fault("Postgres stopped", "postgres", 2.0, calamities.postgres_stopped),
    Fault("Postgres killed", "postgres", 2.0, calamities.postgres_killed),
    Fault("Postgres frozen", "postgres", 5.0, calamities.postgres_frozen),
    Fault("Postgres drops its clients", "postgres", 1.0, calamities.postgres_drops_clients),
    Fault("Graph slow", "graph", 4.0, calamities.graph(answer="slow", delay_seconds=3.0)),
    Fault("Graph throttling", "graph", 4.0, calamities.graph(code=613, status=400)),
    Fault("Graph failing", "graph", 4.0, calamities.graph(code=1, status=500, probability=0.7)),
    Fault("Graph talking nonsense", "graph", 4.0, calamities.graph(answer="html", status=502)),
    Fault("Graph killed", "graph", 2.0, calamities.graph_killed),
)


def impossible(world: World) -> dict[str, str]:
    """The faults that this machine can't have, and why."""
    found: dict[str, str] = {}
    if world.cluster.volume is None:
        found["broker's disk full"] = "no volume can be mounted here"
    if shifted(0) is None:
        clocks = [fault.name for fault in FAULTS if "clock" in fault.name]
        found |= dict.fromkeys(clocks, "libfaketime is not installed here")
    return found
