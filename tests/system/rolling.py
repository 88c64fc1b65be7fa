"""Two of each service under load, replaced one by one as Kubernetes does: the new one is started,
and the old one told to end as soon as the new one is ready."""

import contextlib
import itertools
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import aiohttp
import asyncpg
from pydantic import SecretStr

from services.cli.example import put_example_into_force
from services.cli.stack import Stack
from services.cli.verdict import Verdict, judge
from services.simulator.accounts import accounts
from shared import topics
from shared.postgres.pool import connect
from shared.postgres.vault import generate_key
from shared.stream import admin
from tests.kafka import free_port
from tests.system.balancer import Backend, Balancer, balancer
from tests.system.database import postgres
from tests.system.processes import Service
from tests.system.reading import read
from tests.system.stage import APP, environment, kafka
from tests.system.world import cancelled_by_sigterm, prepare

KINDS = ("receiver", "enricher", "moderator", "executor", "persister")
MEMBERS = 2
ACCOUNTS = 12
DRAIN_SECONDS = 2.0
RATE = 100
"""Events a second."""

# What became of actions that are neither done, nor needless, nor waiting for their time.
_ENDS = """
SELECT state || ' ' || coalesce(reason, '') AS what, count(*) AS times FROM actions
WHERE state NOT IN ('sent', 'skipped', 'requested') GROUP BY what
"""


@dataclass(frozen=True, kw_only=True)
class Rolled:
    """What the replacement of all came to. `answers` are what deliveries were answered, `codes`
    what the old ones exited with, `falls` those of the new ones that ended unasked, `ends` what
    became of actions that were not done, `offered` how many events were delivered more than once,
    and `again` how many records there are beyond the first of each id."""

    verdict: Verdict
    answers: Mapping[str, int]
    latencies: Mapping[str, float]
    codes: list[int]
    falls: list[int]
    ends: Mapping[str, int]
    offered: int
    again: Mapping[str, int]
    dead: int
    seconds: float

    def line(self) -> str:
        """All of it for a person."""
        return (
            f"{len(self.codes)} processes replaced in {self.seconds:.0f} s: answers "
            f"{dict(self.answers)}, slowest {self.latencies['max']:.2f} s, acknowledged "
            f"{self.verdict.acknowledged}, missing {len(self.verdict.missing)}, actions at Meta "
            f"{self.verdict.proof.sent}, not there {len(self.verdict.proof.unseen)}, without us "
            f"{len(self.verdict.proof.unexplained)}, dead {self.dead}, delivered again "
            f"{self.offered}, twice on Kafka {dict(self.again)}"
        )


@dataclass(kw_only=True)
class Fleet:
    """All that runs; `members` by service, oldest first."""

    folder: Path
    told: Mapping[str, str]
    balancer: Balancer
    simulator: Service
    members: dict[str, list[Service]] = field(default_factory=dict)
    started: list[Service] = field(default_factory=list)
    _numbers: Any = field(default_factory=itertools.count)

    async def add(self, kind: str) -> None:
        """Start one more and wait until it is ready."""
        port = free_port()
        own = {
            "PARLEY_RECEIVER_PORT": str(port),
            "PARLEY_RECEIVER_DRAIN_SECONDS": str(DRAIN_SECONDS),
        }
        name = f"{kind}-{next(self._numbers)}"
        service = Service(name, {**self.told, **own}, free_port(), self.folder)
        self.started.append(service)
        self.members.setdefault(kind, []).append(service)
        await service.start()
        await service.until_ready()
        if kind == "receiver":
            self.balancer.backends.append(Backend(service, port, ready=True))

    async def replace_oldest(self, kind: str) -> int:
        """Put a new one in the place of the oldest, whose exit code is returned."""
        await self.add(kind)
        old = self.members[kind].pop(0)
        code = await old.terminate()
        kept = [each for each in self.balancer.backends if each.service is not old]
        self.balancer.backends[:] = kept
        return code

    def as_stack(self) -> Stack:
        """As what `judge` judges."""
        running = [self.simulator, *itertools.chain.from_iterable(self.members.values())]
        ports = {each.name: int(each.admin_url.rpartition(":")[2]) for each in running}
        return Stack(
            kafka=self.told["PARLEY_KAFKA"],
            postgres=self.told["PARLEY_POSTGRES"],
            folder=self.folder,
            ports={},
            admin_ports=ports,
        )


async def roll(folder: Path) -> Rolled:
    """Replace all, under load, and judge."""
    async with fleet(folder) as whole, aiohttp.ClientSession() as session:
        stack, began = whole.as_stack(), time.monotonic()
        codes = [await whole.replace_oldest(kind) for kind in KINDS for _ in range(MEMBERS)]
        seconds = time.monotonic() - began
        stack.admin_ports = whole.as_stack().admin_ports
        verdict = await judge(stack, session)
        report = await _asked(session, f"{whole.simulator.admin_url}/report")
        ledger = await _asked(session, f"{whole.simulator.admin_url}/ledger?ids=1")
        acknowledged: dict[str, int] = ledger["ids"]["acknowledged"]
        again = {topic.name: _again(stack.kafka, topic.name) for topic in topics.ALL}
        return Rolled(
            verdict=verdict,
            answers=report["answers"],
            latencies=report["latency_seconds"],
            codes=codes,
            falls=[code for each in whole.started for code in each.falls],
            ends=await _ends(stack.postgres),
            offered=sum(acknowledged.values()) - len(acknowledged),
            again={name: count for name, count in again.items() if count},
            dead=sum(1 for topic in topics.DEAD for _ in read(stack.kafka, topic.name)),
            seconds=seconds,
        )


@contextlib.asynccontextmanager
async def fleet(folder: Path) -> AsyncIterator[Fleet]:
    """Two of each, ready and under load; all ends with the block, the logs stay in `folder`."""
    async with contextlib.AsyncExitStack() as exits:
        exits.enter_context(cancelled_by_sigterm())
        servers = exits.enter_context(kafka(folder, real=True))
        # Not below `folder`, which may be closed to the user that the server runs as.
        scratch = tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True)
        data = Path(exits.enter_context(scratch)) / "data"
        server = await exits.enter_async_context(postgres(data))
        await admin.apply(servers, topics.ALL)
        key = generate_key()
        await prepare(server.url, accounts(1, ACCOUNTS, (APP,)), key)
        async with connect(SecretStr(server.url), "rolling") as pool:
            await put_example_into_force(pool)
        told = environment(servers, server.url, key)
        leading = await exits.enter_async_context(balancer())
        simulator = Service("simulator", told | _simulating(leading), free_port(), folder)
        whole = Fleet(folder=folder, told=told, balancer=leading, simulator=simulator)
        exits.push_async_callback(_end, whole)
        for kind in KINDS * MEMBERS:
            await whole.add(kind)
        await simulator.start()
        await simulator.until_ready()
        yield whole


def _simulating(leading: Balancer) -> dict[str, str]:
    more = {
        "RECEIVER_URL": f"http://127.0.0.1:{leading.port}/webhooks/meta",
        "ACCOUNTS": str(ACCOUNTS),
        "RATE": str(RATE),
        "RETRY_SCALE": "0.001",  # Meta's hours are seconds here
        "ACCOUNT_CALLS": "100000000",  # throttling is another story
        "APP_CALLS": "100000000",
    }
    return {f"PARLEY_SIMULATOR_{name}": value for name, value in more.items()}


async def _end(whole: Fleet) -> None:
    for each in [whole.simulator, *whole.started]:
        await each.kill()


def _again(servers: str, topic: str) -> int:
    """How many records there are beyond the first of each id."""
    ids: Counter[bytes] = Counter()
    for message in read(servers, topic):
        headers = cast(
            "list[tuple[str, bytes]]", message.headers() or []
        )  # annotated as a dict too
        ids[dict(headers)["ce_id"]] += 1
    return ids.total() - len(ids)


async def _asked(session: aiohttp.ClientSession, url: str) -> Any:
    async with session.get(url) as answer:
        return await answer.json()


async def _ends(database: str) -> dict[str, int]:
    connection = await asyncpg.connect(database)
    try:
        return {row["what"]: row["times"] for row in await connection.fetch(_ENDS)}
    finally:
        await connection.close()
