"""What comes straight from the receiver may only be about accounts of the app that signed it."""

import pytest

from services.persister import store
from shared.errors import Poison
from shared.postgres.accounts import Account, Accounts
from shared.postgres.pool import Pool
from tests.heard import ACCOUNT, kept, raw


@pytest.fixture(autouse=True)
async def _connected(pool: Pool) -> None:
    account = Account(platform="instagram", id=ACCOUNT, app="shop", login="instagram")
    await Accounts(pool).add(account)


async def test_forged(pool: Pool) -> None:
    """Signed by another app: a dead letter, and nothing of the batch is stored before it is one."""
    batch = kept([raw("change", "good"), raw("change", "bad", app="thief")])
    with pytest.raises(Poison, match="forged") as raised:
        await store.save(pool, batch)
    assert raised.value.record is batch[1].record
    assert await pool.fetchval("SELECT count(*) FROM events") == 0


async def test_rightful(pool: Pool) -> None:
    """Signed by the account's app, or about an account nobody connected: stored."""
    events = [raw("change", "ours"), raw("change", "theirs", app="thief", account="42")]
    await store.save(pool, kept(events))
    assert await pool.fetchval("SELECT count(*) FROM events") == 2


async def test_other_platform(pool: Pool) -> None:
    """An account is one of its platform: the same number elsewhere is somebody else's."""
    await store.save(pool, kept([raw("change", "page", app="other", platform="page")]))
    assert await pool.fetchval("SELECT count(*) FROM events") == 1
