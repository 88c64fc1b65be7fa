"""What became of everything that was acknowledged and decided: the judgement at the end of
`parley dev`."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import aiohttp
from pydantic import SecretStr

from services.cli.failures import advice
from services.cli.gauges import Scraper
from services.cli.proof import Proof, held_against
from services.cli.stack import Stack
from shared.errors import Transient
from shared.postgres.audit import OpenActions, missing, open_actions, sent_at_meta
from shared.postgres.pool import Pool, connect

SETTLE_SECONDS = 60.0
"""How long, after the last event was sent, all of them may take to be persisted."""

ACT_SECONDS = 180.0
"""How long, after that, the actions under way may take: what is unknown is read again and again,
once the account's throttle has ended."""

_SOON = timedelta(seconds=5)
"""What is due later waits for its time: a delete for a day, what is throttled for minutes. It is
surely not done yet, so there is nothing to prove."""
_CALM = 2
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
    proof: Proof = field(default_factory=Proof)

    @property
    def holds(self) -> bool:
        """Whether nothing is missing, and something was there to be."""
        well = not self.missing and not self.fallen and not self.trouble
        return self.acknowledged > 0 and well and self.proof.holds

    def lines(self) -> list[str]:
        """The same for a person."""
        persisted = self.acknowledged - len(self.missing)
        if self.trouble:
            found = [self.trouble, f"acknowledged {self.acknowledged}, of these persisted: unknown"]
        else:
            count = f"acknowledged {self.acknowledged}, of these persisted {persisted}"
            lost = f"missing {len(self.missing)}, never acknowledged {self.waiting}"
            found = [f"{count}, {lost}", *(f"  missing: {id_}" for id_ in self.missing[:_NAMED])]
            found += self.proof.lines()
        return [*found, "Nothing was lost." if self.holds else "NOT everything is accounted for."]


async def judge(running: Stack, session: aiohttp.ClientSession) -> Verdict:
    """Let everything settle, then hold what was acknowledged against what is in Postgres, and what
    we say was done against what the simulator saw."""
    control = f"http://127.0.0.1:{running.admin_ports['simulator']}"
    try:
        async with session.post(f"{control}/stop-sending") as answer:
            answer.raise_for_status()
        async with session.delete(f"{control}/faults") as answer:  # the bad day is over
            answer.raise_for_status()
        ids = (await _asked(session, f"{control}/ledger?ids=1"))["ids"]
    except aiohttp.ClientError:
        return Verdict(fallen=running.fallen(), trouble=_SIMULATOR)
    lost, proof, trouble = ids["acknowledged"], Proof(), ""
    try:
        async with connect(SecretStr(running.postgres), "parley dev") as pool:
            lost = await _persisted(running, pool, lost)
            left = await _acted(running, pool, Scraper(running, session))
            writes = await _asked(session, f"{control}/writes")
            proof = held_against(await sent_at_meta(pool, running.began), writes, left)
    except Transient as exc:
        trouble = advice(exc)
    except aiohttp.ClientError:
        trouble = _SIMULATOR
    return Verdict(
        acknowledged=len(ids["acknowledged"]),
        waiting=len(ids["waiting"]),
        missing=lost,
        fallen=running.fallen(),
        trouble=trouble,
        proof=proof,
    )


async def _asked(session: aiohttp.ClientSession, url: str) -> Any:  # noqa: ANN401 (any JSON)
    async with session.get(url) as answer:
        return await answer.json()


async def _persisted(running: Stack, pool: Pool, ids: Sequence[str]) -> Sequence[str]:
    """Those of `ids` that did not get to Postgres in time."""
    deadline = time.monotonic() + SETTLE_SECONDS
    lost = await missing(pool, ids)
    while lost and time.monotonic() < deadline and not running.fallen():
        await asyncio.sleep(0.2)
        lost = await missing(pool, lost)
    return lost


async def _acted(running: Stack, pool: Pool, scraper: Scraper) -> OpenActions:
    """What is left to be done when nothing moves any more, or it takes too long."""
    deadline, calm = time.monotonic() + ACT_SECONDS, 0
    while True:
        gauges = await scraper.read()
        left = await open_actions(pool, running.began, _SOON)
        calm = 0 if gauges.lag or gauges.unknown or left.any else calm + 1
        # Twice, a while apart: a consumer may not have seen yet that there is more.
        if calm == _CALM or time.monotonic() > deadline or running.fallen():
            return left
        await asyncio.sleep(1.0)
