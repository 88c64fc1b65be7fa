"""What each kind of event is enriched with, from topic to topic."""

import pytest

from shared import topics
from shared.contracts import wire
from shared.contracts.enriched import (
    EnrichedComment,
    EnrichedMention,
    EnrichedMessage,
    Media,
    Person,
)
from tests.enricher import ACCOUNT, PAGE, PERSON, change, delivery, events_of, messaging
from tests.enriching import (
    COMMENT,
    COMPLETE,
    SHOWN,
    TRACE,
    Accounts,
    Api,
    connected,
    enriching,
    one_account,
    partial,
)
from tests.graph import failure


async def test_comment() -> None:
    """A comment comes with its media, under the same id, key and trace."""
    api = Api({"M1": SHOWN})
    event = change("comments", COMMENT)
    async with enriching(api, one_account()) as line:
        found = await line.one(EnrichedComment, event)
        (record,) = line.broker.records(topics.COMMENTS_ENRICHED.name)
    assert found.event == event
    assert found.enrichment == COMPLETE
    assert found.media
    assert (found.media.caption, found.media.product_type, found.media.owner_id) == (
        "Spring",
        "FEED",
        ACCOUNT,
    )
    assert record.key == wire.key_of(event)
    assert record.header("ce_id") == event.id.encode()
    traceparent = record.header("traceparent") or b""
    assert traceparent[:35] == TRACE[:35]
    assert traceparent[36:52] != TRACE[36:52]


async def test_media_is_shared() -> None:
    """10,000 comments on 20 media take at most 24 requests, also in a second wave."""
    api = Api({f"M{n}": {**SHOWN, "id": f"M{n}"} for n in range(20)})
    values = [{**COMMENT, "id": f"C{n}", "media": {"id": f"M{n % 20}"}} for n in range(10_000)]
    async with enriching(api, one_account()) as line:
        found = await line.work(*[change("comments", value) for value in values[:9000]])
        found += await line.work(*[change("comments", value) for value in values[9000:]])
    assert all(event.enrichment == COMPLETE for event in found)
    assert api.requests <= 24
    assert len(api.asked) == 20


async def test_gone_media_is_remembered() -> None:
    """What is gone is not asked for again."""
    api = Api()
    async with enriching(api, one_account()) as line:
        for number in range(3):
            found = await line.one(
                EnrichedComment, change("comments", {**COMMENT, "id": f"C{number}"})
            )
            assert found.enrichment == partial("gone")
            assert found.media == Media(id="M1", product_type="FEED")
    assert api.asked == ["M1"]


async def test_withheld_author() -> None:
    """A comment without author and media is looked up, and then its media."""
    said = {
        "id": "C1",
        "text": "hi",
        "username": "ana",
        "from": {"id": "5", "username": "ana"},
        "timestamp": "2025-11-19T10:00:00+0000",
        "media": {"id": "M1"},
        "parent_id": "C0",
        "hidden": False,
        "like_count": 0,
    }
    api = Api({"C1": said, "M1": SHOWN})
    async with enriching(api, one_account()) as line:
        found = await line.one(EnrichedComment, change("comments", {"id": "C1"}))
    assert api.asked == ["C1", "M1"]
    assert found.comment.text == "hi"
    assert found.comment.author == Person(id="5", username="ana")
    assert (found.comment.parent_id, found.comment.media_id) == ("C0", "M1")
    assert (found.comment.hidden, found.comment.like_count) == (False, 0)
    assert found.comment.created_at
    assert found.media
    assert found.media.caption == "Spring"


async def test_own_by_lookup() -> None:
    """A comment whose author only Graph tells is ours all the same."""
    api = Api(
        {
            "C1": {"id": "C1", "text": "x", "username": "Our.Shop", "media": {"id": "M1"}},
            "M1": SHOWN,
        }
    )
    async with enriching(api, one_account()) as line:
        assert (await line.one(EnrichedComment, change("comments", {"id": "C1"}))).own


async def test_plainer_fields() -> None:
    """A field that Graph does not know costs that field, and is not asked for again."""
    api = Api({"M1": SHOWN, "M2": SHOWN}, refused_field="caption")
    async with enriching(api, one_account()) as line:
        first = await line.one(EnrichedComment, change("comments", COMMENT))
        second = await line.one(
            EnrichedComment, change("comments", {**COMMENT, "id": "C2", "media": {"id": "M2"}})
        )
    assert first.enrichment == second.enrichment == COMPLETE
    assert api.asked == ["M1", "M1", "M2"]


async def test_mentioned_comment() -> None:
    """A mention in a comment comes with the comment and its media."""
    said = {
        "id": "C9",
        "text": "@our.shop!",
        "timestamp": "2025-11-19T10:00:00+0000",
        "media": SHOWN,
    }
    api = Api({ACCOUNT: {"mentioned_comment": said, "id": ACCOUNT}})
    event = change("mentions", {"media_id": "M1", "comment_id": "C9"})
    async with enriching(api, one_account(login="facebook")) as line:
        found = await line.one(EnrichedMention, event)
    assert api.hosts == {"graph.facebook.com"}
    assert found.enrichment == COMPLETE
    assert found.mention.text == "@our.shop!"
    assert found.media
    assert found.media.caption == "Spring"


async def test_mentioned_media() -> None:
    """A mention in a caption comes with the media and who wrote it."""
    api = Api({ACCOUNT: {"mentioned_media": {**SHOWN, "username": "ana"}, "id": ACCOUNT}})
    async with enriching(api, one_account(login="facebook")) as line:
        found = await line.one(EnrichedMention, change("mentions", {"media_id": "M1"}))
    assert found.mention.text == "Spring"
    assert found.mention.author == Person(username="ana")


async def test_mention_without_look_up() -> None:
    """Instagram Login has no look-up for mentions, a story has none at all, a hostile id no
    chance."""
    api = Api()
    async with enriching(api, one_account()) as line:
        found = await line.one(EnrichedMention, change("mentions", {"media_id": "M1"}))
        assert found.enrichment == partial("unsupported")
    async with enriching(api, one_account(login="facebook")) as line:
        found = await line.one(EnrichedMention, change("mentions", {"story_id": "S1"}))
        assert found.enrichment == COMPLETE
        found = await line.one(EnrichedMention, change("mentions", {"media_id": "M1){id},me"}))
        assert found.enrichment == partial("refused")
    assert not api.asked


async def test_page() -> None:
    """A Page's comments come with their post, its mentions with post and author."""
    post = {
        "id": "5_6",
        "message": "Sale",
        "permalink_url": "https://fb.test/6",
        "from": {"id": PAGE, "name": "We"},
    }
    comment = {"id": "6_7", "message": "@we", "from": {"id": "5001", "name": "Ana"}}
    api = Api({"5_6": post, "6_7": comment})
    accounts = Accounts({PAGE: connected(PAGE, "facebook", "page")})
    feed = {
        "item": "comment",
        "verb": "add",
        "comment_id": "6_7",
        "post_id": "5_6",
        "message": "?",
        "from": {"id": "5001", "name": "Ana"},
    }
    mention = {"item": "comment", "verb": "add", "comment_id": "6_7", "post_id": "5_6"}
    async with enriching(api, accounts) as line:
        commented = await line.one(EnrichedComment, change("feed", feed, "page"))
        mentioned = await line.one(EnrichedMention, change("mention", mention, "page"))
    assert commented.media
    assert (commented.media.caption, commented.media.permalink) == ("Sale", "https://fb.test/6")
    assert mentioned.mention.author == Person(id="5001", name="Ana")
    assert mentioned.mention.text == "@we"
    assert mentioned.media == commented.media
    assert sorted(api.asked) == ["5_6", "6_7"]


async def test_message() -> None:
    """A message comes with its sender's profile, asked for once."""
    api = Api(
        {
            PERSON: {
                "id": PERSON,
                "name": "Ana",
                "username": "ana",
                "profile_pic": "https://cdn.test/p",
                "follower_count": 7,
                "is_user_follow_business": True,
                "is_business_follow_user": False,
                "is_verified_user": False,
            }
        }
    )
    async with enriching(api, one_account()) as line:
        found = await line.one(EnrichedMessage, messaging({"message": {"mid": "m1", "text": "hi"}}))
        echo = {"message": {"mid": "m2", "text": "hello", "is_echo": True}}
        echoed = await line.one(
            EnrichedMessage, messaging(echo, sender={"id": ACCOUNT}, recipient={"id": PERSON})
        )
        seen = await line.one(EnrichedMessage, messaging({"read": {"mid": "m2"}}))
    person = Person(
        id=PERSON,
        username="ana",
        name="Ana",
        picture_url="https://cdn.test/p",
        follower_count=7,
        follows_us=True,
        followed_by_us=False,
        verified=False,
    )
    assert found.message.person == echoed.message.person == seen.message.person == person
    assert (found.own, echoed.own) == (False, True)
    assert api.asked == [PERSON]


async def test_person_who_has_not_written() -> None:
    """Echoes and reads are no reason to look anybody up."""
    api = Api()
    async with enriching(api, one_account()) as line:
        echo = {"message": {"mid": "m2", "text": "hello", "is_echo": True}}
        for event in (
            messaging(echo, sender={"id": ACCOUNT}, recipient={"id": PERSON}),
            messaging({"read": {"mid": "m2"}}),
            messaging({"delivery": {"watermark": 1763600000000}}),
        ):
            assert (await line.one(EnrichedMessage, event)).enrichment == COMPLETE
    assert not api.asked


@pytest.mark.parametrize(("code", "reason"), [(230, "forbidden"), (9010, "gone")])
async def test_profile_without_consent(code: int, reason: str) -> None:
    """A profile that can't be had costs the profile, not the message."""
    api = Api({PERSON: failure(code)})
    async with enriching(api, one_account()) as line:
        for mid in ("m1", "m2"):
            found = await line.one(
                EnrichedMessage, messaging({"message": {"mid": mid, "text": "hi"}})
            )
            assert found.enrichment == partial(reason)
            assert found.message.text == "hi"
    assert api.asked == [PERSON]


async def test_page_profile() -> None:
    """Messenger tells a first and a last name."""
    api = Api({PERSON: {"id": PERSON, "first_name": "Ana", "last_name": "Test"}})
    accounts = Accounts({PAGE: connected(PAGE, "facebook", "page")})
    async with enriching(api, accounts) as line:
        found = await line.one(
            EnrichedMessage, messaging({"message": {"mid": "m1", "text": "x"}}, "page")
        )
    assert found.message.person == Person(id=PERSON, name="Ana Test")


async def test_comment_without_media() -> None:
    """A comment of which not even Graph tells the media goes on without."""
    api = Api({"C1": {"id": "C1", "text": "x", "username": "ana"}})
    async with enriching(api, one_account()) as line:
        found = await line.one(EnrichedComment, change("comments", {"id": "C1"}))
    assert found.enrichment == COMPLETE
    assert found.media is None


async def test_message_of_nobody() -> None:
    """An edit without sender and recipient has nobody to look up."""
    item = {"message_edit": {"mid": "m1", "num_edit": 0}}
    (event,) = events_of(delivery("messaging", item))
    async with enriching(Api(), one_account()) as line:
        found = await line.one(EnrichedMessage, event)
    assert found.enrichment == COMPLETE
