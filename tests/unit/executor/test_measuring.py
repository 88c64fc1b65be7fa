"""What executors show of Postgres: what waits since when, who must log in, whose token ends."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import REGISTRY
from pydantic import SecretStr

from services.executor import recovery
from services.executor.measuring import measure
from shared.postgres.accounts import Accounts
from shared.postgres.pool import Pool
from shared.postgres.rules import EVERYBODY, Brakes, Owner
from shared.postgres.vault import Vault, generate_key
from tests.executing import ACCOUNT, OTHER, action, claim, connect_account, let_pass, take

OLDEST = "parley_executor_oldest_timestamp_seconds"
OPEN = "parley_executor_actions_open"
EXPIRY = "parley_access_token_earliest_expiry_timestamp_seconds"


async def measured(pool: Pool, name: str, **labels: str) -> float:
    """What a gauge shows now."""
    await measure(pool)
    value = REGISTRY.get_sample_value(name, labels)
    assert value is not None
    return value


async def test_nothing(pool: Pool) -> None:
    """Where nothing waits, all is zero."""
    for state in ("requested", "claimed", "unknown"):
        assert await measured(pool, OPEN, state=state) == 0
        assert await measured(pool, OLDEST, state=state) == 0
    assert await measured(pool, "parley_executor_outcomes_untold") == 0
    assert await measured(pool, EXPIRY) == 0


async def test_waiting(pool: Pool) -> None:
    """An action that could be done is shown with the time since when, and what is to be told."""
    await connect_account(pool)
    await take(pool, action())
    await let_pass(pool, timedelta(seconds=400))
    waited = time.time() - await measured(pool, OLDEST, state="requested")
    assert 400 <= waited < 460
    assert await measured(pool, "parley_executor_outcomes_untold") == 1
    assert await measured(pool, "parley_executor_outcomes_untold_oldest_timestamp_seconds") > 0


async def test_later(pool: Pool) -> None:
    """What is not due yet does not wait."""
    await connect_account(pool)
    await take(pool, action(not_before=datetime.now(UTC) + timedelta(hours=1)))
    assert await measured(pool, OPEN, state="requested") == 1
    assert await measured(pool, OLDEST, state="requested") == 0


@pytest.mark.parametrize("why", ["stopped", "stopped for all", "held", "app held", "disconnected"])
async def test_held_back(pool: Pool, why: str) -> None:
    """What somebody else holds back does not count as waiting for us; other accounts' do."""
    await connect_account(pool, ACCOUNT, OTHER)
    await take(pool, action())
    held = "INSERT INTO holds VALUES ($1, $2, $3, now() + interval '1 hour', 'throttled')"
    match why:
        case "stopped":
            await Brakes(pool).stop(Owner("instagram", ACCOUNT), "me", "why")
        case "stopped for all":
            await Brakes(pool).stop(EVERYBODY, "me", "why")
        case "held":
            await pool.execute(held, "instagram", ACCOUNT, "account")
        case "app held":
            await pool.execute(held, "", "shop", "app")
        case _:
            await Accounts(pool).mark("instagram", ACCOUNT, "needs_reauth")
    assert await measured(pool, OPEN, state="requested") == 1
    assert await measured(pool, OLDEST, state="requested") == 0
    await take(pool, action(account=OTHER))
    free = why not in {"stopped for all", "app held"}
    assert (await measured(pool, OLDEST, state="requested") > 0) is free


async def test_held_in_part(pool: Pool) -> None:
    """What holds messages back does not hide that a hide is late."""
    await connect_account(pool)
    held = "INSERT INTO holds VALUES ($1, $2, 'messenger', now() + interval '1 hour', 'throttled')"
    await pool.execute(held, "instagram", ACCOUNT)
    await take(pool, action("message"))
    assert await measured(pool, OLDEST, state="requested") == 0
    await take(pool, action("hide"))
    assert await measured(pool, OLDEST, state="requested") > 0


@pytest.mark.parametrize("kind", ["hide", "reply", "message"])
async def test_unknown(pool: Pool, kind: str) -> None:
    """Unknown ones are shown with when they became so."""
    await connect_account(pool)
    await take(pool, action(kind))
    assert await claim(pool)
    await let_pass(pool, timedelta(seconds=26))
    assert await recovery.bury_dead(pool) == 1
    assert await measured(pool, OPEN, state="unknown") == 1
    assert time.time() - await measured(pool, OLDEST, state="unknown") < 60


async def test_accounts(pool: Pool) -> None:
    """Accounts are counted by their status."""
    await connect_account(pool, ACCOUNT, OTHER)
    await Accounts(pool).mark("instagram", OTHER, "needs_reauth")
    assert await measured(pool, "parley_accounts", status="connected") == 1
    assert await measured(pool, "parley_accounts", status="needs_reauth") == 1
    assert await measured(pool, "parley_accounts", status="paused") == 0


async def test_expiry(pool: Pool) -> None:
    """The first token to expire is shown; that of an account which is not connected does not
    count."""
    await connect_account(pool, ACCOUNT, OTHER, "3")
    vault = Vault(pool, [SecretStr(generate_key())])
    now = datetime.now(UTC)
    for id_, days in ((ACCOUNT, 30), (OTHER, 3)):
        await vault.store("instagram", id_, SecretStr("token"), now + timedelta(days=days))
    soonest = (now + timedelta(days=3)).timestamp()
    assert await measured(pool, EXPIRY) == pytest.approx(soonest)
    await pool.execute("UPDATE accounts SET status = 'paused' WHERE id = $1", OTHER)
    assert await measured(pool, EXPIRY) == pytest.approx((now + timedelta(days=30)).timestamp())
