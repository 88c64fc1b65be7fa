"""What goes wrong while a run lasts: Meta answers late, wrongly or not at all, acts late or not at
all, throttles; and those who decide and act are killed."""

import asyncio
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import aiohttp

from tests.system.processes import Service
from tests.system.stage import Stage

Faults = Sequence[Mapping[str, Any]]

# The first fault that fits a call decides it. A call that did nothing is made once more, after a
# proven absence, and not a third time: so nothing is left undone twice in a row.
_WRITES: Faults = (
    {"probability": 0.03, "after_write": True, "answer": "drop"},
    {"probability": 0.02, "after_write": True, "code": 1, "subcode": 1357046},
    {"probability": 0.02, "after_write": True, "code": 2},
    {"probability": 0.01, "after_write": True, "answer": "html", "status": 502},
    {"probability": 0.01, "answer": "slow", "delay_seconds": 10.0},
    {"probability": 0.01, "acts_late": True, "answer": "drop", "delay_seconds": 6.0},
    {"probability": 0.01, "acts_late": True, "answer": "error", "delay_seconds": 20.0},
    {"probability": 0.01, "acts_late": True, "answer": "slow", "delay_seconds": 12.0},
    {"probability": 0.01, "answer": "drop", "once": True},
    {"probability": 0.01, "code": 1, "once": True},
    {"probability": 0.01, "code": 2, "transient": True, "once": True},
)
MISHAPS: Faults = tuple(
    {**fault, "method": method} for fault in _WRITES for method in ("POST", "DELETE")
)
THROTTLES: Faults = tuple(
    {"probability": 0.01, "times": 2, "code": code, "status": 400, "regain_minutes": 1, **where}
    for code, where in (
        (80002, {"edge": "hide"}),
        (80002, {"edge": "reply"}),
        (80006, {"edge": "messages"}),
    )
)
"""Each stops what an account does, for a minute."""

UNREADABLE: Faults = tuple(
    {"probability": 0.05, "edge": edge, "method": "GET", "code": 2, "transient": True}
    for edge in ("replies", "conversations")
)
"""What is read back, is read in vain now and then."""

_DEAD_SECONDS = (0.1, 1.5)


async def trouble(session: aiohttp.ClientSession, stage: Stage, faults: Faults) -> None:
    """From now on Meta has its bad days."""
    for fault in faults:
        url = f"{stage.simulator.admin_url}/faults"
        async with session.post(url, json=fault) as answer:
            if answer.status != 200:
                raise RuntimeError(await answer.text())


async def kill(services: Sequence[Service], times: int, within: float, rng: Random) -> None:
    """Kill one of `services` so many times, at random moments within so many seconds; each is soon
    started again."""
    moments = sorted(rng.uniform(0.0, within) for _ in range(times))
    began = asyncio.get_running_loop().time()
    for moment in moments:
        await asyncio.sleep(began + moment - asyncio.get_running_loop().time())
        victim = rng.choice(services)
        await victim.kill()
        await asyncio.sleep(rng.uniform(*_DEAD_SECONDS))
        await victim.start()
