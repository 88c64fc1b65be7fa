"""The schema: up, down, two at once, and who refuses an old one."""

import asyncio

import pytest
from pydantic import SecretStr

from shared.errors import Transient
from shared.postgres import readiness, schema
from shared.postgres.pool import Pool, connect

_SHAPE = """
SELECT 'column' AS sort, table_name || '.' || column_name AS name,
    data_type || is_nullable || coalesce(column_default, '') AS shape
FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL
SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL
SELECT 'function', proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace
ORDER BY 1, 2
"""


async def _shape(url: SecretStr) -> list[tuple[object, ...]]:
    async with connect(url, "tests") as pool:
        return [tuple(row) for row in await pool.fetch(_SHAPE)]


async def test_up(empty_database: SecretStr) -> None:
    """A migrated database is at the head with nothing pending."""
    await schema.migrate(empty_database)

    assert await schema.status(empty_database) == schema.Status(schema.head(), schema.head(), ())


async def test_status_of_nothing(empty_database: SecretStr) -> None:
    """An empty database has every revision pending, oldest first."""
    found = await schema.status(empty_database)

    assert found.current is None
    assert found.pending[0] == "0001"
    assert found.pending[-1] == found.head == schema.head()


async def test_down(empty_database: SecretStr) -> None:
    """All the way down leaves only Alembic's own table."""
    await schema.migrate(empty_database)
    await schema.rollback(empty_database, "base")

    tables = {str(name).partition(".")[0] for sort, name, _ in await _shape(empty_database)}
    assert tables <= {"alembic_version", "alembic_version_pkc"}


async def test_down_and_up(empty_database: SecretStr) -> None:
    """Down by each step and up again gives the same schema."""
    await schema.migrate(empty_database)
    before = await _shape(empty_database)

    for revision in ("0003", "0002", "0001", "base"):
        await schema.rollback(empty_database, revision)
    await schema.migrate(empty_database)

    assert await _shape(empty_database) == before


async def test_two_at_once(empty_database: SecretStr) -> None:
    """Two migrators at once both succeed, and the schema is whole."""
    await asyncio.gather(schema.migrate(empty_database), schema.migrate(empty_database))

    assert (await schema.status(empty_database)).pending == ()


async def test_migrating_twice(database: SecretStr) -> None:
    """Migrating what is up to date changes nothing."""
    before = await _shape(database)
    await schema.migrate(database)

    assert await _shape(database) == before


async def test_required(pool: Pool) -> None:
    """A schema as new as the code is accepted."""
    await readiness.require_schema(pool)


def test_needed() -> None:
    """What services ask for is the newest migration there is."""
    assert schema.head() == readiness.NEEDED


async def test_newer(pool: Pool) -> None:
    """A schema newer than the code is accepted: it was expanded first."""
    await pool.execute("UPDATE alembic_version SET version_num = '9999'")

    await readiness.require_schema(pool)


@pytest.mark.parametrize("revision", ["base", "0001", "0002", "0003"])
async def test_older(database: SecretStr, revision: str) -> None:
    """An older schema, or none, is refused until somebody migrates."""
    await schema.rollback(database, revision)

    async with connect(database, "tests") as pool:
        with pytest.raises(Transient, match="schema_outdated"):
            await readiness.require_schema(pool)
        await schema.migrate(database)
        await readiness.require_schema(pool)


async def test_failed_step(empty_database: SecretStr) -> None:
    """A migration that fails in the middle leaves nothing behind, so that it can be tried again."""
    async with connect(empty_database, "tests") as pool:
        await pool.execute("CREATE TABLE people (id text)")
        with pytest.raises(Exception, match="already exists"):
            await schema.migrate(empty_database)
        assert (await schema.status(empty_database)).current is None
        await pool.execute("DROP TABLE people")

    await schema.migrate(empty_database)

    assert (await schema.status(empty_database)).pending == ()


async def test_waiting(empty_database: SecretStr) -> None:
    """A service that starts before the migration waits for it."""
    async with connect(empty_database, "tests") as pool, asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(readiness.until_schema(pool, asyncio.Event()))
        with pytest.raises(Transient, match="schema_outdated"):
            await readiness.require_schema(pool)
        assert not waiting.done()
        await schema.migrate(empty_database)


async def test_stopped_waiting(empty_database: SecretStr) -> None:
    """A service that is told to stop does not wait for a migration."""
    stopping = asyncio.Event()
    async with connect(empty_database, "tests") as pool, asyncio.TaskGroup() as tasks:
        tasks.create_task(readiness.until_schema(pool, stopping))
        stopping.set()


async def test_impatience(empty_database: SecretStr, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service does not wait for ever: it ends with what is wrong."""
    monkeypatch.setattr(readiness, "PATIENCE_SECONDS", 0.0)

    async with connect(empty_database, "tests") as pool:
        with pytest.raises(Transient, match="schema_outdated"):
            await readiness.until_schema(pool, asyncio.Event())
