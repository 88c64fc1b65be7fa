"""Processes that die in the middle of work, for real, and what that costs: nothing."""

import aiohttp
import pytest
from pydantic import SecretStr

from services.cli.stack import Options, Stack, stack, start
from services.cli.verdict import judge
from tests.kafka import RealBroker


async def acknowledged(running: Stack, session: aiohttp.ClientSession) -> int:
    """How many events the simulator has got a 200 for."""
    url = f"http://127.0.0.1:{running.admin_ports['simulator']}/ledger"
    async with session.get(url) as answer:
        count: int = (await answer.json())["events"]["acknowledged"]
        return count


@pytest.mark.kafka
async def test_killed_one_after_the_other(real_broker: RealBroker, database: SecretStr) -> None:
    """Every service is killed twice under load; every acknowledged event is in Postgres, and Meta
    and we know of the same."""
    options = Options(
        kafka=real_broker.servers,
        postgres=database.get_secret_value(),
        profile="chaos",
        rate=100,
    )
    async with stack(options) as running, aiohttp.ClientSession() as session:
        for name in ("receiver", "enricher", "persister") * 2:
            seen = await acknowledged(running, session)
            while await acknowledged(running, session) < seen + 200:
                pass
            running.processes[name].kill()
            await running.processes[name].wait()
            await start(running, name)
        verdict = await judge(running, session)
        assert verdict.missing == []
        assert verdict.acknowledged > 1200
        # What Meta's faults and quotas hold up may still be open.
        assert (verdict.proof.unseen, verdict.proof.unexplained) == ([], [])
