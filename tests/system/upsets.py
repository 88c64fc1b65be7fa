"""What goes wrong while a run lasts: Meta answers late, wrongly or not at all, acts late or not at
all, throttles; and those who decide and act are killed."""

import asyncio
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import aiohttp

from tests.system.processes import Service
from tests.system.stage import Stage

# The first fault that fits a call decides it. A call that did nothing is made once more, after a
# proven absence, and not a third time: so nothing is left undone twice in a row.
FAULTS: Sequence[Mapping[str, Any]] = (
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
    {"probability": 0.01, "code": 613, "status": 400},
    {"probability": 0.005, "code": 4, "status": 403, "times": 3},
)
_READS: Sequence[Mapping[str, Any]] = tuple(
    {"probability": 0.05, "edge": edge, "method": "GET", "code": 2, "transient": True}
    for edge in ("replies", "conversations")
)
_DEAD_SECONDS = (0.1, 1.5)


async def trouble(session: aiohttp.ClientSession, stage: Stage) -> None:
    """From now on Meta has its bad days, with writes and with reading back."""
    writes = [{**fault, "method": method} for fault in FAULTS for method in ("POST", "DELETE")]
    for fault in (*_READS, *writes):
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
