"""What keeps rules from acting."""

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from services.moderator.breaker import LEAST_HITS, LEAST_JUDGED
from shared.postgres.rules import EVERYBODY, Brakes, Owner
from tests.heard import at
from tests.moderating import US, Desk, a_rule, comment, import_rules, now

CROWD = max(LEAST_HITS, LEAST_JUDGED)


async def _flood(desk: Desk) -> None:
    """So many comments that a rule which hits them all is suspicious."""
    await desk.handle(*(comment(f"flood{n}", seconds=n / 100) for n in range(CROWD)))


@pytest.mark.parametrize("owner", [EVERYBODY, US])
async def test_kill_switch(desk: Desk, owner: Owner) -> None:
    """From the batch after it is pulled on nothing is done, though all of it is decided; when it is
    let go, rules act again."""
    await import_rules(desk.pool, a_rule())
    brakes = Brakes(desk.pool)
    await desk.handle(comment("c1"))

    assert await brakes.stop(owner, "anna", "too much")
    await desk.handle(comment("c2"))
    assert await brakes.start(owner)
    await desk.handle(comment("c3"))

    assert [await desk.held(comment(each)) for each in ("c1", "c2", "c3")] == [
        [None],
        ["stopped"],
        [None],
    ]


async def test_others_brake(desk: Desk) -> None:
    """A kill switch of one account stops no other."""
    await import_rules(desk.pool, a_rule())
    await Brakes(desk.pool).stop(Owner("instagram", "17841400000000002"), "anna", "too much")

    await desk.handle(comment("c1"))

    assert await desk.held(comment("c1")) == [None]


async def test_breaker(desk: Desk) -> None:
    """A rule that hits far more than it may only observes from the next batch on."""
    version = await import_rules(desk.pool, a_rule(), a_rule("note", then={"tags": ["seen"]}))
    with capture_logs() as logs:
        await _flood(desk)

    await desk.handle(comment("c1"))

    opened = await Brakes(desk.pool).breakers()
    assert [(each.version, each.rule, each.share) for each in opened] == [
        (version, "note", 1.0),
        (version, "spam", 1.0),
    ]
    assert await desk.held(comment("flood0")) == [None, None]
    assert await desk.held(comment("c1")) == ["breaker", "breaker"]
    assert [line["event"] for line in logs] == ["breaker_opened"] * 2


async def test_breaker_closes(desk: Desk) -> None:
    """A new version of the set lets the rule act again, and is judged by what it does itself."""
    await import_rules(desk.pool, a_rule())
    await _flood(desk)

    mended = await import_rules(desk.pool, a_rule(note="mended"))
    await desk.pool.execute(
        "UPDATE rule_sets SET imported_at = $1 WHERE version = $2", at(61), mended
    )
    await desk.handle(comment("c1"))

    assert await desk.held(comment("c1")) == [None]
    assert await Brakes(desk.pool).breakers() == []


async def test_breaker_of_one_account(desk: Desk) -> None:
    """What a rule for all does in one account says nothing of it in others."""
    await import_rules(desk.pool, a_rule())
    await _flood(desk)
    elsewhere = comment("c1", account="17841400000000002")

    await desk.handle(elsewhere)

    assert await desk.held(elsewhere) == [None]


async def test_observing_opens_nothing(desk: Desk) -> None:
    """A rule that only observes does no harm however much it hits."""
    await import_rules(desk.pool, a_rule(mode="observe"))

    await _flood(desk)

    assert await Brakes(desk.pool).breakers() == []


async def test_usual(desk: Desk) -> None:
    """A rule that always hits that much does what it is there for."""
    await import_rules(desk.pool, a_rule())
    await desk.pool.execute(
        "INSERT INTO rule_rates VALUES ($1, $2, '', $3, 1000, 0), ($1, $2, 'spam', $3, 0, 990)",
        *US,
        now() - timedelta(hours=3),
    )

    await _flood(desk)

    assert await Brakes(desk.pool).breakers() == []


async def test_old_rates(desk: Desk) -> None:
    """What was more than a day ago is not what is usual."""
    await import_rules(desk.pool, a_rule())
    await desk.pool.execute(
        "INSERT INTO rule_rates VALUES ($1, $2, '', $3, 1000, 0), ($1, $2, 'spam', $3, 0, 990)",
        *US,
        now() - timedelta(hours=25),
    )

    await _flood(desk)

    assert [each.rule for each in await Brakes(desk.pool).breakers()] == ["spam"]


async def test_surge_over_batches(desk: Desk) -> None:
    """Hits of the last ten minutes count together, whatever batches they came in."""
    await import_rules(desk.pool, a_rule())

    for number in range(CROWD):
        await desk.handle(comment(f"c{number}", seconds=number / 100))

    assert [each.rule for each in await Brakes(desk.pool).breakers()] == ["spam"]
