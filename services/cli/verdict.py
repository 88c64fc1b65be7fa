"""What became of everything that was acknowledged: the judgement at the end of `parley dev`."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

import aiohttp
from pydantic import SecretStr

from services.cli.failures import advice
from services.cli.stack import Stack
from shared.errors import Transient
from shared.postgres.audit import missing
from shared.postgres.pool import connect

SETTLE_SECONDS = 60.0
"""How long, after the last event was sent, all of them may take to be persisted."""

_NAMED = 10
_SIMULATOR = "The simulator does not answer: what it was acknowledged is not known."


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """`trouble` says what kept us from knowing; then `missing` is what is not known to be there."""

    acknowledged: int = 0
    waiting: int = 0
    missing: Sequence[str] = ()
    fallen: Sequence[str] = ()
    trouble: str = ""

    @property
    def holds(self) -> bool:
        """Whether nothing is missing, and something was there to be."""
        return self.acknowledged > 0 and not self.missing and not self.fallen

    def lines(self) -> list[str]:
        """The same for a person."""
        persisted = self.acknowledged - len(self.missing)
        if self.trouble:
            found = [self.trouble, f"acknowledged {self.acknowledged}, of these persisted: unknown"]
        else:
            count = f"acknowledged {self.acknowledged}, of these persisted {persisted}"
            lost = f"missing {len(self.missing)}, never acknowledged {self.waiting}"
            found = [f"{count}, {lost}", *(f"  missing: {id_}" for id_ in self.missing[:_NAMED])]
        return [*found, "Nothing was lost." if self.holds else "NOT everything is accounted for."]


async def judge(running: Stack, session: aiohttp.ClientSession) -> Verdict:
    """Let everything settle, then hold what was acknowledged against what is in Postgres."""
    control = f"http://127.0.0.1:{running.admin_ports['simulator']}"
    try:
        async with session.post(f"{control}/stop-sending") as answer:
            answer.raise_for_status()
        async with session.get(f"{control}/ledger?ids=1") as answer:
            ids = (await answer.json())["ids"]
    except aiohttp.ClientError:
        return Verdict(fallen=running.fallen(), trouble=_SIMULATOR)
    lost, trouble = await _settle(running, ids["acknowledged"])
    return Verdict(
        acknowledged=len(ids["acknowledged"]),
        waiting=len(ids["waiting"]),
        missing=lost,
        fallen=running.fallen(),
        trouble=trouble,
    )


async def _settle(running: Stack, ids: Sequence[str]) -> tuple[Sequence[str], str]:
    """Those of `ids` that did not get to Postgres, and why that can't be told."""
    deadline = time.monotonic() + SETTLE_SECONDS
    try:
        async with connect(SecretStr(running.postgres), "parley dev") as connections:
            lost = await missing(connections, ids)
            while lost and time.monotonic() < deadline and not running.fallen():
                await asyncio.sleep(0.2)
                lost = await missing(connections, lost)
    except Transient as exc:
        return ids, advice(exc)
    return lost, ""
