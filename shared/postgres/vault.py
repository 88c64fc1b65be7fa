"""Tokens at rest, encrypted; the only place that reads or writes them.

What is encrypted names the account too, so that a row that was moved to another account opens for
nobody. A row says by the fingerprint of its key which rows a rotation still has to do.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
import structlog
from asyncpg import Record, exceptions
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import SecretStr

from shared.contracts.credential import Credential
from shared.errors import Transient
from shared.postgres.pool import Connection, Pool, transient_failures

ROTATED_TOGETHER = 100

# A new token connects an account that was waiting for one.
_STORE = """
WITH back AS (
    UPDATE accounts SET status = 'connected'
    WHERE platform = $1 AND id = $2 AND status = 'needs_reauth'
)
INSERT INTO credentials AS c (platform, account, token, key, expires_at, scopes)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (platform, account) DO UPDATE SET
    token = excluded.token,
    key = excluded.key,
    expires_at = excluded.expires_at,
    scopes = excluded.scopes,
    stored_at = excluded.stored_at,
    rotated_at = NULL
"""

# As accounts are found: by id, or by the app-scoped id.
_READ = """
SELECT accounts.platform, account, token, expires_at, app, login
FROM credentials JOIN accounts ON accounts.platform = credentials.platform
    AND accounts.id = credentials.account
WHERE accounts.platform = $1 AND (id = $2 OR scoped_id = $2) ORDER BY id <> $2 LIMIT 1
"""

# The next rows under an older key, behind the last one seen; stores wait for the batch to be done.
_OUTDATED = """
SELECT platform, account, token FROM credentials
WHERE key <> $1 AND (platform, account) > ($2, $3)
ORDER BY platform, account LIMIT $4 FOR UPDATE
"""

_ROTATE = """
UPDATE credentials SET token = $3, key = $4, rotated_at = now()
WHERE platform = $1 AND account = $2
"""

_COUNT_OUTDATED = "SELECT count(*) FROM credentials WHERE key <> $1"

_log = structlog.get_logger()


class _Sealed(msgspec.Struct, frozen=True):
    platform: str
    account: str
    token: str


@dataclass(frozen=True, slots=True)
class Rotation:
    """How many credentials a rotation re-encrypted, and the accounts whose none of the keys opens,
    as platform and id."""

    rotated: int
    unreadable: tuple[tuple[str, str], ...]


class _Unreadable(Exception):
    """No key opens it, or it belongs to another account."""


def generate_key() -> str:
    """A new key for the front of `PARLEY_VAULT_KEYS`."""
    return Fernet.generate_key().decode()


class Vault:
    """The credentials in Postgres. `keys` are Fernet keys, newest first: it writes with the first
    and reads with all. Every method may raise Transient."""

    def __init__(self, pool: Pool, keys: Sequence[SecretStr]) -> None:
        if not keys:
            raise ValueError("the vault has no key")
        self._pool = pool
        self._fernet = MultiFernet([_fernet(number, key) for number, key in enumerate(keys, 1)])
        self._newest = _fingerprint(keys[0])

    async def store(
        self,
        platform: str,
        account: str,
        token: SecretStr,
        expires_at: datetime | None = None,
        scopes: Sequence[str] = (),
    ) -> None:
        """Keep `token` for a connected account, in place of the one it had.

        Raises:
            LookupError: there is no such account.
        """
        sealed = self._seal(platform, account, token.get_secret_value())
        try:
            with transient_failures():
                await self._pool.execute(
                    _STORE, platform, account, sealed, self._newest, expires_at, list(scopes)
                )
        except exceptions.ForeignKeyViolationError:
            raise LookupError(f"no account {account} of platform {platform}") from None

    async def credential(self, platform: str, account: str) -> Credential | None:
        """The token of a connected account, by its id or app-scoped id; None if it has none.

        Raises:
            Transient: `credential_unreadable` when none of the keys opens it. The log names the
                account; the others go on.
        """
        with transient_failures():
            row = await self._pool.fetchrow(_READ, platform, account)
        if row is None:
            return None
        try:
            token = self._open(row)
        except _Unreadable:
            _log.error("credential_unreadable", platform=platform, account=row["account"])
            raise Transient("credential_unreadable") from None
        return Credential(row["app"], row["login"], token, row["expires_at"])

    async def rotate(
        self, progress: Callable[[int, int], None] = lambda _done, _of: None
    ) -> Rotation:
        """Encrypt what is not yet under the newest key with it, telling `progress` how many of how
        many are done.

        May be interrupted and run again, and run while others read and store: each batch is a
        transaction. What can't be opened is left as it is.
        """
        with transient_failures():
            total = await self._pool.fetchval(_COUNT_OUTDATED, self._newest)
        done, unreadable, last = 0, list[tuple[str, str]](), ("", "")
        while True:
            with transient_failures():
                async with self._pool.acquire() as connection, connection.transaction():
                    rows = await connection.fetch(_OUTDATED, self._newest, *last, ROTATED_TOGETHER)
                    failed = await self._rotate(connection, rows)
            if not rows:
                return Rotation(done, tuple(unreadable))
            done += len(rows) - len(failed)
            unreadable += failed
            last = (rows[-1]["platform"], rows[-1]["account"])
            progress(done + len(unreadable), max(total, done + len(unreadable)))

    async def _rotate(
        self, connection: Connection, rows: Sequence[Record]
    ) -> list[tuple[str, str]]:
        sealed, failed = [], []
        for row in rows:
            platform, account = row["platform"], row["account"]
            try:
                token = self._seal(platform, account, self._open(row))
            except _Unreadable:
                failed.append((platform, account))
            else:
                sealed.append((platform, account, token, self._newest))
        await connection.executemany(_ROTATE, sealed)
        return failed

    def _seal(self, platform: str, account: str, token: str) -> bytes:
        return self._fernet.encrypt(msgspec.json.encode(_Sealed(platform, account, token)))

    def _open(self, row: Record) -> str:
        try:
            sealed = msgspec.json.decode(self._fernet.decrypt(row["token"]), type=_Sealed)
        except (InvalidToken, msgspec.MsgspecError):
            raise _Unreadable from None
        if (sealed.platform, sealed.account) != (row["platform"], row["account"]):
            raise _Unreadable
        return sealed.token


def _fernet(number: int, key: SecretStr) -> Fernet:
    try:
        return Fernet(key.get_secret_value())
    except ValueError:
        raise ValueError(f"vault key {number} is not a Fernet key") from None


def _fingerprint(key: SecretStr) -> str:
    """Names a key without telling anything of it: keys are 256 random bits."""
    return hashlib.sha256(key.get_secret_value().encode()).hexdigest()[:16]
