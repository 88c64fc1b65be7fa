"""Comments and mentions in every shape that Meta gives them."""

from datetime import UTC, datetime

import pytest

from services.enricher.identity import identity
from shared.contracts.enriched import Comment, Media, Person
from tests.enricher import ACCOUNT, PAGE, US, change, comment_of, events_of, mention_of

VALUE = {
    "id": "17990000000000011",
    "text": "love it \U0001f60d",
    "from": {"id": "880001", "username": "ana.test"},
    "media": {"id": "18010000000000021", "media_product_type": "REELS"},
    "parent_id": "17990000000000010",
}


def test_comment() -> None:
    """A comment as Meta sends it today."""
    typed = comment_of(change("comments", VALUE))
    assert typed.comment == Comment(
        id="17990000000000011",
        text="love it \U0001f60d",
        author=Person(id="880001", username="ana.test"),
        parent_id="17990000000000010",
        media_id="18010000000000021",
    )
    assert typed.media == Media(id="18010000000000021", product_type="REELS")
    assert not typed.own


def test_ad_comment() -> None:
    """A comment on an ad, in the Facebook Login form."""
    ad = {
        "id": "18010000000000021",
        "ad_id": "120200000000001",
        "ad_title": "Spring",
        "original_media_id": "18010000000000020",
        "media_product_type": "AD",
    }
    value = {"comment_id": "17990000000000011", "from": VALUE["from"], "text": "hi", "media": ad}
    typed = comment_of(change("comments", value))
    assert typed.comment.id == "17990000000000011"
    assert typed.media == Media(
        id="18010000000000021",
        product_type="AD",
        ad_id="120200000000001",
        ad_title="Spring",
        original_media_id="18010000000000020",
    )


def test_flat_comment() -> None:
    """The Instagram Login form: field and value on the entry itself."""
    entry = {"id": ACCOUNT, "time": 1763600000, "field": "comments", "value": VALUE}
    (event,) = events_of({"object": "instagram", "entry": [entry]})
    assert comment_of(event).comment.id == "17990000000000011"
    assert comment_of(event).comment.text == VALUE["text"]


def test_live_comment() -> None:
    """Comments on a broadcast are marked."""
    assert comment_of(change("live_comments", VALUE)).comment.live


def test_oldest_form() -> None:
    """Only id and text, the id a number."""
    typed = comment_of(change("comments", {"id": 17990000000000011, "text": "hi"}))
    assert typed.comment == Comment(id="17990000000000011", text="hi")
    assert typed.media is None


def test_media_id_for_media() -> None:
    """`media_id` in place of `media.id`."""
    typed = comment_of(change("comments", {"id": "1", "media_id": 18}))
    assert typed.comment.media_id == "18"


@pytest.mark.parametrize("parent", ["18010000000000021", "17990000000000011", None, ""])
def test_parent_that_is_none(parent: str | None) -> None:
    """A parent that is the media or the comment itself is no parent."""
    typed = comment_of(change("comments", {**VALUE, "parent_id": parent}))
    assert typed.comment.parent_id is None


@pytest.mark.parametrize(
    "author",
    [
        {"id": ACCOUNT},
        {"id": "9001"},
        {"id": "5", "self_ig_scoped_id": "9001"},
        {"username": "@Our.Shop"},
        {"id": int(ACCOUNT)},
    ],
)
def test_own_comment(author: dict[str, object]) -> None:
    """Our own comments are known by id, scoped id or handle."""
    assert comment_of(change("comments", {**VALUE, "from": author})).own


@pytest.mark.parametrize("author", [None, {}, "x", {"id": "5", "self_ig_scoped_id": "6"}])
def test_comment_of_others(author: object) -> None:
    """Whoever is not us is somebody else, also when nothing is said of them."""
    assert not comment_of(change("comments", {**VALUE, "from": author})).own


def test_unconnected_account_knows_itself() -> None:
    """Without knowing the handle, the entry's id still tells our own comments."""
    event = change("comments", {**VALUE, "from": {"id": ACCOUNT, "username": "x"}})
    assert comment_of(event, identity(ACCOUNT)).own


def test_one_wrong_field_loses_no_other() -> None:
    """A field of the wrong type is left out; the rest stays."""
    value = {**VALUE, "text": ["?"], "like_count": "many", "hidden": {}}
    (event,) = events_of(
        {
            "object": "instagram",
            "entry": [{"id": ACCOUNT, "changes": [{"field": "comments", "value": value}]}],
        }
    )
    typed = comment_of(event)
    assert typed.comment.text is None
    assert typed.comment.author == Person(id="880001", username="ana.test")


def test_lone_surrogate_and_null() -> None:
    """Half an emoji becomes the sign for that; a NUL stays."""
    item = rb'{"field":"comments","value":{"id":"2","text":"a\ud83db\u0000"}}'
    body = rb'{"object":"instagram","entry":[{"id":"1","changes":[%b]}]}' % item
    (event,) = events_of(body)
    assert comment_of(event).comment.text == "a\ufffdb\0"


@pytest.mark.parametrize("digits", [30, 400])
def test_long_numbers(digits: int) -> None:
    """No digit of an id is lost, however many there are; the rest is read anyway."""
    media = "1" * digits
    item = b'{"field":"comments","value":{"id":"2","media_id":%b}}' % media.encode()
    body = b'{"object":"instagram","entry":[{"id":"1","changes":[%b]}]}' % item
    for event in events_of(body):
        if event.kind == "comment":
            assert comment_of(event).comment.media_id == media


@pytest.mark.parametrize(
    ("verb", "action", "hidden"),
    [
        ("add", "added", None),
        ("edited", "edited", None),
        ("edit", "edited", None),
        ("update", "edited", None),
        ("remove", "removed", None),
        ("delete", "removed", None),
        ("hide", "hidden", True),
        ("unhide", "unhidden", False),
        ("mute", "other", None),
    ],
)
def test_page_comment(verb: str, action: str, hidden: object) -> None:
    """Comments on a Page's posts, with what happened to them."""
    value = {
        "item": "comment",
        "verb": verb,
        "comment_id": "901_77",
        "post_id": f"{PAGE}_901",
        "parent_id": f"{PAGE}_901",
        "from": {"id": "5001", "name": "Ana"},
        "created_time": 1763599990,
        "message": "price?",
        "post": {"permalink_url": "https://facebook.test/901"},
    }
    typed = comment_of(change("feed", value, "page"))
    assert typed.comment == Comment(
        id="901_77",
        action=typed.comment.action,
        verb=verb,
        text="price?",
        author=Person(id="5001", name="Ana"),
        media_id=f"{PAGE}_901",
        hidden=typed.comment.hidden,
        created_at=datetime.fromtimestamp(1763599990, UTC),
    )
    assert (typed.comment.action, typed.comment.hidden) == (action, hidden)
    assert typed.media == Media(id=f"{PAGE}_901", permalink="https://facebook.test/901")


def test_older_page_comment() -> None:
    """`sender_id` and `sender_name`, numeric; a short post id; a real parent."""
    value = {
        "item": "comment",
        "verb": "edited",
        "comment_id": "901_77",
        "post_id": f"{PAGE}_901",
        "parent_id": "901_70",
        "sender_id": 5001,
        "sender_name": "Ana",
    }
    typed = comment_of(change("feed", value, "page"))
    assert typed.comment.author == Person(id="5001", name="Ana")
    assert typed.comment.parent_id == "901_70"
    short = comment_of(change("feed", {**value, "parent_id": "901"}, "page"))
    assert short.comment.parent_id is None


def test_verb_beside_field() -> None:
    """A verb may stand beside the field."""
    item = {"field": "comments", "verb": "remove", "value": {"id": "1"}}
    (event,) = events_of({"object": "instagram", "entry": [{"id": ACCOUNT, "changes": [item]}]})
    assert comment_of(event).comment.action == "removed"


def test_comment_of_a_poll() -> None:
    """Graph's own shape: username beside, parent and times its way."""
    value = {
        "id": "1",
        "username": "ana",
        "timestamp": "2025-11-20T10:00:00+0000",
        "parent": {"id": "7"},
        "like_count": "3",
        "hidden": "true",
    }
    comment = comment_of(change("comments", value)).comment
    assert comment.author == Person(username="ana")
    assert comment.created_at == datetime(2025, 11, 20, 10, tzinfo=UTC)
    assert (comment.parent_id, comment.like_count, comment.hidden) == ("7", 3, True)


def test_mention() -> None:
    """Instagram's mentions carry ids only."""
    typed = mention_of(change("mentions", {"media_id": "18010000000000031", "comment_id": 41}))
    assert (typed.mention.media_id, typed.mention.comment_id) == ("18010000000000031", "41")
    assert not typed.own


def test_story_mention() -> None:
    """A mention may name a story."""
    assert mention_of(change("mentions", {"story_id": "3"})).mention.story_id == "3"


def test_page_mention() -> None:
    """A Page's mentions name a post, and say what is in it."""
    value = {
        "item": "comment",
        "verb": "add",
        "post_id": "5_6",
        "comment_id": "6_7",
        "message": "@us",
        "created_time": 1763599990,
        "from": {"id": PAGE, "name": "We"},
    }
    typed = mention_of(change("mention", value, "page"), identity(PAGE))
    assert typed.mention.media_id == "5_6"
    assert typed.mention.text == "@us"
    assert typed.mention.author == Person(id=PAGE, name="We")
    assert typed.own


def test_handle_of_nobody() -> None:
    """An account without a known handle owns no handle."""
    assert not identity("1").wrote(Person(username="x"))
    assert not US.wrote(Person(name="our.shop"))
