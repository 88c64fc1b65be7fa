"""Versions of rule sets, kill switches and breakers."""

import pytest

from shared.postgres.pool import Pool
from shared.postgres.rules import EVERYBODY, Brakes, Owner, RuleSets

SHOP = Owner("instagram", "1")
PAGE = Owner("page", "1")


async def test_versions(pool: Pool) -> None:
    """A set is never changed: each import is a version, the latest is in force."""
    sets = RuleSets(pool)
    first, second = [await sets.add(SHOP, f'{{"n": {n}}}', "anna") for n in range(2)]

    assert [each.version for each in await sets.versions(SHOP)] == [second.version, first.version]
    assert (second.document, second.imported_by, second.account) == ('{"n": 1}', "anna", "1")
    assert await sets.in_force() == [second]
    assert await sets.versions(PAGE) == []


async def test_in_force(pool: Pool) -> None:
    """Each owner has a set of his own; that for all comes first."""
    sets = RuleSets(pool)
    for owner in (PAGE, SHOP, EVERYBODY, SHOP):
        await sets.add(owner, "{}", "anna")

    latest = await sets.in_force()

    owners = [Owner(each.platform, each.account) for each in latest]
    assert owners == [EVERYBODY, SHOP, PAGE]
    versions = {owner: each.version for owner, each in zip(owners, latest, strict=True)}
    assert await sets.versions_in_force([EVERYBODY, SHOP, PAGE, Owner("page", "2")]) == versions


async def test_up_to(pool: Pool) -> None:
    """One can go back from version to version, past those of others."""
    sets = RuleSets(pool)
    first, _, third = [await sets.add(owner, "{}", "anna") for owner in (SHOP, PAGE, SHOP)]

    assert await sets.up_to(SHOP) == third
    assert await sets.up_to(SHOP, third.version - 1) == first
    assert await sets.up_to(SHOP, first.version - 1) is None


@pytest.mark.parametrize("owner", [EVERYBODY, SHOP])
async def test_brake(pool: Pool, owner: Owner) -> None:
    """A kill switch is pulled once and says by whom and why; letting go of it is told, too."""
    brakes = Brakes(pool)

    assert await brakes.stop(owner, "anna", "too much")
    assert not await brakes.stop(owner, "ben", "me too")
    (pulled,) = await brakes.pulled()
    assert (pulled.platform, pulled.account) == owner
    assert (pulled.stopped_by, pulled.reason) == ("anna", "too much")
    assert await brakes.start(owner)
    assert not await brakes.start(owner)
    assert await brakes.pulled() == []


async def test_breakers(pool: Pool) -> None:
    """Only the breakers of sets in force are told; a new version of the set closes them."""
    sets, brakes = RuleSets(pool), Brakes(pool)
    shops, pages = [await sets.add(owner, "{}", "anna") for owner in (SHOP, PAGE)]
    for stored in (shops, pages):
        await pool.execute(
            "INSERT INTO breakers VALUES ($1, 'spam', 'instagram', '9', now(), 0.9, 0.1)",
            stored.version,
        )
    assert {each.version for each in await brakes.breakers()} == {shops.version, pages.version}

    await sets.add(SHOP, "{}", "anna")

    (left,) = await brakes.breakers()
    assert (left.version, left.rule, left.account) == (pages.version, "spam", "9")
    assert (left.share, left.usual) == (0.9, 0.1)
