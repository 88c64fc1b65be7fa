"""The accounts that the simulator makes up, connected as real ones are."""

from collections.abc import Sequence

from pydantic import SecretStr

from services.simulator import accounts as simulated
from shared.postgres.accounts import Account, Accounts
from shared.postgres.pool import Pool
from shared.postgres.vault import Vault


async def connect_made_up(
    pool: Pool, vault: Vault, seed: int, count: int, apps: Sequence[str]
) -> int:
    """Connect the simulator's first `count` accounts of `seed`; how many there are."""
    known = Accounts(pool)
    made_up = simulated.accounts(seed, count, apps)
    for each in made_up:
        await known.add(
            Account(
                platform=each.platform,
                id=each.id,
                app=each.app,
                login=each.login,
                username=each.username,
                name=each.name,
                scoped_id=each.scoped_id,
            )
        )
        await vault.store(each.platform, each.id, SecretStr(each.token))
    return len(made_up)
