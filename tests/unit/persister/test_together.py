"""Several persisters on one database."""

import asyncio

from services.persister import store
from shared.contracts.enriched import Comment, Conversation, Media, Person
from shared.errors import Transient
from shared.postgres.pool import Pool
from tests.heard import comment, kept, message


async def test_same_rows(pool: Pool) -> None:
    """Persisters that touch the same people and media in other orders do not block each other for
    ever."""

    async def persist(persister: int) -> None:
        for turn in range(5):
            people = [Person(id=str(n), name=f"{persister} {turn}") for n in range(200)]
            step = 1 if persister % 2 else -1
            batch = [
                event
                for n, person in list(enumerate(people))[::step]
                for event in (
                    message(
                        name=f"{persister}:{turn}:{n}",
                        mid=f"{persister}:{turn}:{n}",
                        person=person,
                        conversation=Conversation(id=str(n)),
                    ),
                    comment(f"{persister}:{turn}:{n}", media=Media(id=str(n % 7))),
                )
            ]
            await store.save(pool, kept(batch))

    async with asyncio.TaskGroup() as tasks:
        for persister in range(3):
            tasks.create_task(persist(persister))

    assert await pool.fetchval("SELECT count(*) FROM messages") == 3 * 5 * 200
    assert await pool.fetchval("SELECT count(*) FROM people") == 201
    assert await pool.fetchval("SELECT count(*) FROM media") == 7


async def test_same_events(pool: Pool) -> None:
    """Two persisters with the same events at once, as in a rebalance, leave them once; the one that
    comes second may have to try again."""
    batch = kept([message(name=str(n), mid=str(n)) for n in range(300)])

    async def persist(order: int) -> None:
        try:
            await store.save(pool, batch[::order])
        except Transient:
            await store.save(pool, batch[::order])

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(persist(1))
        tasks.create_task(persist(-1))

    assert await pool.fetchval("SELECT count(*) FROM events") == 300
    assert await pool.fetchval("SELECT count(*) FROM messages") == 300


async def test_faster(pool: Pool) -> None:
    """Somebody else tells of a person after we looked whether there is one: what both tell is
    kept, and nothing has to be tried again."""
    event = comment("1", 10, comment=Comment(id="1", author=Person(id="88", name="Ana")))
    raw = kept([event])[0].raw
    async with asyncio.TaskGroup() as tasks, pool.acquire() as other, other.transaction():
        await other.execute(
            "INSERT INTO people (platform, account, id, username, versions)"
            " VALUES ($1, $2, '88', 'ana.test', array_fill(NULL::timestamptz, ARRAY[7]))",
            raw.platform,
            raw.account,
        )
        tasks.create_task(store.save(pool, kept([event])))
        while not await pool.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            pass

    (row,) = await pool.fetch("SELECT username, name FROM people")
    assert tuple(row) == ("ana.test", "Ana")
    assert await pool.fetchval("SELECT count(*) FROM events WHERE item_json IS NOT NULL") == 1
