"""What comments, mentions, messages, people and media come to."""

from datetime import datetime, timedelta, timezone

import pytest

from services.persister import store
from shared.contracts.enriched import (
    Attachment,
    Comment,
    Conversation,
    Media,
    Person,
    Reaction,
    Story,
)
from shared.postgres.pool import Pool
from tests.heard import ACCOUNT, ANA, NOON, at, comment, kept, mention, message

CONVERSATION = Conversation(id="880001", window_closes_at=at(86400))


async def test_unsent(pool: Pool) -> None:
    """What is unsent keeps none of its words, also when the message arrives afterwards."""
    late = message(
        text="secret",
        attachments=(Attachment(type="image", url="https://secret"),),
        quick_reply="secret",
        reply_to_story=Story(url="https://secret"),
        postback_title="secret",
        postback_payload="secret",
    )
    events = [
        message("message-deleted", "x", 9),
        late,
        message("message-edit", "e", 5, text="secret"),
    ]
    for event in events:
        await store.save(pool, kept([event]))

    row = await pool.fetchrow("SELECT * FROM messages")
    assert row is not None
    assert row["unsent_at"] == at(9)
    assert row["sent_at"] == NOON
    assert "secret" not in repr(row)


async def test_edit_first(pool: Pool) -> None:
    """An edit that arrives before its message is not lost, and does not pretend to be it."""
    await store.save(pool, kept([message("message-edit", "e", 5, text="new", edit_number=1)]))
    row = await pool.fetchrow("SELECT text, seen FROM messages")
    assert tuple(row or ()) == ("new", False)

    await store.save(pool, kept([message(text="old", direction="inbound")]))

    row = await pool.fetchrow("SELECT text, seen, sent_at, edit_number FROM messages")
    assert tuple(row or ()) == ("new", True, NOON, 1)


async def test_edit_without_text(pool: Pool) -> None:
    """The empty edit that Instagram sends for a message takes nothing away (platform §0.7)."""
    edit = message("message-edit", "e", 1, direction="unknown", person=None, edit_number=0)
    await store.save(pool, kept([message(text="hello"), edit]))

    row = await pool.fetchrow("SELECT text, edit_number, direction FROM messages")
    assert tuple(row or ()) == ("hello", None, "inbound")


async def test_reactions(pool: Pool) -> None:
    """Both sides may react to a message; each one's last word counts, `unreact` too."""
    events = [
        message("reaction", "1", 1, reaction=Reaction(action="react", name="love", emoji="❤")),
        message("reaction", "2", 2, reaction=Reaction(action="react", name="haha")),
        message("reaction", "3", 3, direction="outbound", reaction=Reaction(action="react")),
        message("reaction", "4", 4, direction="outbound", reaction=Reaction(action="unreact")),
    ]
    await store.save(pool, kept(events))

    found = await pool.fetch(
        "SELECT actor_id, action, name, emoji FROM message_reactions ORDER BY 1"
    )
    assert [tuple(row) for row in found] == [
        (ACCOUNT, "unreact", None, None),
        ("880001", "react", "haha", None),
    ]


async def test_postback_without_id(pool: Pool) -> None:
    """A postback without an id of its own is a row under the event's."""
    event = message("postback", "p", mid=None, postback_title="Prices", postback_payload="PRICES")
    await store.save(pool, kept([event]))

    row = await pool.fetchrow("SELECT id, kind, postback_title FROM messages")
    assert tuple(row or ()) == (event.event.id, "postback", "Prices")


async def test_both_ways(pool: Pool) -> None:
    """A message that came by standby and by messaging was ours to answer."""
    await store.save(pool, kept([message(standby=True), message(name="again")]))

    assert await pool.fetchval("SELECT standby FROM messages") is False


async def test_conversation(pool: Pool) -> None:
    """A conversation knows its last times, its window, and who had it last."""
    events = [
        message(seconds=1, conversation=Conversation(id="880001", window_closes_at=at(86401))),
        message(name="b", seconds=2, mid="b", direction="outbound",
                conversation=Conversation(id="880001", owned_elsewhere=True)),
        message("read", "c", 3, mid=None, read_until=at(2), conversation=Conversation(id="880001")),
    ]  # fmt: skip
    await store.save(pool, kept(events))

    row = await pool.fetchrow("SELECT * FROM conversations")
    assert row is not None
    assert (row["last_inbound_at"], row["last_outbound_at"]) == (at(1), at(2))
    assert (row["last_message_at"], row["read_until"]) == (at(2), at(2))
    assert (row["window_closes_at"], row["owned_elsewhere"]) == (at(86401), False)


async def test_removed_comment(pool: Pool) -> None:
    """A removed comment stays removed when it is added afterwards, with the text it had."""
    await store.save(pool, kept([comment("x", 9, comment=Comment(id="c1", action="removed"))]))
    await store.save(pool, kept([comment()]))

    row = await pool.fetchrow("SELECT removed_at, created_at, text FROM comments")
    assert tuple(row or ()) == (at(9), NOON, "love it")


async def test_hidden_by_us(pool: Pool) -> None:
    """Whoever hides a comment does not become its author."""
    page = Person(id=ACCOUNT, username="shop")
    hidden = Comment(id="c1", action="hidden", author=page)
    await store.save(pool, kept([comment(), comment("h", 5, comment=hidden, own=True)]))

    row = await pool.fetchrow("SELECT author_id, own, hidden FROM comments")
    assert tuple(row or ()) == ("880001", False, True)


@pytest.mark.parametrize("order", [1, -1])
async def test_ad_copy(pool: Pool, order: int) -> None:
    """A comment that is told twice, under the post and under its ad, is one row under the post."""
    under_ad = comment(
        "ad",
        comment=Comment(id="c1", text="love it", author=ANA, media_id="ad1"),
        media=Media(id="ad1", ad_id="9", ad_title="Spring", original_media_id="m1"),
    )
    for event in [comment(), under_ad][::order]:
        await store.save(pool, kept([event]))

    row = await pool.fetchrow("SELECT media_id, ad_id, ad_title, original_media_id FROM comments")
    assert tuple(row or ()) == ("m1", "9", "Spring", "m1")


async def test_created(pool: Pool) -> None:
    """Graph's time of a comment is exact where the webhook's is an upper bound (platform §0.5)."""
    told = Comment(id="c1", text="love it", created_at=at(-60))
    await store.save(pool, kept([comment(comment=told, time_source="delivery")]))

    row = await pool.fetchrow("SELECT created_at, time_source FROM comments")
    assert tuple(row or ()) == (at(-60), "event")


async def test_profile(pool: Pool) -> None:
    """The newest profile wins by time, and what it leaves out stays."""
    new = message(seconds=5, person=Person(id="880001", username="new", follower_count=8))
    old = message(
        name="b", seconds=1, mid="b", person=Person(id="880001", username="old", name="Ana")
    )
    for event in (new, old):
        await store.save(pool, kept([event]))

    row = await pool.fetchrow("SELECT username, name, follower_count FROM people")
    assert tuple(row or ()) == ("new", "Ana", 8)


async def test_mentions_without_ids(pool: Pool) -> None:
    """Mentions that say nothing at all do not become one."""
    await store.save(pool, kept([mention("a"), mention("b")]))

    assert await pool.fetchval("SELECT count(*) FROM mentions") == 2


async def test_accounts_apart(pool: Pool) -> None:
    """The same ids under two accounts are two of everything."""
    events = [comment(), comment("other", account="2")]
    await store.save(pool, kept(events))

    assert await pool.fetchval("SELECT count(*) FROM comments") == 2
    assert await pool.fetchval("SELECT count(*) FROM people") == 2


@pytest.mark.parametrize(
    "told", [at(0), at(0).replace(tzinfo=None), at(0).astimezone(timezone(timedelta(hours=2)))]
)
async def test_times(pool: Pool, told: datetime) -> None:
    """Times keep their moment in any time zone; without one they are in UTC."""
    await store.save(pool, kept([comment(media=Media(id="m1", published_at=told))]))

    assert await pool.fetchval("SELECT published_at FROM media") == NOON
