"""The `parley` command as people and programs run it: a process, its output, its exit code."""

import asyncio
import json
import os
import sys
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 (whatever the command printed)
        return json.loads(self.out)


def environment(**settings: str) -> dict[str, str]:
    """The environment without any PARLEY_* variable but `settings`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PARLEY_")}
    return kept | {f"PARLEY_{name.upper()}": value for name, value in settings.items()}


async def parley(*words: str, stdin: str = "", **settings: str) -> Ran:
    """Run `parley` to its end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.cli",
        *words,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment(**settings),
    )
    out, err = await asyncio.wait_for(process.communicate(stdin.encode()), 60)
    return Ran(process.returncode or 0, out.decode(), err.decode())


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
