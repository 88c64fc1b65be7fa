"""`parley db`, `accounts` and `keys` on a real Postgres."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr

from services.simulator.accounts import accounts
from shared.postgres.pool import Pool
from shared.postgres.vault import Vault, generate_key
from tests.cli import parley

ID = "17841400000000001"
ADD = ("accounts", "add", "instagram", ID, "--login", "instagram", "--app", "shop")
TOKEN = "IGAAsecret123"


async def test_migrates(empty_database: SecretStr) -> None:
    """A new database is brought to the newest revision, and the status says so before and after."""
    url = empty_database.get_secret_value()
    before = await parley("db", "status", "-o", "json", postgres=url)
    assert (before.code, before.json["current"]) == (1, None)
    assert (await parley("db", "migrate", "--postgres", url)).code == 0
    after = await parley("db", "status", "-o", "json", postgres=url)
    assert (after.code, after.json["pending"]) == (0, [])
    assert after.json["current"] == after.json["newest"]
    again = await parley("db", "migrate", postgres=url)
    assert (again.code, again.out, again.err) == (0, "", "The schema is up to date.\n")


async def test_waits_for_database() -> None:
    """A database that does not come up is said in one line after the wait."""
    away = "postgresql://nobody:secret@127.0.0.1:1/parley"
    ran = await parley("db", "migrate", "--wait", "1", postgres=away)
    assert ran.code == 1
    assert ran.err.startswith("Postgres can't be reached")
    assert len(ran.err.splitlines()) == 1
    assert "secret" not in ran.err


@dataclass(frozen=True)
class Stored:
    """A database with a vault, and the settings that open both."""

    pool: Pool
    settings: dict[str, str]

    async def token(self) -> str | None:
        """The token of the one account, as the enricher would read it."""
        keys = [SecretStr(key) for key in self.settings["vault_keys"].split()]
        found = await Vault(self.pool, keys).credential("instagram", ID)
        return found.token if found else None


@pytest.fixture
def stored(pool: Pool, database: SecretStr) -> Stored:
    """A migrated database and a new key."""
    settings = {"postgres": database.get_secret_value(), "vault_keys": generate_key()}
    return Stored(pool, settings)


async def test_add_account(stored: Stored) -> None:
    """An account and its token from standard input are stored; the token is shown nowhere."""
    ran = await parley(*ADD, "--username", "shop.one", stdin=TOKEN + "\n", **stored.settings)
    assert (ran.code, ran.out, ran.err) == (0, "", f"Connected instagram {ID}.\n")
    assert await stored.token() == TOKEN
    shown = await parley("accounts", "list", "-o", "json", **stored.settings)
    assert [account["username"] for account in shown.json] == ["shop.one"]
    assert TOKEN not in shown.out


async def test_token_file(stored: Stored, tmp_path: Path) -> None:
    """A token can come from a file, and a second one replaces the first."""
    await parley(*ADD, stdin=TOKEN, **stored.settings)
    (tmp_path / "token").write_text("IGAAnewer\n")
    words = ("--token-file", str(tmp_path / "token"), "--expires", "2999-01-01")
    assert (await parley(*ADD, *words, **stored.settings)).code == 0
    assert await stored.token() == "IGAAnewer"


async def test_unknown_app(stored: Stored) -> None:
    """An app that PARLEY_APPS does not have is refused."""
    apps = json.dumps({"other": {"secrets": ["s"], "verify_token": "t"}})
    ran = await parley(*ADD, stdin=TOKEN, apps=apps, **stored.settings)
    assert (ran.code, ran.err) == (2, "PARLEY_APPS has no shop: it has other.\n")


async def test_remove_account(stored: Stored) -> None:
    """Removing asks, and with --yes forgets the account and its token."""
    await parley(*ADD, stdin=TOKEN, **stored.settings)
    remove = ("accounts", "remove", "instagram", ID)
    assert (await parley(*remove, **stored.settings)).code == 2
    assert await stored.token() == TOKEN
    assert (await parley(*remove, "--yes", **stored.settings)).code == 0
    assert await stored.token() is None
    again = await parley(*remove, "--yes", **stored.settings)
    assert (again.code, again.err) == (1, f"No instagram account {ID} is connected.\n")


async def test_simulated_accounts(stored: Stored) -> None:
    """The simulator's accounts are connected by one command, however often it runs."""
    apps = '{"shop": {"secrets": ["s"], "verify_token": "v"}}'
    for _ in range(2):
        ran = await parley("accounts", "simulate", "--seed", "7", apps=apps, **stored.settings)
        assert ran.code == 0, ran.err
    shown = await parley("accounts", "list", "-o", "json", **stored.settings)
    made_up = {account.id for account in accounts(7, apps=("shop",))}
    assert {each["id"] for each in shown.json} == made_up


async def test_rotate(stored: Stored) -> None:
    """After a rotation the newest key alone opens the token, and the old ones may go."""
    await parley(*ADD, stdin=TOKEN, **stored.settings)
    newest = (await parley("keys", "generate")).out.strip()
    keys = {"vault_keys": f"{newest},{stored.settings['vault_keys']}"}
    ran = await parley("keys", "rotate", **stored.settings | keys)
    assert ran.code == 0, ran.err
    assert "Encrypted 1 tokens anew." in ran.err
    assert "but the first can be removed" in ran.err
    assert await Stored(stored.pool, {"vault_keys": newest}).token() == TOKEN


async def test_rotate_lost(stored: Stored) -> None:
    """A token that no key opens is named, and the rotation counts as done in part."""
    await parley(*ADD, stdin=TOKEN, **stored.settings)
    ran = await parley("keys", "rotate", **stored.settings | {"vault_keys": generate_key()})
    assert ran.code == 3
    assert ID in ran.out


async def test_no_key(stored: Stored) -> None:
    """What is no key is said in one line, without showing it."""
    ran = await parley("keys", "rotate", **stored.settings | {"vault_keys": "hunter2"})
    assert ran.code == 2
    assert ran.err.startswith("PARLEY_VAULT_KEYS at 0: is not a Fernet key")
    assert "hunter2" not in ran.err


async def test_refused(database: SecretStr) -> None:
    """A wrong password or database is said in one line that shows neither."""
    url = database.get_secret_value().replace("/test_", "/secret_")
    for words in (("accounts", "list"), ("db", "status")):
        ran = await parley(*words, postgres=url)
        assert ran.code == 1
        assert ran.err.startswith("Postgres refuses")
        assert len(ran.err.splitlines()) == 1
        assert "secret_" not in ran.err


async def test_not_migrated(empty_database: SecretStr) -> None:
    """Without the schema a command says how to get it."""
    ran = await parley("accounts", "list", postgres=empty_database.get_secret_value())
    assert ran.code == 1
    assert "parley db migrate" in ran.err


async def test_no_url() -> None:
    """What is no Postgres URL is wrong usage, and not shown."""
    ran = await parley("db", "status", "--postgres", "mysql://u:hunter2@h/d")
    assert ran.code == 2
    assert ran.err.startswith("PARLEY_POSTGRES: must begin with postgresql://")
    assert "hunter2" not in ran.err
