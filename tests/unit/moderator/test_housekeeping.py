"""What is forgotten, and what the metrics show without any traffic."""

import asyncio
from datetime import timedelta

from prometheus_client import REGISTRY

from services.moderator.housekeeping import forget_old, keep_house
from shared.postgres.rules import EVERYBODY, Brakes
from tests.heard import at
from tests.moderating import US, Desk, a_rule, comment, import_rules
from tests.streams import WAIT_SECONDS

HISTORY = ("sayings", "hits", "rule_rates", "decisions", "contacts")


async def _counts(desk: Desk) -> list[int]:
    return [await desk.pool.fetchval(f"SELECT count(*) FROM {table}") for table in HISTORY]


async def _forget(desk: Desk, days: float) -> list[int]:
    """What is left so many days later."""
    await forget_old(desk.pool, at(0) + timedelta(days=days))
    return await _counts(desk)


async def test_forgotten(desk: Desk) -> None:
    """Texts and hits go after a month, rates after a day; decisions and contacts stay."""
    await import_rules(desk.pool, a_rule())
    await desk.handle(comment("c1"))

    assert await _forget(desk, 1) == [1, 1, 2, 1, 1]
    assert await _forget(desk, 1.1) == [1, 1, 0, 1, 1]
    assert await _forget(desk, 29.9) == [1, 1, 0, 1, 1]
    assert await _forget(desk, 30.1) == [0, 0, 0, 1, 1]


async def test_longer(desk: Desk) -> None:
    """History that a rule of any account looks back to is kept."""
    repeats = {"times": 2, "hours": 24 * 40}
    await import_rules(desk.pool, a_rule(when={"repeats": repeats}), owner=US)
    await desk.handle(comment("c1"))

    assert (await _forget(desk, 39))[0] == 1
    assert (await _forget(desk, 41))[0] == 0


async def test_many(desk: Desk) -> None:
    """More than one turn takes is taken in several."""
    await desk.pool.execute(
        "INSERT INTO sayings SELECT n::text, $1, $2, NULL, n, n, '{}', $3"
        " FROM generate_series(1, 12000) AS n",
        *US,
        at(0),
    )

    assert (await _forget(desk, 31))[0] == 0


async def test_shown(desk: Desk) -> None:
    """Metrics say what is stopped."""
    version = await import_rules(desk.pool, a_rule())
    await Brakes(desk.pool).stop(EVERYBODY, "anna", "too much")
    await desk.pool.execute(
        "INSERT INTO breakers VALUES ($1, 'spam', $2, $3, $4, 1, 0)", version, *US, at(0)
    )
    stopping = asyncio.Event()

    async with asyncio.timeout(WAIT_SECONDS), asyncio.TaskGroup() as tasks:
        tasks.create_task(keep_house(desk.pool, stopping))
        while not (_value("breakers_open") and _value("brakes_on")):
            await asyncio.sleep(0.01)
        stopping.set()


def _value(name: str) -> float | None:
    return REGISTRY.get_sample_value(f"parley_moderator_{name}")
