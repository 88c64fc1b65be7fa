"""What the log holds, and what changes when events come again."""

import itertools
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from services.persister import store
from services.persister.events import Event
from shared.contracts.enriched import (
    Attachment,
    Conversation,
    Enrichment,
    Media,
    Person,
    Reaction,
)
from shared.postgres.pool import Pool
from tests.heard import ACCOUNT, ANA, NOON, at, comment, kept, mention, message, raw

DUMPS = [
    f"SELECT *, xmin FROM {table}"
    for table in (
        "events",
        "comments",
        "mentions",
        "messages",
        "message_reactions",
        "conversations",
        "media",
        "people",
    )
]
CONVERSATION = Conversation(id="880001", window_closes_at=at(86400))
A_BIT_OF_ALL: list[Event] = [
    comment(media=Media(id="m1", caption="new in", like_count=3)),
    mention(media_id="m1", comment_id="c9", text="@shop", author=ANA),
    message(text="hello", attachments=(Attachment(type="image"),), conversation=CONVERSATION),
    message("message-edit", "e", 3, text="hello!", edit_number=1),
    message("reaction", "r", 4, reaction=Reaction(action="react", name="love")),
    message("message-deleted", "x", 5, mid="mid2"),
    raw("change", "story_insights", item=b'{"field":"story_insights"}'),
]


async def _dump(pool: Pool) -> list[list[tuple[object, ...]]]:
    return [sorted(map(tuple, await pool.fetch(dump)), key=repr) for dump in DUMPS]


@pytest.mark.parametrize("times", [1, 2])
async def test_redelivered(pool: Pool, times: int) -> None:
    """A batch that comes again, also twice in one, changes nothing: not even a row's version."""
    await store.save(pool, kept(A_BIT_OF_ALL))
    before = await _dump(pool)

    await store.save(pool, kept(A_BIT_OF_ALL * times))

    assert await _dump(pool) == before


async def test_redelivered_later(pool: Pool) -> None:
    """Meta's second try changes nothing although it comes later and, where Meta gives no time,
    with another one."""
    timeless = {"time_source": "arrival"}
    first = message(text="hi", conversation=CONVERSATION, envelope=timeless)
    again = message(
        seconds=3600,
        text="hi",
        conversation=Conversation(id="880001", window_closes_at=at(86400)),
        envelope=timeless,
    )
    await store.save(pool, kept([first]))
    before = await _dump(pool)

    await store.save(pool, kept([again]))

    assert await _dump(pool) == before


async def test_event(pool: Pool) -> None:
    """The log has the envelope, Meta's bytes, and the same as jsonb with every digit."""
    item = b'{"field": "comments",  "value": {"id": 17990000000000000011, "n": 0.10}}'
    event = comment(own=True, item=item, enrichment=Enrichment(status="partial", reasons=("slow",)))

    await store.save(pool, kept([event]))

    row = await pool.fetchrow("SELECT * FROM events")
    assert row is not None
    assert row["item"] == item
    assert (
        row["item_json"]
        == '{"field": "comments", "value": {"n": 0.10, "id": 17990000000000000011}}'
    )
    assert (row["id"], row["kind"], row["account"]) == (event.event.id, "comment", ACCOUNT)
    assert (row["occurred_at"], row["received_at"]) == (NOON, at(1))
    assert (row["own"], row["enrichment"], row["enrichment_reasons"]) == (True, "partial", ["slow"])
    assert row["persisted_at"] > NOON - timedelta(days=3650)


async def test_not_enriched(pool: Pool) -> None:
    """What nobody enriches is in the log only, with why if it was broken."""
    await store.save(pool, kept([raw("broken", "b", reason="not_an_object")]))

    row = await pool.fetchrow("SELECT kind, reason, own, enrichment FROM events")
    assert tuple(row or ()) == ("broken", "not_an_object", None, None)


@pytest.mark.parametrize("envelope", [{"test": True}, {"account": ""}])
async def test_log_only(pool: Pool, envelope: dict[str, Any]) -> None:
    """Meta's test events, and those that belong to no account, are in the log only."""
    await store.save(pool, kept([comment(media=Media(id="m1"), **envelope)]))
    await store.save(pool, kept([message(conversation=CONVERSATION, envelope=envelope)]))

    assert await pool.fetchval("SELECT count(*) FROM events") == 2
    for table in ("comments", "messages", "conversations", "media", "people"):
        assert await pool.fetchval(f"SELECT count(*) FROM {table}") == 0


@pytest.mark.parametrize("batches", [(3,), (1, 1, 1), (1, 2), (2, 1)])
async def test_better_enriched(pool: Pool, batches: tuple[int, ...]) -> None:
    """A replay that finds what was missing is taken over, and not undone by the worse one."""
    worse = comment(enrichment=Enrichment(status="partial", reasons=("account_unknown",)))
    better = comment(media=Media(id="m1", caption="new in"))
    replayed = iter((worse, better, worse))
    for count in batches:
        await store.save(pool, kept(list(itertools.islice(replayed, count))))

    row = await pool.fetchrow("SELECT enrichment, enrichment_reasons FROM events")
    assert tuple(row or ()) == ("complete", [])
    assert await pool.fetchval("SELECT caption FROM media") == "new in"


async def test_item_untouched(pool: Pool) -> None:
    """Meta's bytes are stored as they are, spaces, escapes and order of fields included."""
    item = '{ "b":1,"a" :"\\ud83d\\ude0d \\/ é" , "a":2e0}'.encode()
    await store.save(pool, kept([comment(item=item)]))

    assert await pool.fetchval("SELECT item FROM events") == item
    assert msgspec.json.decode(item) == msgspec.json.decode(
        str(await pool.fetchval("SELECT item_json FROM events"))
    )


async def test_many(pool: Pool) -> None:
    """A full batch is stored whole."""
    batch = kept(
        [
            message(name=str(n), mid=f"mid{n}", seconds=n, person=Person(id=str(n)), text="hi")
            for n in range(2000)
        ]
    )
    await store.save(pool, batch)

    assert await pool.fetchval("SELECT count(*) FROM messages") == 2000
    latest: datetime = await pool.fetchval("SELECT max(sent_at) FROM messages")
    assert latest == at(1999)


async def test_young_table(pool: Pool) -> None:
    """What is there is looked up by index also in a table that has no statistics yet, of which a
    plan made once for all batches would read everything."""
    for turn in range(14):
        names = [f"{turn}:{number}" for number in range(700)]
        await store.save(pool, kept([message(name=name, mid=name) for name in names]))
    await pool.execute("SELECT pg_stat_force_next_flush()")

    (found,) = await pool.fetch(
        "SELECT seq_scan, n_tup_ins FROM pg_stat_user_tables WHERE relname = 'messages'"
    )
    assert tuple(found) == (0, 14 * 700)
