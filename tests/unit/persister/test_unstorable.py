"""What Postgres refuses is stored all the same, or is the one record that is given up."""

import pytest
from msgspec.structs import replace

from services.persister import store
from services.persister.events import Event, decode
from shared.contracts.enriched import Attachment, Comment, Media, Person
from shared.contracts.records import Record
from shared.errors import Poison
from shared.postgres.pool import Pool
from tests.heard import comment, items, kept, message, outcome, raw, record

NUL = "\0"
DIGITS = b"1" * 400


@pytest.mark.parametrize(
    ("item", "as_jsonb"),
    [
        (b'{"a":"x\\u0000y"}', None),
        (b'{"x\\u0000":1}', None),
        (b'{"a":"\\\\u0000"}', '{"a": "\\\\u0000"}'),
        (b'{"a":"\\ud83d"}', None),
        (b'{"a":"\\ude0d\\ud83d"}', None),
        (b'{"a":"\\ud83d\\ude0d"}', '{"a": "\U0001f60d"}'),
        (b'{"a":"\\ud83d \\u0000"}', None),
        (b'{"a":1e400,"b":"\\ud83d"}', None),
        (b'{"a":"\xff"}', None),
        (b'{"a":"\xed\xa0\x80"}', None),
        (b'{"a":' + DIGITS + b"}", '{"a": ' + DIGITS.decode() + "}"),
        (b'{"a":1e400}', '{"a": 1' + "0" * 400 + "}"),
        (b'{"a":"x\\u0000", "b":1e400}', None),
        (b'{"a":1e9999}', None),
        (b'{"a":"1e9999"}', '{"a": "1e9999"}'),
        (b'{"a":"1e9999","b":1e400}', '{"a": "1e9999", "b": 1' + "0" * 400 + "}"),
        (b'{"a":1e-20000}', None),
        (b'{"a":0.' + b"1" * 20_000 + b"}", None),
        (b'{"a":' + b"1" * 200_000 + b"}", None),
        (b"[" * 500 + b"]" * 500, "[" * 500 + "]" * 500),
        (b'"words"', '"words"'),
    ],
)
async def test_items(pool: Pool, item: bytes, as_jsonb: str | None) -> None:
    """Meta's bytes are always stored; as jsonb too where jsonb can hold them."""
    neighbour = comment("neighbour")
    events: list[Event] = [comment(item=item), neighbour, raw("change", "x", item=item)]
    await store.save(pool, kept(events))

    rows = await pool.fetch("SELECT item, item_json FROM events WHERE id <> $1", neighbour.event.id)
    assert [tuple(row) for row in rows] == [(item, as_jsonb)] * 2
    assert await pool.fetchval("SELECT count(*) FROM events") == 3


async def test_nul(pool: Pool) -> None:
    """A NUL in any text or id is stored as U+FFFD."""
    person = Person(id=f"88{NUL}", username=NUL, name=f"An{NUL}a")
    events: list[Event] = [
        comment(
            f"c{NUL}",
            comment=Comment(id=f"c{NUL}", text=f"a{NUL}b", author=person, media_id=f"m{NUL}"),
            media=Media(id=f"m{NUL}", caption=NUL),
            item=b'{"text":"a\\u0000b"}',
        ),
        message(mid=NUL, text=NUL, person=person, attachments=(Attachment(type=f"i{NUL}"),)),
    ]
    await store.save(pool, kept(events))

    assert await pool.fetchval("SELECT text FROM comments") == "a\ufffdb"
    assert await pool.fetchval("SELECT name FROM people") == "An\ufffda"
    assert await pool.fetchval("SELECT attachments->0->>'type' FROM messages") == "i\ufffd"
    assert b"\\u0000" in await pool.fetchval("SELECT item FROM events WHERE kind = 'comment'")


async def test_backslashes(pool: Pool) -> None:
    r"""A text that spells out \u0000 is no NUL."""
    spelt = "a\\u0000b\\\\u0000"
    sent = message(text=spelt, attachments=(Attachment(type=spelt),))
    await store.save(pool, kept([sent]))

    assert await pool.fetchval("SELECT text FROM messages") == spelt
    assert await pool.fetchval("SELECT attachments->0->>'type' FROM messages") == spelt


async def test_huge_numbers(pool: Pool) -> None:
    """Counts that no bigint can hold become the largest one."""
    person = Person(id="1", follower_count=2**63)
    edit = message("message-edit", "e", 1, text="x", edit_number=2**63, person=person)
    await store.save(pool, kept([edit, comment(media=Media(id="m", like_count=-(2**63)))]))

    assert await pool.fetchval("SELECT follower_count FROM people WHERE id = '1'") == 2**63 - 1
    assert await pool.fetchval("SELECT edit_number FROM messages") == 2**63 - 1
    assert await pool.fetchval("SELECT like_count FROM media") == -(2**63)


async def test_one_among_many(pool: Pool) -> None:
    """Of 2,000 events one that can't be stored is named; the rest is stored when it is gone."""
    batch = kept([message(name=str(n), mid=f"mid{n}") for n in range(1999)])
    # No index takes a key of more than 2,704 bytes, after compression.
    incompressible = "".join(chr(0x4E00 + n * 7919 % 20_000) for n in range(3000))
    batch.insert(1234, kept([comment(comment=Comment(id=incompressible))])[0])

    with pytest.raises(Poison, match="unstorable") as caught:
        await store.save(pool, batch)

    assert caught.value.record is batch[1234].record
    await store.save(pool, [each for each in batch if each.record is not caught.value.record])
    assert await pool.fetchval("SELECT count(*) FROM messages") == 1999
    assert await pool.fetchval("SELECT count(*) FROM events") == 1999
    assert await pool.fetchval("SELECT count(*) FROM comments") == 0


async def test_half_stored(pool: Pool) -> None:
    """An event whose projection can't be stored is not in the log either."""
    unstorable = comment(
        comment=Comment(id="".join(chr(0x4E00 + n * 7919 % 20_000) for n in range(3000)))
    )

    with pytest.raises(Poison, match="unstorable"):
        await store.save(pool, kept([unstorable]))

    assert await pool.fetchval("SELECT count(*) FROM events") == 0


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (record(comment())._replace(value=None), "no_value"),
        (record(comment())._replace(value=b"{"), "undecodable"),
        (record(comment())._replace(value=record(message()).value), "undecodable"),
        (record(comment())._replace(topic="parley.elsewhere.v1"), "unknown_topic"),
    ],
    ids=["none", "no json", "another type", "another topic"],
)
def test_undecodable(broken: Record, reason: str) -> None:
    """A record that is no event of its topic is poison."""
    with pytest.raises(Poison, match=reason):
        decode(broken)


def test_decoded() -> None:
    """Each topic's records become its type, and NUL is gone from all but Meta's item."""
    event = comment(comment=Comment(id="c", text=NUL), item=b'"\\u0000"')

    (found,) = kept([event])

    assert bytes(found.raw.item) == b'"\\u0000"'
    assert found.event == replace(
        event,
        comment=Comment(id="c", text="\ufffd"),
        event=replace(event.event, item=found.raw.item),
    )


async def test_outcome_text(pool: Pool) -> None:
    """What we sent may hold what Postgres can't."""
    sent = outcome("reply", created_id="r1", text=NUL)
    await store.save(pool, items([sent]))

    assert await pool.fetchval("SELECT text FROM comments WHERE id = 'r1'") == "\ufffd"
