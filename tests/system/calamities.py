"""How each fault is brought about and ended; every function here gives a context manager."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from random import Random

from tests.kafka import RealBroker
from tests.system.processes import shifted
from tests.system.world import World

Calamity = Callable[[World, Random], AbstractAsyncContextManager[None]]

_CUT_EVERY_SECONDS = 0.2
_IN_SYNC_SECONDS = 60.0
_READY_SECONDS = 15.0


def killed(kind: str) -> Calamity:
    """One process gone without a word."""

    @asynccontextmanager
    async def calamity(world: World, rng: Random) -> AsyncIterator[None]:
        one = rng.choice(world.members[kind])
        await one.kill()
        try:
            yield
        finally:
            await one.start()

    return calamity


def all_killed(kind: str) -> Calamity:
    """No process of this kind left."""

    @asynccontextmanager
    async def calamity(world: World, _: Random) -> AsyncIterator[None]:
        await asyncio.gather(*(one.kill() for one in world.members[kind]))
        try:
            yield
        finally:
            for one in world.members[kind]:
                await one.start()

    return calamity


def frozen(kind: str) -> Calamity:
    """One process that stands still, holding all it holds."""

    @asynccontextmanager
    async def calamity(world: World, rng: Random) -> AsyncIterator[None]:
        one = rng.choice(world.members[kind])
        one.freeze()
        try:
            yield
        finally:
            one.thaw()

    return calamity


def terminated(kind: str) -> Calamity:
    """One process replaced in the middle of its work, as at a roll-out."""

    @asynccontextmanager
    async def calamity(world: World, rng: Random) -> AsyncIterator[None]:
        one = rng.choice(world.members[kind])
        try:
            await one.terminate()
        finally:
            await one.start()
        yield

    return calamity


def away(kind: str) -> Calamity:
    """One member fewer for a while."""

    @asynccontextmanager
    async def calamity(world: World, rng: Random) -> AsyncIterator[None]:
        one = rng.choice(world.members[kind])
        try:
            await one.terminate()
            yield
        finally:
            await one.start()

    return calamity


def off_by(kind: str, seconds: int) -> Calamity:
    """One process whose wall clock is wrong."""

    @asynccontextmanager
    async def calamity(world: World, rng: Random) -> AsyncIterator[None]:
        one = rng.choice(world.members[kind])
        try:
            await one.terminate()
            await one.start(shifted(seconds))
            with suppress(TimeoutError):  # other faults may keep it from being ready
                await one.until_ready(_READY_SECONDS)
            yield
            await one.terminate()
        finally:
            await one.kill()
            await one.start()

    return calamity


def slow_link(name: str) -> Calamity:
    """Everything arrives, half a second to two seconds later."""

    @asynccontextmanager
    async def calamity(world: World, rng: Random) -> AsyncIterator[None]:
        world.proxies[name].delay(rng.uniform(0.5, 2.0))
        try:
            yield
        finally:
            world.proxies[name].passing()

    return calamity


def cut_link(name: str) -> Calamity:
    """Connections break in the middle of records, again and again."""

    @asynccontextmanager
    async def calamity(world: World, rng: Random) -> AsyncIterator[None]:
        async def keep_cutting() -> None:
            while True:
                world.proxies[name].cut(rng)
                await asyncio.sleep(_CUT_EVERY_SECONDS)

        async with asyncio.TaskGroup() as tasks:
            cutting = tasks.create_task(keep_cutting())
            yield
            cutting.cancel()

    return calamity


def blackhole(name: str) -> Calamity:
    """Connections stand, and nothing comes of them."""

    @asynccontextmanager
    async def calamity(world: World, _: Random) -> AsyncIterator[None]:
        world.proxies[name].blackhole()
        try:
            yield
        finally:
            world.proxies[name].passing()

    return calamity


@asynccontextmanager
async def _started_again(world: World, *brokers: RealBroker) -> AsyncIterator[None]:
    try:
        yield
    finally:
        await world.cluster.kill(*brokers)  # who survived it gets no better by itself
        await world.cluster.start(*brokers)
        await world.cluster.until_in_sync(_IN_SYNC_SECONDS)


@asynccontextmanager
async def broker_stopped(world: World, rng: Random) -> AsyncIterator[None]:
    """One broker takes its leave."""
    one = rng.choice(world.cluster.brokers)
    async with _started_again(world, one):
        await world.cluster.stop(one)
        yield


@asynccontextmanager
async def broker_killed(world: World, rng: Random) -> AsyncIterator[None]:
    """One broker gone without a word."""
    one = rng.choice(world.cluster.brokers)
    async with _started_again(world, one):
        await world.cluster.kill(one)
        yield


@asynccontextmanager
async def broker_frozen(world: World, rng: Random) -> AsyncIterator[None]:
    """One broker stands still."""
    one = rng.choice(world.cluster.brokers)
    one.freeze()
    try:
        yield
    finally:
        one.thaw()
        await world.cluster.until_in_sync(_IN_SYNC_SECONDS)


@asynccontextmanager
async def leader_killed(world: World, rng: Random) -> AsyncIterator[None]:
    """The broker that takes in comments for one of the partitions is gone."""
    one = await _leader(world, rng)
    async with _started_again(world, one):
        await world.cluster.kill(one)
        yield


@asynccontextmanager
async def two_brokers_killed(world: World, rng: Random) -> AsyncIterator[None]:
    """A leader, then another: fewer than `min.insync.replicas`, nothing can be acknowledged."""
    one = await _leader(world, rng)
    another = rng.choice([broker for broker in world.cluster.brokers if broker is not one])
    async with _started_again(world, one, another):
        await world.cluster.kill(one)
        await asyncio.sleep(1.0)
        await world.cluster.kill(another)
        yield


@asynccontextmanager
async def disk_full(world: World, _: Random) -> AsyncIterator[None]:
    """A broker can't write any more, on which it gives up."""
    volume, one = world.cluster.volume, world.cluster.brokers[-1]
    if volume is None:
        raise RuntimeError("this machine lets us mount no volume")
    async with _started_again(world, one):
        volume.fill()
        try:
            yield
        finally:
            volume.free()


async def _leader(world: World, rng: Random) -> RealBroker:
    found = await world.cluster.leader("parley.comments.v1", rng.randrange(12))
    return found or rng.choice(world.cluster.brokers)


@asynccontextmanager
async def postgres_stopped(world: World, _: Random) -> AsyncIterator[None]:
    """Postgres shut down, its clients sent away."""
    try:
        await world.postgres.stop()
        yield
    finally:
        await world.postgres.start()


@asynccontextmanager
async def postgres_killed(world: World, _: Random) -> AsyncIterator[None]:
    """Postgres gone without a word; it has to recover from its log."""
    try:
        await world.postgres.kill()
        yield
    finally:
        await world.postgres.start()


@asynccontextmanager
async def postgres_frozen(world: World, _: Random) -> AsyncIterator[None]:
    """Postgres stands still, in the middle of transactions."""
    world.postgres.freeze()
    try:
        yield
    finally:
        world.postgres.thaw()


@asynccontextmanager
async def postgres_drops_clients(world: World, _: Random) -> AsyncIterator[None]:
    """Every connection to Postgres ended by Postgres."""
    await world.postgres.cut()
    yield


def graph(**fault: object) -> Calamity:
    """The Graph API answers as `services.simulator.graph.faults.Fault` says."""

    @asynccontextmanager
    async def calamity(world: World, _: Random) -> AsyncIterator[None]:
        await world.trouble_graph(**fault)
        try:
            yield
        finally:
            await world.heal_graph()

    return calamity


@asynccontextmanager
async def graph_killed(world: World, _: Random) -> AsyncIterator[None]:
    """Nobody at the Graph API's address."""
    await world.graph.kill()
    try:
        yield
    finally:
        await world.graph.start()
        await world.graph.until_ready()
