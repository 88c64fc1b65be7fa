"""The whole product as a person runs it: all processes, real traffic, a verdict at the end."""

import asyncio
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.kafka import RealBroker

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.xdist_group("stack")  # one at a time: each takes the cores and the ports


async def demo(*options: str) -> tuple[int, str]:
    """What `parley dev` exits with and prints."""
    environment = {name: value for name, value in os.environ.items() if name[:7] != "PARLEY_"}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.cli",
        "dev",
        *options,
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(300):  # a throttle lasts a minute at least
            out, _ = await process.communicate()
    finally:
        if process.returncode is None:  # its services must not meet those of the next test
            process.terminate()
            await process.wait()
    return process.returncode or 0, out.decode()


def acknowledged(out: str) -> int:
    """How many events the verdict speaks of."""
    found = re.search(r"acknowledged (\d+), of these persisted (\d+), missing 0", out)
    assert found, out
    assert found[1] == found[2]
    return int(found[1])


def done(out: str) -> int:
    """How many actions the verdict speaks of."""
    found = re.search(r"actions at Meta (\d+), each there once", out)
    assert found, out
    return int(found[1])


@pytest.mark.parametrize("profile", ["smoke", "busy", "chaos"])
async def test_nothing_is_lost(profile: str) -> None:
    """Whatever the traffic, every acknowledged event is in Postgres at the end, and everything that
    was done at Meta was decided and done once."""
    code, out = await demo("--seconds", "5", "--profile", profile, "--rate", "60")
    assert acknowledged(out) > 50, out
    assert done(out) > 10, out
    assert code == 0, out


async def test_next() -> None:
    """What to try next names an event that was just acted upon."""
    _, out = await demo("--seconds", "8")
    assert re.search(r"parley rules explain (instagram|page):\d+:comment:\S+ --postgres ", out), out
    assert re.search(r"parley actions undo \S+/hide --postgres ", out), out


@pytest.mark.kafka
@pytest.mark.parametrize(
    "options", [("--rate", "200", "--profile", "busy"), ("--profile", "chaos")]
)
async def test_on_real_servers(
    options: Sequence[str], real_broker: RealBroker, database: SecretStr
) -> None:
    """The same on a real Kafka and a Postgres of one's own."""
    servers = ("--kafka", real_broker.servers, "--postgres", database.get_secret_value())
    code, out = await demo("--seconds", "8", *servers, *options)
    assert acknowledged(out) > 100, out
    assert code == 0, out
