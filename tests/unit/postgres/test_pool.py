"""What goes wrong with Postgres, by the name the rest of Parley knows it by."""

import asyncio
import socket
from pathlib import Path

import pytest
from asyncpg import exceptions
from prometheus_client import REGISTRY
from pydantic import SecretStr

from shared.errors import Transient
from shared.postgres import pool as pools
from shared.postgres.pool import Pool, connect, transient_failures
from tests.postgres import PostgresServer


async def _ask(url: SecretStr) -> None:
    async with connect(url, "tests") as pool:
        with transient_failures():
            await pool.fetchval("SELECT 1")


@pytest.mark.parametrize("address", ["127.0.0.1:{port}/x", "/x?host={folder}", "nowhere.invalid/x"])
async def test_away(address: str, tmp_path: Path) -> None:
    """A pool opens also when nothing is there; its use is Transient."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = address.format(port=unused.getsockname()[1], folder=tmp_path)
        with pytest.raises(Transient, match="postgres_connection"):
            await _ask(SecretStr(f"postgresql://{url}"))


async def test_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that never answers is given up."""
    monkeypatch.setattr(pools, "CONNECT_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(Transient, match="postgres_timeout"):
            await _ask(SecretStr(f"postgresql://127.0.0.1:{port}/x"))


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SET statement_timeout = 1; SELECT pg_sleep(10)", "postgres_timeout"),
        ("DO $$ BEGIN RAISE SQLSTATE '57P01'; END $$", "postgres_unavailable"),
        ("BEGIN READ ONLY; CREATE TABLE t (i int)", "postgres_unavailable"),
        ("DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$", "postgres_conflict"),
        ("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$", "postgres_conflict"),
        ("DO $$ BEGIN RAISE SQLSTATE '55P03'; END $$", "postgres_conflict"),
        ("DO $$ BEGIN RAISE SQLSTATE '53300'; END $$", "postgres_resources"),
        ("DO $$ BEGIN RAISE SQLSTATE '57P03'; END $$", "postgres_unavailable"),
        ("DO $$ BEGIN RAISE SQLSTATE '08006'; END $$", "postgres_connection"),
    ],
)
async def test_their_fault(pool: Pool, sql: str, reason: str) -> None:
    """What the same statement may survive the next time is Transient."""
    with pytest.raises(Transient, match=reason), transient_failures():
        await pool.execute(sql)


@pytest.mark.parametrize("sql", ["SELECT nonsense", "SELECT 1/0", "SELECT '\\x'::jsonb"])
async def test_our_fault(pool: Pool, sql: str) -> None:
    """Whatever would fail again escapes as it is."""
    with pytest.raises(exceptions.PostgresError), transient_failures():
        await pool.execute(sql)


async def test_no_value(pool: Pool) -> None:
    """A value that can't be sent escapes: it is no lost connection."""
    with pytest.raises(exceptions.DataError, match="int32"), transient_failures():
        await pool.execute("SELECT $1::int", 2**40)


async def test_gone_in_transaction(pool: Pool) -> None:
    """A connection that is lost in the middle of a transaction is Transient, and replaced."""

    async def lose() -> None:
        with transient_failures():
            async with pool.acquire() as connection, connection.transaction():
                victim = connection.get_server_pid()
                await pool.execute("SELECT pg_terminate_backend($1)", victim)
                await connection.execute("SELECT 1")

    with pytest.raises(Transient):
        await lose()

    assert await pool.fetchval("SELECT 1") == 1


async def test_killed(mortal_postgres: PostgresServer) -> None:
    """A pool outlives its server."""
    async with connect(mortal_postgres.url("postgres"), "tests") as pool:
        assert await pool.fetchval("SELECT 1") == 1
        await asyncio.to_thread(mortal_postgres.kill)
        with pytest.raises(Transient), transient_failures():
            await pool.fetchval("SELECT 1")
        await asyncio.to_thread(mortal_postgres.start)

        assert await pool.fetchval("SELECT 1") == 1


async def test_garbled() -> None:
    """A server that stops in the middle of an answer confuses asyncpg: that is Transient too."""
    with pytest.raises(Transient, match="postgres_connection"), transient_failures():
        raise exceptions.InternalClientError("got result for unknown protocol state 3")


async def test_session(database: SecretStr) -> None:
    """Sessions say who they are and are in UTC."""
    async with connect(database, "who-we-are") as pool:
        assert await pool.fetchval("SHOW application_name") == "who-we-are"
        assert await pool.fetchval("SHOW timezone") == "UTC"


async def test_metrics(database: SecretStr) -> None:
    """How full a pool is can be seen while it is open."""

    def seen(state: str) -> float | None:
        labels = {"application": "measured", "state": state}
        return REGISTRY.get_sample_value("parley_postgres_connections", labels)

    async with connect(database, "measured", max_connections=3) as pool:
        async with pool.acquire():
            assert [seen(state) for state in ("used", "idle", "max")] == [1, 0, 3]
        assert [seen(state) for state in ("used", "idle", "max")] == [0, 1, 3]

    assert seen("max") is None
