"""Whether the schema is as new as this code needs; asked without Alembic, which costs a service
half a second to import."""

import asyncio
import contextlib
import time

import asyncpg
import structlog

from shared.errors import Transient
from shared.postgres.pool import Pool, transient_failures

NEEDED = "0007"
"""The revision this code was written for: four digits, so that a newer one is a greater one."""

PATIENCE_SECONDS = 60.0

_log = structlog.get_logger()


async def require_schema(pool: Pool) -> None:
    """Return if the schema is as new as this code needs; a newer one will do (expand, contract).

    Raises:
        Transient: `schema_outdated` until somebody migrates; or Postgres can't be reached.
    """
    with transient_failures():
        try:
            current = await pool.fetchval("SELECT version_num FROM alembic_version")
        except asyncpg.UndefinedTableError:
            current = None
    if current is None or current < NEEDED:
        _log.error("schema_outdated", current=current, needed=NEEDED)
        raise Transient("schema_outdated")


async def until_schema(pool: Pool, stopping: asyncio.Event) -> None:
    """As `require_schema`, but with a minute's patience: at a roll-out services may start before
    the migration is done. Returns early when told to stop."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not stopping.is_set():
        try:
            await require_schema(pool)
        except Transient:
            if time.monotonic() > deadline:
                raise
        else:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.5):
                await stopping.wait()
