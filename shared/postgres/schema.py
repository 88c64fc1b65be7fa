"""The schema: brought up to date, taken back, asked how old it is.

The migrations are Alembic's, run in one transaction under a lock, so that of two migrators at once
the second finds nothing to do, and a failed step leaves nothing behind.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import structlog
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from pydantic import SecretStr
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from shared.postgres.pool import CONNECT_SECONDS, transient_failures

_LOCK = 7_306_375_401
"""Any number will do, as long as no other user of the database takes it for an advisory lock."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Status:
    """The revision a database is at, the newest there is, and those in between, oldest first."""

    current: str | None
    head: str
    pending: tuple[str, ...]


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def head() -> str:
    """The revision that this version of the code was written for."""
    found = _scripts().get_current_head()
    if found is None:
        raise LookupError("no migrations")
    return found


@asynccontextmanager
async def _connection(url: SecretStr) -> AsyncIterator[AsyncConnection]:
    # Outside of SQLAlchemy, which would wrap what goes wrong in exceptions of its own.
    with transient_failures():
        connected = await asyncpg.connect(url.get_secret_value(), timeout=CONNECT_SECONDS)

    async def connect() -> Any:  # noqa: ANN401 (SQLAlchemy's idea of a connection)
        return connected

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            yield connection
    finally:
        await engine.dispose()


async def _run(url: SecretStr, step: Callable[[Config, str], None], revision: str) -> None:
    def locked(connection: Connection) -> None:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        # From here on: rather fail than make readers and writers queue behind us.
        connection.execute(text("SET LOCAL lock_timeout = '10s'"))
        config = _config()
        config.attributes["connection"] = connection
        step(config, revision)

    async with _connection(url) as connection:
        await connection.run_sync(locked)


async def migrate(url: SecretStr) -> None:
    """Bring the schema to the newest revision; nothing happens when it is there.

    Raises:
        Transient: Postgres can't be reached.
    """
    await _run(url, command.upgrade, "head")


async def rollback(url: SecretStr, revision: str) -> None:
    """Take the schema back to `revision`; `base` is before the first. Data goes with the tables."""
    await _run(url, command.downgrade, revision)


async def status(url: SecretStr) -> Status:
    """Where the database stands.

    Raises:
        Transient: Postgres can't be reached.
    """

    def read(connection: Connection) -> str | None:
        return MigrationContext.configure(connection).get_current_revision()

    async with _connection(url) as connection:
        current = await connection.run_sync(read)
    return Status(current, head(), _pending(current))


def _pending(current: str | None) -> tuple[str, ...]:
    """None for a revision we don't know: the database is newer than this code."""
    scripts = _scripts()
    revisions: Sequence[str] = [script.revision for script in scripts.walk_revisions()]
    if current is None:
        return tuple(reversed(revisions))
    return tuple(reversed(revisions[: revisions.index(current)])) if current in revisions else ()
