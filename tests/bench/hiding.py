"""How long a comment that a rule hides is seen: from its webhook's arrival to the hide at Meta,
with 200 events a second and everything else at work."""

import asyncio
import tempfile
from collections.abc import Iterable
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from statistics import quantiles
from typing import Any

import aiohttp
from pydantic import SecretStr

from services.cli.stack import Options, Stack, stack
from shared.postgres.embedded import embedded
from shared.postgres.pool import connect
from tests.bench.processes import kafka
from tests.bench.ratio import Figure

EVENTS_A_SECOND = 200
_WARM_UP_SECONDS = 5.0

_RECEIVED = """
SELECT c.id, events.received_at FROM comments AS c
JOIN events ON events.id = c.platform || ':' || c.account || ':comment:' || c.id
WHERE c.id = ANY($1::text[])
"""


async def measure(rounds: int, seconds: float) -> Iterable[Figure]:
    """The example rules at the simulator's ordinary traffic, for `rounds` times `seconds`."""
    async with AsyncExitStack() as exits:
        scratch = tempfile.TemporaryDirectory(prefix="parley-bench-", ignore_cleanup_errors=True)
        folder = Path(exits.enter_context(scratch))
        broker, _ = exits.enter_context(kafka())
        url = await exits.enter_async_context(embedded(folder / "postgres"))
        options = Options(
            kafka=broker.servers, postgres=url, keep=folder / "stack", rate=EVENTS_A_SECOND
        )
        running = await exits.enter_async_context(stack(options))
        session = await exits.enter_async_context(aiohttp.ClientSession())
        await asyncio.sleep(_WARM_UP_SECONDS)
        before = len(await _hides(running, session))
        await asyncio.sleep(rounds * seconds)
        hides = (await _hides(running, session))[before:]
        async with connect(SecretStr(url), "bench") as pool:
            rows = await pool.fetch(_RECEIVED, [hide["target"] for hide in hides])
    received: dict[str, datetime] = {row["id"]: row["received_at"] for row in rows}
    took = [
        (hide["at"] - received[hide["target"]].timestamp()) * 1000
        for hide in hides
        if hide["target"] in received
    ]
    return _figures(took)


async def _hides(running: Stack, session: aiohttp.ClientSession) -> list[dict[str, Any]]:
    url = f"http://127.0.0.1:{running.admin_ports['simulator']}/writes"
    async with session.get(url) as answer:
        return [write for write in await answer.json() if write["edge"] == "hide"]


def _figures(took: list[float]) -> list[Figure]:
    hundredths = quantiles(took, n=100, method="inclusive")
    note = f"{len(took)} hides at {EVENTS_A_SECOND} events/s, webhook received to hide at Meta"
    return [
        Figure(name="hide_p50", unit="ms", value=hundredths[49], note=note),
        Figure(name="hide_p99", unit="ms", value=hundredths[98], note=note),
    ]
