"""Connections to Postgres with time limits, and the one place where its failures get their name."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import asyncpg
from asyncpg import exceptions
from pydantic import SecretStr

from shared.errors import Transient
from shared.postgres.metrics import observed
from shared.service import tracing

Pool = asyncpg.Pool
Connection = asyncpg.pool.PoolConnectionProxy

CONNECT_SECONDS = 5.0
COMMAND_SECONDS = 60.0
"""Longer than any statement of ours takes; the server gives up a little earlier than we do."""

_SESSION = {
    "timezone": "UTC",
    "statement_timeout": "55s",
    "lock_timeout": "20s",
    "idle_in_transaction_session_timeout": "60s",
}

# SQLSTATE classes, and single states of other classes, that say nothing about the data.
_CLASSES = {
    "08": "postgres_connection",
    "28": "postgres_refused",  # no such user, or another password: perhaps it is being changed
    "3D": "postgres_refused",  # no such database, or not yet
    "40": "postgres_conflict",  # deadlocks and failed serializations: the other one won
    "53": "postgres_resources",  # too many connections, disk full, out of memory
    "57": "postgres_unavailable",  # shut down, starting up, statement cancelled
    "58": "postgres_unavailable",
}
_STATES = {
    "25006": "postgres_unavailable",  # read only: a replica answers while a failover is under way
    "25P03": "postgres_timeout",
    "55P03": "postgres_conflict",  # lock_timeout
    "57014": "postgres_timeout",
}


# What a statement is about, in its own words: those of a transaction are about nothing.
_WHAT = re.compile(r"(?:INSERT INTO|UPDATE|DELETE FROM|FROM)\s+(?!unnest|told)[a-z_]+")

_TROUBLES = (
    exceptions.PostgresError,
    exceptions.InterfaceError,
    exceptions.InternalClientError,  # the server stopped in the middle of asyncpg's conversation
    OSError,
)


@asynccontextmanager
async def connect(
    url: SecretStr, application: str, max_connections: int = 4
) -> AsyncIterator[Pool]:
    """A pool on `url`, which may name a host or a socket folder (`postgresql:///db?host=/run/pg`).

    Opens no connection yet, so that a service can start, and say that it is not ready, before
    Postgres is there.
    """
    pool = asyncpg.create_pool(
        url.get_secret_value(),
        min_size=0,
        max_size=max_connections,
        timeout=CONNECT_SECONDS,
        command_timeout=COMMAND_SECONDS,
        server_settings={"application_name": application, **_SESSION},
        init=_watch if tracing.enabled() else None,
    )
    async with pool:
        with observed(pool, application):
            yield pool


async def _watch(connection: asyncpg.Connection) -> None:
    connection.add_query_logger(_trace)


def _trace(query: asyncpg.connection.LoggedQuery) -> None:
    if found := _WHAT.search(query.query):
        name = f"postgres {' '.join(found[0].split())}"
        tracing.called(name, query.elapsed, failed=query.exception is not None)


@contextmanager
def transient_failures() -> Iterator[None]:
    """Around every use of a pool: what is Postgres' fault or the network's becomes `Transient`.

    Everything else escapes: it is a fault of the data or of ours.
    """
    try:
        yield
    except _TROUBLES as exc:
        if (reason := _reason(exc)) is None:
            raise
        raise Transient(reason) from exc


def _reason(exc: Exception) -> str | None:
    if isinstance(exc, exceptions.PostgresError):
        state: str = getattr(exc, "sqlstate", None) or ""
        return _STATES.get(state) or _CLASSES.get(state[:2])
    if isinstance(exc, TimeoutError):
        return "postgres_timeout"
    # A wrong URL is a ValueError too; the rest is "the connection is closed".
    return None if isinstance(exc, ValueError) else "postgres_connection"
