"""The connected accounts: added, found, removed."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from shared.postgres.accounts import Account, Accounts
from shared.postgres.pool import Pool
from shared.postgres.vault import Vault, generate_key

SHOP = Account(
    platform="instagram",
    id="17841400000000001",
    app="shop",
    login="facebook",
    username="shop",
    name="Shop",
    scoped_id="77",
)
PAGE = Account(platform="page", id="1122334455", app="shop", login="facebook")


async def test_added(pool: Pool) -> None:
    """An account is stored as it was given, with when it was connected."""
    accounts = Accounts(pool)

    added = await accounts.add(SHOP)

    assert added.connected_at is not None
    assert replace(added, connected_at=None) == SHOP
    assert await accounts.find("instagram", SHOP.id) == added


async def test_added_again(pool: Pool) -> None:
    """Connecting again changes what is told anew, and keeps the rest and since when."""
    accounts = Accounts(pool)
    first = await accounts.add(SHOP)

    again = await accounts.add(
        Account(platform="instagram", id=SHOP.id, app="other", login="instagram", username="shop2")
    )

    assert again == replace(first, app="other", login="instagram", username="shop2")


@pytest.mark.parametrize("id_", [SHOP.id, "77"])
async def test_found(pool: Pool, id_: str) -> None:
    """An account is found by its id and by its app-scoped id (platform §0.2)."""
    accounts = Accounts(pool)
    added = await accounts.add(SHOP)

    assert await accounts.find("instagram", id_) == added
    assert await accounts.find("page", id_) is None
    assert await accounts.find("instagram", "0") is None


async def test_id_first(pool: Pool) -> None:
    """An id is not mistaken for another account's app-scoped id."""
    accounts = Accounts(pool)
    await accounts.add(SHOP)
    await accounts.add(replace(SHOP, id="77", scoped_id=None))

    found = await accounts.find("instagram", "77")
    assert found is not None
    assert found.id == "77"


async def test_listed(pool: Pool) -> None:
    """All accounts are listed in a fixed order."""
    accounts = Accounts(pool)
    for account in (PAGE, SHOP):
        await accounts.add(account)

    assert [account.id for account in await accounts.list()] == [SHOP.id, PAGE.id]


async def test_removed(pool: Pool) -> None:
    """An account is removed with its token, once."""
    accounts = Accounts(pool)
    vault = Vault(pool, [SecretStr(generate_key())])
    await accounts.add(PAGE)
    await vault.store("page", PAGE.id, SecretStr("token"))

    assert await accounts.remove("page", PAGE.id)
    assert not await accounts.remove("page", PAGE.id)
    assert await accounts.list() == []
    assert await pool.fetchval("SELECT count(*) FROM credentials") == 0


def test_page_login() -> None:
    """A Page can't be connected by Instagram Login."""
    with pytest.raises(ValueError, match="Facebook Login only"):
        replace(PAGE, login="instagram")


async def test_marked(pool: Pool) -> None:
    """A refused token marks its account until another one is stored; the late refusal of a token
    that was just replaced does not."""
    accounts, vault = Accounts(pool), Vault(pool, [SecretStr(generate_key())])
    await accounts.add(SHOP)
    await vault.store("instagram", SHOP.id, SecretStr("old"))

    assert not await accounts.mark("instagram", SHOP.id, "needs_reauth")
    await pool.execute("UPDATE credentials SET stored_at = now() - interval '1 hour'")
    assert await accounts.mark("instagram", "77", "needs_reauth")
    assert not await accounts.mark("instagram", SHOP.id, "needs_reauth")
    marked = await accounts.find("instagram", SHOP.id)
    await vault.store("instagram", SHOP.id, SecretStr("new"))
    again = await accounts.find("instagram", SHOP.id)

    assert marked is not None
    assert again is not None
    assert (marked.status, again.status) == ("needs_reauth", "connected")


async def test_expiry_is_listed(pool: Pool) -> None:
    """The list tells when tokens expire."""
    accounts = Accounts(pool)
    await accounts.add(SHOP)
    expires_at = datetime(2030, 1, 2, tzinfo=UTC)
    vault = Vault(pool, [SecretStr(generate_key())])
    await vault.store(SHOP.platform, SHOP.id, SecretStr("token"), expires_at)
    assert [account.token_expires_at for account in await accounts.list()] == [expires_at]
