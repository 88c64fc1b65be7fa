"""Erasing: nothing is left of whom it is about, all is left of everybody else, nothing returns."""

from shared.postgres.erasure.erase import Subject, erase, found, under_way
from shared.postgres.erasure.of_account import OF_ACCOUNT
from shared.postgres.erasure.of_person import BY_COMMENTS, BY_ID
from shared.postgres.pool import Pool
from tests import executing
from tests.erasing import ANA, BEN, THEM, US, happens, life, rows, tables, town

CASCADES = {"action_changes": "actions", "credentials": "accounts"}
"""Tables whose rows go with those of another."""

HOLDS_NOTHING = {"alembic_version", "erased"}

NOBODY = {
    "accounts": "platform id scoped_id app login username name status connected_at",
    "breakers": "version rule platform account opened_at share usual",
    "brakes": "platform account stopped_at stopped_by reason",
    "budgets": "platform account edge next_at",
    "credentials": "platform account token key expires_at scopes stored_at rotated_at",
    "erased": "event at",
    "holds": "platform account scope until reason",
    "own_comments": "platform account comment_id",
    "rule_rates": "platform account rule minute judged hit",
    "rule_sets": "version platform account document imported_at imported_by",
    "alembic_version": "version_num",
}
"""What is about an account and about no person in it, column by column."""


def unseen(_: int, __: str) -> None:
    """Nobody watches."""


async def test_every_table(pool: Pool) -> None:
    """Each table and, where it is about no person, each column has been thought of: whoever adds
    one decides what becomes of it here."""
    there = {*await tables(pool)}
    assert there == {"events", *OF_ACCOUNT, *CASCADES, *HOLDS_NOTHING}
    of_people = {"events", *BY_COMMENTS, *BY_ID, "action_changes"}
    assert there - of_people == {*NOBODY}
    for table, columns in NOBODY.items():
        sql = "SELECT column_name FROM information_schema.columns WHERE table_name = $1"
        assert {row["column_name"] for row in await pool.fetch(sql, table)} == {*columns.split()}


async def test_town(pool: Pool) -> None:
    """The town these tests erase from has something in every table."""
    await town(pool)
    full = {table for table in await tables(pool) if await pool.fetchval(f"TABLE {table} LIMIT 1")}
    assert {*await tables(pool)} - full == {"erased"}


async def test_person(pool: Pool) -> None:
    """Of a person nothing is left in that account, in no column of no table, and everything in
    other accounts; what others said stays."""
    await town(pool)
    before, bens = await rows(pool, THEM, str(ANA.id)), await rows(pool, US, str(BEN.id))
    subject = Subject("instagram", US, ANA.id)
    counted = await found(pool, subject, unseen)

    erased = await erase(pool, subject, unseen)

    assert erased.keys() >= {"events", *BY_COMMENTS, *BY_ID} - {"media"}
    assert erased.total() >= counted.total()
    assert await rows(pool, US, str(ANA.id)) == {}
    for trace in ("ana.test", "in-ana", "post-of-ana"):
        assert await rows(pool, US, trace) == {}, trace
    assert await rows(pool, THEM, str(ANA.id)) == before
    assert await rows(pool, US, str(BEN.id)) == bens


async def test_account(pool: Pool) -> None:
    """Of an account nothing is left, however many steps it takes; of another one, everything."""
    await town(pool)
    await pool.execute(
        "INSERT INTO people SELECT 'instagram', $1, n::text, NULL, NULL, NULL, NULL, NULL, NULL,"
        " NULL, '{}' FROM generate_series(1, 2500) AS n",
        US,
    )
    before = await rows(pool, THEM)

    await erase(pool, Subject("instagram", US), unseen)

    assert await rows(pool, US) == {}
    assert await rows(pool, THEM) == before


async def test_again(pool: Pool) -> None:
    """Erasing what is erased finds nothing."""
    await town(pool)
    subject = Subject("instagram", US, ANA.id)
    await erase(pool, subject, unseen)
    assert await found(pool, subject, unseen) == {}
    assert await erase(pool, subject, unseen) == {}


async def test_delivered_again(pool: Pool) -> None:
    """What was erased comes back by no delivery: not stored, not judged, and nothing is done; what
    is said later is."""
    await town(pool)
    subject = Subject("instagram", US, ANA.id)
    await erase(pool, subject, unseen)
    before = await rows(pool, "instagram")

    again = [event for event in life(US, ANA) if "no spam" not in str(event)]
    assert await happens(pool, again) == 0
    assert await rows(pool, "instagram") == before
    old = executing.action(event_id=f"instagram:{US}:comment:c-ana")
    await executing.take(pool, old)
    assert await rows(pool, old.id) == {}


async def test_under_way(pool: Pool) -> None:
    """An action that is being carried out keeps its row, and that is said."""
    await executing.connect_account(pool)
    wanted = executing.action()
    await executing.take(pool, wanted)
    assert len(await executing.claim(pool)) == 1
    subject = Subject("instagram", executing.ACCOUNT, executing.PERSON)
    await erase(pool, subject, unseen)
    assert await under_way(pool, subject) == 1
    assert await rows(pool, wanted.id)
