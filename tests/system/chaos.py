"""One run: traffic flows, things are broken meanwhile, everything comes to rest, and what was
acknowledged is held against what is there."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import asyncpg
import structlog
from confluent_kafka import KafkaException

from tests.system.ledger import Delivery, Ledger
from tests.system.poison import Poisoner
from tests.system.reading import Groups
from tests.system.sender import Sender, Target
from tests.system.sightings import look
from tests.system.traffic import Traffic
from tests.system.verdict import RECOVER_SECONDS, Verdict, judge
from tests.system.wiring import SEED
from tests.system.world import World

REST_SECONDS = 120.0
"""How long everything that was acknowledged may take to be handled, once nothing more comes."""

_GIVE_UP_SECONDS = RECOVER_SECONDS + 5.0
_LOOK_SECONDS = 1.0
_EVENTS_A_POISON = 2_000
"""Far below what would make a consumer stop because the fault must be its own."""

_log = structlog.get_logger()


@dataclass(kw_only=True)
class Run:
    """A run while it lasts. `behind_then` is how many records waited for their readers when so many
    events were acknowledged."""

    world: World
    ledger: Ledger
    traffic: Traffic
    sender: Sender
    poisoner: Poisoner
    behind_then: int = 0
    acknowledged_then: int = 0
    phase: str = "starting"
    mishaps: list[str] = field(default_factory=list)
    """What did not go as a fault should: a service that had to be killed, or did not come back."""

    @property
    def behind(self) -> int:
        """How many records wait for their readers, at most."""
        return self.behind_then + self.ledger.acknowledged - self.acknowledged_then


Breaking = Callable[[Run], Awaitable[None]]
"""What is done to the system while traffic flows; it is whole again when this returns."""


async def chaos(
    world: World, breaking: Breaking, *, seed: int, rate: float, events: int,
    enough: asyncio.Event, watch: Callable[[Run], Coroutine[Any, Any, None]],
) -> tuple[Run, Verdict]:  # fmt: skip
    """Send at `rate` events a second while `breaking` goes on, and then until `events` are
    acknowledged, or `enough` is set; judge. `watch` runs beside it until it is cancelled."""
    run = _prepare(world, seed, rate)
    async with asyncio.TaskGroup() as tasks:
        watching = [tasks.create_task(each) for each in (_measure(run), _poison(run), watch(run))]
        sending = tasks.create_task(run.sender.run())
        run.phase = "breaking"
        await breaking(run)
        run.phase = "recovering"
        recovered = await _recover(run, time.monotonic())
        run.phase = "sending on"
        while run.ledger.acknowledged < events and not enough.is_set():
            await asyncio.sleep(_LOOK_SECONDS)
        run.phase = "coming to rest"
        run.sender.sending = False
        await _rest(run, sending)
        run.phase = "judging"
        for task in watching:
            task.cancel()
    run.poisoner.flush(10.0)
    return run, await _judge(run, events, recovered)


def _prepare(world: World, seed: int, rate: float) -> Run:
    ledger, traffic = Ledger(), Traffic(SEED, world.accounts)

    def untouched(_: int, since: float) -> bool:
        return not any(fault.part == "receiver" and fault.ended >= since for fault in ledger.faults)

    target = Target(urls=world.urls, secret=world.secret, untouched=untouched)
    sender = Sender(target, traffic, ledger, Random(f"{seed}:sizes"), rate, lambda: run.behind)
    run = Run(
        world=world,
        ledger=ledger,
        traffic=traffic,
        sender=sender,
        poisoner=Poisoner(world.kafka, Random(f"{seed}:poison")),
    )
    return run


async def _measure(run: Run) -> None:
    while True:
        groups = Groups(run.world.kafka)  # anew after a failure: it may know a leader that is gone
        # Kafka may be down just now.
        with contextlib.suppress(KafkaException, TimeoutError):
            while True:
                acknowledged = run.ledger.acknowledged
                run.behind_then = await asyncio.to_thread(groups.behind)
                run.acknowledged_then = acknowledged
                await asyncio.sleep(_LOOK_SECONDS)
        await asyncio.sleep(_LOOK_SECONDS)


async def _poison(run: Run) -> None:
    while True:
        planted = run.ledger.acknowledged
        run.poisoner.plant()
        while run.ledger.acknowledged < planted + _EVENTS_A_POISON:
            await asyncio.sleep(_LOOK_SECONDS)


async def _recover(run: Run, since: float) -> float:
    """How long after `since` an event that was sent then was in Postgres."""
    delivery = run.sender.probe()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_GIVE_UP_SECONDS), _connected(run) as connection:
            while not await _arrived(run, connection, delivery):
                await asyncio.sleep(0.1)
    return time.monotonic() - since


@contextlib.asynccontextmanager
async def _connected(run: Run) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(run.world.database)
    try:
        yield connection
    finally:
        await connection.close()


async def _arrived(run: Run, connection: asyncpg.Connection, delivery: Delivery) -> bool:
    numbers = range(delivery.first, delivery.first + delivery.count)
    ids = [run.traffic.event(number).id for number in numbers]
    found = await connection.fetchval("SELECT count(*) FROM events WHERE id = ANY($1)", ids)
    return bool(found == delivery.count)


async def _rest(run: Run, sending: asyncio.Task[None]) -> None:
    try:
        async with asyncio.timeout(REST_SECONDS):
            await asyncio.wait([sending])
            while run.behind:
                await asyncio.sleep(0.2)
    except TimeoutError:
        _log.warning("not_at_rest", waiting=run.ledger.waiting, behind=run.behind)
        sending.cancel()


async def _judge(run: Run, events: int, recovered: float) -> Verdict:
    world = run.world
    found = await look(world.kafka, world.database, run.traffic, run.ledger)
    verdict = judge(run.traffic, run.ledger, found, run.poisoner.planted, events, recovered)
    return replace(verdict, mishaps=run.mishaps)
