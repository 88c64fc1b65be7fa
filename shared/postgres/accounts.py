"""The connected accounts: who they are, and which app and login they came by."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from shared.contracts.credential import Login
from shared.postgres.pool import Pool, transient_failures

Platform = Literal["instagram", "page"]
AccountStatus = Literal["connected", "paused", "needs_reauth", "disconnected"]
"""Nothing is asked or done for an account that is not `connected`. One that `needs_reauth` has a
token that Meta does not take any more: storing another one connects it again."""

ACCOUNT_STATUSES: tuple[AccountStatus, ...] = get_args(AccountStatus)

# Adding an account again keeps when it was first connected, and what is not told anew.
_ADD = """
INSERT INTO accounts AS a (platform, id, app, login, username, name, scoped_id, status)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (platform, id) DO UPDATE SET
    app = excluded.app,
    login = excluded.login,
    username = coalesce(excluded.username, a.username),
    name = coalesce(excluded.name, a.name),
    scoped_id = coalesce(excluded.scoped_id, a.scoped_id),
    status = excluded.status
RETURNING platform, id, app, login, username, name, scoped_id, status, connected_at
"""

_ALL = """
SELECT a.platform, id, app, login, username, name, scoped_id, status, connected_at,
    expires_at AS token_expires_at
FROM accounts AS a LEFT JOIN credentials AS c ON c.platform = a.platform AND c.account = a.id
ORDER BY a.platform, id
"""

# An id wins over a scoped id that happens to be equal.
_FIND = """
SELECT platform, id, app, login, username, name, scoped_id, status, connected_at
FROM accounts WHERE platform = $1 AND (id = $2 OR scoped_id = $2) ORDER BY id <> $2 LIMIT 1
"""

# Meta may have refused the token that was replaced a moment ago: who called had it in memory.
_MARK = """
UPDATE accounts SET status = $3
WHERE platform = $1 AND (id = $2 OR scoped_id = $2) AND status = 'connected' AND NOT EXISTS (
    SELECT FROM credentials
    WHERE credentials.platform = accounts.platform AND credentials.account = accounts.id
        AND stored_at > now() - $4::interval
)
RETURNING true
"""

# Its credential goes with it; what was heard stays.
_REMOVE = "DELETE FROM accounts WHERE platform = $1 AND id = $2 RETURNING true"

TOKEN_MEMORY = timedelta(minutes=2)
"""Longer than a Graph client keeps a token in memory."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """A business account; `id` is what webhooks name as `entry.id`, `scoped_id` what Instagram
    Login's `/me` and its callbacks do (platform §0.2). `token_expires_at` is told by `list`."""

    platform: Platform
    id: str
    app: str
    login: Login
    username: str | None = None
    name: str | None = None
    scoped_id: str | None = None
    status: AccountStatus = "connected"
    connected_at: datetime | None = None
    token_expires_at: datetime | None = None

    def __post_init__(self) -> None:
        """Pages are reached by Facebook Login only."""
        if self.platform == "page" and self.login != "facebook":
            raise ValueError("a Page can be connected by Facebook Login only")


@dataclass(frozen=True, slots=True)
class Accounts:
    """The accounts in Postgres. Every method may raise Transient."""

    pool: Pool

    async def add(self, account: Account) -> Account:
        """Connect `account`, or change what is known of it; the account as it is stored."""
        with transient_failures():
            row = await self.pool.fetchrow(
                _ADD,
                account.platform,
                account.id,
                account.app,
                account.login,
                account.username,
                account.name,
                account.scoped_id,
                account.status,
            )
        return Account(**row)

    async def list(self) -> list[Account]:
        """All accounts, by platform and id."""
        with transient_failures():
            return [Account(**row) for row in await self.pool.fetch(_ALL)]

    async def find(self, platform: str, account: str) -> Account | None:
        """The account with this id or app-scoped id, if it is connected."""
        with transient_failures():
            row = await self.pool.fetchrow(_FIND, platform, account)
        return Account(**row) if row else None

    async def mark(self, platform: str, account: str, status: AccountStatus) -> bool:
        """Meta does not take the account's token any more; false if that was known, or if it has
        another one since `TOKEN_MEMORY`."""
        with transient_failures():
            found = await self.pool.fetchval(_MARK, platform, account, status, TOKEN_MEMORY)
        return found is not None

    async def remove(self, platform: str, account: str) -> bool:
        """Forget the account and its token, not what was heard; false if it is unknown."""
        with transient_failures():
            return await self.pool.fetchval(_REMOVE, platform, account) is not None
