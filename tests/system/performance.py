"""One run of the exactly-once proof: people talk, things go wrong, everything comes to rest, and
what had to happen at Meta is held against what did."""

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import aiohttp
import asyncpg
import structlog
import yaml

from services.simulator.world import World
from tests.system import upsets
from tests.system.errands import MISTAKEN, RULES, Saying, sayings
from tests.system.reading import Groups
from tests.system.stage import Cast, Stage, stage
from tests.system.tally import Tally, Wanted, tally

_GROUPS = ("enricher", "moderator", "executor", "persister")
_AT_ONCE = 8
_LOOK_SECONDS = 0.5
_LOOKS = 3
"""So many in a row have to find nothing under way: between two topics nothing can be seen."""

REST_SECONDS = 900.0
"""How long it may take until nothing is under way any more."""

_OPEN = "SELECT count(*) FROM actions WHERE state IN ('requested', 'claimed', 'unknown')"
_OPEN_MISTAKES = f"{_OPEN} AND rule = '{MISTAKEN}'"
_WHY_OPEN = """
SELECT state, reason, kind, count(*), min(due_at), max(due_at) FROM actions
WHERE state IN ('requested', 'claimed', 'unknown') GROUP BY state, reason, kind
UNION ALL SELECT 'hold', reason, scope, count(*), min(until), max(until) FROM holds
GROUP BY scope, reason
"""
_UNKNOWN = "SELECT count(*) FROM actions WHERE state = 'unknown'"
_CREATED = "SELECT created_id FROM actions WHERE created_id IS NOT NULL"
_UNSURE = "SELECT count(DISTINCT action_id) FROM action_changes WHERE state = 'unknown'"
_ACTIONS = "SELECT count(*) FROM actions"
# What was proven not to be done after two tries: a person may have it tried again.
_NOT_DONE = "SELECT id FROM actions WHERE state = 'failed' AND reason = 'not_done'"
_NAMELESS = "SELECT event_id FROM decisions WHERE person_id IS NULL AND excuse IS NULL"
_KEPT = {
    "blocked": "SELECT person_id FROM blocked",
    "queue": "SELECT event_id FROM queue",
    "tags": "SELECT subject FROM tags WHERE tag = 'scam'",
}

_log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Row:
    """What one run came to. `unsure` are actions that were `unknown` at some time, `by_hand` those
    that a person had to have tried again, `open` and `unknown` what never came to an end."""

    seed: int
    actions: int
    kills: int
    unsure: int
    by_hand: int
    open: int
    unknown: int
    nameless: int
    unkept: tuple[str, ...]
    seconds: float
    tally: Tally

    @property
    def clean(self) -> bool:
        """Nothing is open, and everything is as it had to be."""
        return self.tally.clean and not (self.open or self.unknown or self.unkept)


@dataclass(frozen=True, kw_only=True)
class Script:
    """How a run goes: so many `effects` are wanted, `rate` things are said a second, moderators and
    executors are killed `kills` times each."""

    effects: int
    kills: int
    rate: float
    faults: upsets.Faults = upsets.MISHAPS
    rest_seconds: float = REST_SECONDS


async def perform(folder: Path, cast: Cast, script: Script) -> Row:
    """One run, judged."""
    began = time.monotonic()
    async with (
        stage(folder, cast) as whole,
        aiohttp.ClientSession() as session,
    ):
        database = await asyncpg.connect(whole.database)
        try:
            run = _Run(whole, script, session, database, Wanted())
            await run.play()
            by_hand = await run.rest()
            return await run.judged(by_hand, began)
        finally:
            await database.close()


@dataclass(frozen=True)
class _Run:
    stage: Stage
    script: Script
    session: aiohttp.ClientSession
    database: asyncpg.Connection
    wanted: Wanted

    async def play(self) -> None:
        """Say all there is to say while things go wrong."""
        script, seed = self.script, self.stage.cast.seed
        plan = sayings(seed, script.effects, self.stage.accounts)
        rules = self.stage.folder / "rules.yaml"
        rules.write_text(yaml.safe_dump(RULES, allow_unicode=True, sort_keys=False))
        await self.stage.parley("rules", "import", str(rules), "--yes")
        beginning = plan[: len(self.stage.accounts)]
        for saying in beginning:
            await self._say(saying)
        await upsets.trouble(self.session, self.stage, script.faults)
        seconds = len(plan) / script.rate
        rng = Random(f"{seed}:kills")
        async with asyncio.TaskGroup() as tasks:
            for services in (self.stage.moderators, self.stage.executors):
                tasks.create_task(upsets.kill(services, script.kills, seconds, rng))
            tasks.create_task(self._talk(plan[len(beginning) :]))

    async def _talk(self, plan: Sequence[Saying]) -> None:
        slots = asyncio.Semaphore(_AT_ONCE)
        loop = asyncio.get_running_loop()
        began = loop.time()

        async def one(saying: Saying) -> None:
            async with slots:
                await self._say(saying)

        async with asyncio.TaskGroup() as tasks:
            for number, saying in enumerate(plan):
                await asyncio.sleep(began + number / self.script.rate - loop.time())
                tasks.create_task(one(saying))

    async def _say(self, saying: Saying) -> None:
        account = self.stage.accounts[saying.account]
        asked = {
            "kind": saying.kind,
            "account": account.id,
            "person": saying.person,
            "text": saying.text,
            "duplicate": saying.twice,
        }
        found = await self._control("POST", "trigger", asked)
        person = World(self.stage.cast.seed, ()).person(account, saying.person)
        self.wanted.add(saying, found["deliveries"][-1]["events"][-1], person.id)

    async def rest(self) -> int:
        """Take back what was a mistake, wait until nothing is under way, have tried again what was
        not done. How many that were."""
        await self._until_quiet(_OPEN_MISTAKES)
        await self.stage.parley("actions", "undo", "--rule", MISTAKEN, "--since", "1d", "--yes")
        await self._until_quiet(_OPEN)
        by_hand = [row["id"] for row in await self.database.fetch(_NOT_DONE)]
        for id_ in by_hand:
            await self.stage.parley("actions", "retry", id_)
        if by_hand:
            await self._until_quiet(_OPEN)
        return len(by_hand)

    async def _until_quiet(self, still_open: str) -> None:
        groups = await asyncio.to_thread(Groups, self.stage.kafka, _GROUPS)
        quiet = 0
        try:
            async with asyncio.timeout(self.script.rest_seconds):
                while quiet < _LOOKS:
                    quiet = quiet + 1 if await self._is_quiet(groups, still_open) else 0
                    await asyncio.sleep(_LOOK_SECONDS)
        except TimeoutError:
            found = await self.database.fetch(_WHY_OPEN)
            _log.warning("not_at_rest", open=[tuple(each) for each in found])

    async def _is_quiet(self, groups: Groups, still_open: str) -> bool:
        if (await self._control("GET", "ledger"))["events"]["waiting"]:
            return False
        if await self._count(still_open):
            return False
        return not await asyncio.to_thread(groups.behind)

    async def judged(self, by_hand: int, began: float) -> Row:
        """Hold what had to happen against what did."""
        nameless = {row["event_id"] for row in await self.database.fetch(_NAMELESS)}
        created = {row["created_id"] for row in await self.database.fetch(_CREATED)}
        writes = await self._control("GET", "writes")
        row = Row(
            seed=self.stage.cast.seed,
            actions=await self._count(_ACTIONS),
            kills=2 * self.script.kills,
            unsure=await self._count(_UNSURE),
            by_hand=by_hand,
            open=await self._count(_OPEN),
            unknown=await self._count(_UNKNOWN),
            nameless=len(nameless),
            unkept=await self._unkept(nameless),
            seconds=time.monotonic() - began,
            tally=tally(self.wanted, writes, created, nameless),
        )
        if not row.clean:
            (self.stage.folder / "writes.json").write_text(json.dumps(writes, indent=1))
            (self.stage.folder / "tally.txt").write_text(repr(row))
        return row

    async def _unkept(self, nameless: set[str]) -> tuple[str, ...]:
        """What is not in Postgres that has to be, or is and has not."""
        different: list[str] = []
        for table, statement in _KEPT.items():
            there = {row[0] for row in await self.database.fetch(statement)}
            different += (f"{table}: {each}" for each in there ^ self.wanted.rows(table, nameless))
        return tuple(different)

    async def _count(self, statement: str) -> int:
        found: int = await self.database.fetchval(statement)
        return found

    async def _control(self, method: str, path: str, asked: object = None) -> Any:
        url = f"{self.stage.simulator.admin_url}/{path}"
        async with self.session.request(method, url, json=asked) as answer:
            if answer.status != 200:
                raise RuntimeError(await answer.text())
            return await answer.json()
