"""A real Postgres for tests: one server a session, and for each test a database of its own."""

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from pydantic import SecretStr

from shared.postgres import schema
from shared.postgres.embedded import start
from shared.postgres.pool import Pool, connect

_TEMPLATE = "parley_template"


@dataclass(frozen=True)
class PostgresServer:
    """A server of our own, from the wheel; may be killed and started again."""

    embedded: Any  # the wheel is untyped

    def url(self, database: str) -> SecretStr:
        """How to reach `database`."""
        return SecretStr(self.embedded.get_uri(database))

    async def execute(self, sql: str) -> None:
        """Run `sql` outside of any test's database."""
        connection = await asyncpg.connect(self.url("postgres").get_secret_value())
        try:
            await connection.execute(sql)
        finally:
            await connection.close()

    def kill(self) -> None:
        """Stop at once, as after a crash: every transaction under way is lost."""
        process = self.embedded.get_postmaster_info().process
        os.kill(process.pid, signal.SIGQUIT)
        process.wait(30)

    def start(self) -> None:
        """Start again after `kill`, with the data that was committed."""
        self.embedded.ensure_postgres_running()


@pytest.fixture
def mortal_postgres() -> Iterator[PostgresServer]:
    """A server that the test may kill; it keeps what it commits."""
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    server = PostgresServer(start(folder))
    yield server
    server.embedded.cleanup()
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The session's server, faster for not minding a power cut, with a migrated template."""
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    server = PostgresServer(start(folder))
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        asyncio.run(server.execute(f"ALTER SYSTEM SET {setting} = off"))
    asyncio.run(server.execute("SELECT pg_reload_conf()"))
    asyncio.run(server.execute(f"CREATE DATABASE {_TEMPLATE}"))
    asyncio.run(schema.migrate(server.url(_TEMPLATE)))
    yield server
    server.embedded.cleanup()
    shutil.rmtree(folder)


@pytest.fixture
async def empty_database(postgres_server: PostgresServer) -> AsyncIterator[SecretStr]:
    """The URL of a database with nothing in it."""
    name = f"test_{uuid4().hex}"
    await postgres_server.execute(f"CREATE DATABASE {name}")
    yield postgres_server.url(name)
    await postgres_server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def database(postgres_server: PostgresServer) -> AsyncIterator[SecretStr]:
    """The URL of a migrated database."""
    name = f"test_{uuid4().hex}"
    await postgres_server.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
    yield postgres_server.url(name)
    await postgres_server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def pool(database: SecretStr) -> AsyncIterator[Pool]:
    """Connections to a migrated database."""
    async with connect(database, "tests") as pool:
        yield pool
