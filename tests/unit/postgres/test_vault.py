"""Tokens at rest: bound to their account, readable while keys rotate."""

import asyncio
import itertools
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from shared.errors import Transient
from shared.postgres.accounts import Account, Accounts
from shared.postgres.pool import Pool
from shared.postgres.vault import ROTATED_TOGETHER, Rotation, Vault, generate_key

OLD, NEW = SecretStr(generate_key()), SecretStr(generate_key())
TOKEN = SecretStr("EAA-token")
EXPIRES = datetime(2027, 1, 1, tzinfo=UTC)


async def _account(pool: Pool, id_: str = "1", scoped_id: str | None = None) -> None:
    await Accounts(pool).add(
        Account(platform="instagram", id=id_, app="shop", login="instagram", scoped_id=scoped_id)
    )


async def _many(pool: Pool, count: int) -> None:
    vault = Vault(pool, [OLD])
    for number in range(count):
        await _account(pool, str(number))
        await vault.store("instagram", str(number), SecretStr(f"token-{number}"))


async def test_kept(pool: Pool) -> None:
    """A token comes back with what it takes to use it, and is nowhere in clear."""
    await _account(pool)
    vault = Vault(pool, [NEW])
    await vault.store("instagram", "1", TOKEN, EXPIRES, ["instagram_business_basic"])

    found = await vault.credential("instagram", "1")

    assert found is not None
    assert (found.app, found.login, found.token, found.expires_at) == (
        "shop",
        "instagram",
        "EAA-token",
        EXPIRES,
    )
    assert "EAA" not in repr(found)
    row = await pool.fetchrow("SELECT * FROM credentials")
    assert row is not None
    assert "EAA" not in repr(tuple(row))
    assert NEW.get_secret_value() not in repr(tuple(row))
    assert row["scopes"] == ["instagram_business_basic"]


async def test_replaced(pool: Pool) -> None:
    """Storing again replaces the token."""
    await _account(pool)
    vault = Vault(pool, [NEW])
    await vault.store("instagram", "1", TOKEN)
    await vault.store("instagram", "1", SecretStr("second"))

    found = await vault.credential("instagram", "1")
    assert found is not None
    assert found.token == "second"


async def test_none(pool: Pool) -> None:
    """An account that is not connected, or has no token, has no credential."""
    await _account(pool)

    assert await Vault(pool, [NEW]).credential("instagram", "1") is None
    assert await Vault(pool, [NEW]).credential("page", "1") is None


async def test_scoped(pool: Pool) -> None:
    """A token is found by the account's app-scoped id too."""
    await _account(pool, "1", scoped_id="77")
    await Vault(pool, [NEW]).store("instagram", "1", TOKEN)

    assert await Vault(pool, [NEW]).credential("instagram", "77") is not None


async def test_unknown_account(pool: Pool) -> None:
    """A token without an account is refused, and not told."""
    with pytest.raises(LookupError, match="no account 1") as caught:
        await Vault(pool, [NEW]).store("instagram", "1", TOKEN)

    assert "EAA" not in repr(caught.value)


async def test_wrong_key(pool: Pool) -> None:
    """With a wrong key nothing is told but the account."""
    await _account(pool)
    await Vault(pool, [OLD]).store("instagram", "1", TOKEN)

    with capture_logs() as logs, pytest.raises(Transient, match="credential_unreadable"):
        await Vault(pool, [NEW]).credential("instagram", "1")

    assert logs == [
        {
            "event": "credential_unreadable",
            "log_level": "error",
            "platform": "instagram",
            "account": "1",
        }
    ]


async def test_swapped(pool: Pool) -> None:
    """A row that was moved to another account opens for nobody."""
    await _many(pool, 2)
    await pool.execute(
        "UPDATE credentials SET token = (SELECT token FROM credentials WHERE account = '1')"
        " WHERE account = '0'"
    )

    with pytest.raises(Transient, match="credential_unreadable"):
        await Vault(pool, [OLD]).credential("instagram", "0")


@pytest.mark.parametrize("keys", [[], [SecretStr("short")], [NEW, SecretStr("é" * 32)]])
def test_keys(pool: Pool, keys: list[SecretStr]) -> None:
    """Without keys, or with one that is none, there is no vault; the key is not told."""
    with pytest.raises(
        ValueError, match=r"^(the vault has no key|vault key \d is not a Fernet key)$"
    ):
        Vault(pool, keys)


async def test_rotated(pool: Pool) -> None:
    """After a rotation the newest key alone opens every token, and there is nothing left to do."""
    await _many(pool, ROTATED_TOGETHER + 5)
    told: list[tuple[int, int]] = []

    outcome = await Vault(pool, [NEW, OLD]).rotate(lambda done, of: told.append((done, of)))

    count = ROTATED_TOGETHER + 5
    assert outcome == Rotation(count, ())
    assert told == [(ROTATED_TOGETHER, count), (count, count)]
    newest = Vault(pool, [NEW])
    for number in range(count):
        found = await newest.credential("instagram", str(number))
        assert found is not None
        assert found.token == f"token-{number}"
    assert await newest.rotate() == Rotation(0, ())


async def test_rotation_interrupted(pool: Pool) -> None:
    """A rotation that is interrupted is finished by the next."""
    await _many(pool, ROTATED_TOGETHER + 5)

    def interrupt(_done: int, _of: int) -> None:
        raise KeyError

    with pytest.raises(KeyError):
        await Vault(pool, [NEW, OLD]).rotate(interrupt)

    assert await Vault(pool, [NEW, OLD]).rotate() == Rotation(5, ())


async def test_rotation_without_key(pool: Pool) -> None:
    """What no key opens is named, left as it was, and holds up nothing else."""
    await _many(pool, 2)
    await _account(pool, "lost")
    await Vault(pool, [SecretStr(generate_key())]).store("instagram", "lost", TOKEN)
    before = await pool.fetchval("SELECT token FROM credentials WHERE account = 'lost'")

    outcome = await Vault(pool, [NEW, OLD]).rotate()

    assert outcome == Rotation(2, (("instagram", "lost"),))
    assert await pool.fetchval("SELECT token FROM credentials WHERE account = 'lost'") == before


async def test_reading_while_rotating(pool: Pool) -> None:
    """Whoever has both keys reads right through a rotation, and what is stored meanwhile stays."""
    count = 2 * ROTATED_TOGETHER
    await _many(pool, count)
    vault, done = Vault(pool, [NEW, OLD]), asyncio.Event()
    reads = 0

    async def read() -> None:
        nonlocal reads
        for number in itertools.cycle(range(count)):
            if done.is_set() and reads:
                return
            found = await vault.credential("instagram", str(number))
            assert found is not None
            assert found.token in {f"token-{number}", "fresh"}
            reads += 1

    async def rotate() -> None:
        await vault.rotate()
        done.set()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(read())
        tasks.create_task(rotate())
        tasks.create_task(Vault(pool, [OLD]).store("instagram", "7", SecretStr("fresh")))

    await vault.rotate()
    found = await Vault(pool, [NEW]).credential("instagram", "7")
    assert found is not None
    assert found.token == "fresh"
