"""What is broken when: every kind of fault in turn, singly and in company, as the seed says."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from random import Random

import aiohttp
import psutil
import structlog
from asyncpg import exceptions

from tests.system.chaos import Breaking, Run
from tests.system.faults import Fault

_COMPANY = (1, 1, 1, 2, 2, 3)
"""How many faults come together."""

_MOST_APART_SECONDS = 2.0
_BREATH_EVENTS = 300
_BREATH_SECONDS = 30.0

_MISHAPS = (OSError, aiohttp.ClientError, exceptions.PostgresError, psutil.Error)
"""What a fault can fail with, a TimeoutError among them: the run goes on, and is not clean."""

_log = structlog.get_logger()


def plan(faults: Sequence[Fault], count: int, seed: int) -> Iterator[list[Fault]]:
    """`count` faults in groups of one to three that come together and have no part in common. All
    kinds come equally often, but for the last round."""
    rng = Random(f"{seed}:plan")
    bag: list[Fault] = []
    while count:
        group: list[Fault] = []
        for _ in range(min(count, rng.choice(_COMPANY))):
            taken = {fault.part for fault in group}
            if all(fault.part in taken for fault in faults):
                break
            if all(fault.part in taken for fault in bag):
                bag += rng.sample(faults, len(faults))
            group.append(bag.pop(_first_apart(bag, taken)))
        count -= len(group)
        yield group


def _first_apart(bag: Sequence[Fault], taken: set[str]) -> int:
    return next(at for at, fault in enumerate(bag) if fault.part not in taken)


def at_random(faults: Sequence[Fault], count: int, seed: int, stopping: asyncio.Event) -> Breaking:
    """A run's faults by `plan`, until `stopping` is set."""

    async def breaking(run: Run) -> None:
        rng = Random(f"{seed}:faults")
        await _breathe(run, stopping)
        for group in plan(faults, count, seed):
            if stopping.is_set():
                return
            async with asyncio.TaskGroup() as tasks:
                for fault in group:
                    tasks.create_task(_inject(run, fault, Random(rng.random())))
            await _breathe(run, stopping)

    return breaking


async def _inject(run: Run, fault: Fault, rng: Random) -> None:
    await asyncio.sleep(rng.uniform(0.0, _MOST_APART_SECONDS))
    try:
        with run.ledger.fault(fault.name, fault.part):
            async with fault.inject(run.world, rng):
                await asyncio.sleep(fault.seconds * rng.uniform(1.0, 1.3))
    except _MISHAPS as exc:
        run.mishaps.append(f"{fault.name}: {type(exc).__name__}: {exc}")


async def _breathe(run: Run, stopping: asyncio.Event) -> None:
    """Go on as soon as some events were acknowledged, so that there is something to lose."""
    before, since = run.ledger.acknowledged, time.monotonic()
    while run.ledger.acknowledged < before + _BREATH_EVENTS and not stopping.is_set():
        await asyncio.sleep(0.05)
        if time.monotonic() - since > _BREATH_SECONDS:
            _log.warning("nothing_acknowledged", seconds=_BREATH_SECONDS)
            return
