"""What rules see of events, from what the enricher makes of Meta's own shapes."""

from datetime import timedelta

import msgspec
import pytest
from msgspec.structs import replace

from services.moderator.reading import read_facts
from shared.contracts.enriched import (
    Attachment,
    Comment,
    Conversation,
    EnrichedComment,
    Media,
    Person,
    Referral,
    Story,
)
from tests import heard
from tests.enricher import ACCOUNT, PAGE, RECEIVED, change, comment_of, mention_of, message_of
from tests.enricher import messaging as item
from tests.heard import ANA, at

VALUE = {
    "id": "17990000000000011",
    "text": "how much?",
    "from": {"id": "880001", "username": "ana.test"},
    "media": {"id": "18010000000000021", "media_product_type": "REELS"},
    "parent_id": "17990000000000010",
}


def test_comment() -> None:
    """A comment as Meta sends it."""
    facts = read_facts(comment_of(change("comments", VALUE)))
    assert facts.kind == "comment"
    assert facts.thread == facts.parent_id == "17990000000000010"
    assert (facts.comment_id, facts.media_id) == ("17990000000000011", "18010000000000021")
    assert (facts.person_id, facts.username, facts.text) == ("880001", "ana.test", "how much?")
    assert facts.names == {"880001", "ana.test"}
    assert not any((facts.own, facts.test, facts.ad, facts.live, facts.edited))


def test_page_comment() -> None:
    """A comment on a Page's post, from its feed."""
    value = {
        "item": "comment",
        "verb": "edited",
        "comment_id": "77_11",
        "post_id": f"{PAGE}_77",
        "parent_id": f"{PAGE}_77",
        "from": {"id": "5501", "name": "Ana Test"},
        "message": "now with a link",
        "created_time": 1763600000,
    }
    facts = read_facts(comment_of(change("feed", value, "page")))
    assert (facts.kind, facts.platform, facts.edited) == ("comment", "page", True)
    assert (facts.comment_id, facts.parent_id, facts.media_id) == ("77_11", None, f"{PAGE}_77")
    assert (facts.person_id, facts.name) == ("5501", "Ana Test")


def test_live_comment() -> None:
    """A comment on a broadcast is a kind of its own."""
    facts = read_facts(comment_of(change("live_comments", VALUE)))
    assert (facts.kind, facts.live) == ("live-comment", True)


def test_ad_comment() -> None:
    """A comment on an ad knows the post that the ad was made from (pitfalls B14)."""
    media = Media(id="m1", ad_id="120", original_media_id="m0", username="our.shop")
    facts = read_facts(heard.comment(media=media))
    assert (facts.ad, facts.media_id, facts.original_media_id) == (True, "m1", "m0")
    assert facts.account_name == "our.shop"


@pytest.mark.parametrize(
    "media",
    [Media(id="m1", original_media_id="m0"), Media(id="m1", product_type="AD")],
)
def test_ad_told_otherwise(media: Media) -> None:
    """Login families name different marks of an ad."""
    assert read_facts(heard.comment(media=media)).ad


def test_media_told_beside() -> None:
    """A comment that does not say what it is on takes it from its media."""
    media = Media(id="m7")
    facts = read_facts(heard.comment(comment=Comment(id="c1", text="hi"), media=media))
    assert (facts.media_id, facts.ad) == ("m7", False)
    assert (facts.person_id, facts.names) == (None, frozenset())


@pytest.mark.parametrize("action", ["removed", "hidden", "unhidden", "other"])
def test_nothing_said(action: str) -> None:
    """Only what is said is judged."""
    comment = msgspec.convert({"id": "c1", "action": action, "text": "x"}, Comment)
    facts = read_facts(heard.comment(comment=comment))
    assert facts.kind is None
    assert facts.removed == (action == "removed")


@pytest.mark.parametrize(("text", "kind"), [(None, None), ("mended", "comment")])
def test_edit(text: str | None, kind: str | None) -> None:
    """An edit is judged when it says what the words are now."""
    comment = Comment(id="c1", action="edited", text=text)
    assert read_facts(heard.comment(comment=comment)).kind == kind


def test_comment_without_text() -> None:
    """A picture alone is judged, too: rules may ask whether there is a text."""
    facts = read_facts(heard.comment(comment=Comment(id="c1")))
    assert (facts.kind, facts.text) == ("comment", "")


def by(author: Person, owner: str | None = "our.shop", **more: object) -> EnrichedComment:
    """A comment by `author` below the account's own media."""
    fields = {"id": "c1", "text": "hi", "author": author, **more}
    media = Media(id="m1", username=owner)
    return heard.comment(comment=Comment(**fields), media=media)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "author", [Person(id=heard.ACCOUNT), Person(username="@Our.Shop"), Person(username="our.shop")]
)
def test_own_comment(author: Person) -> None:
    """The account is known by its id, and by its handle however it is written (pitfalls B1)."""
    assert read_facts(by(author)).own


@pytest.mark.parametrize(
    ("author", "owner"), [(ANA, "our.shop"), (ANA, None), (Person(), "our.shop"), (Person(), None)]
)
def test_not_own_comment(author: Person, owner: str | None) -> None:
    """Nobody else is taken for the account, least of all whose name is withheld."""
    assert not read_facts(by(author, owner)).own


def test_told_as_own() -> None:
    """What the enricher knows to be ours is ours."""
    assert read_facts(heard.comment(own=True)).own


def test_times() -> None:
    """When it was written is told apart from when we heard of it, and is never after that."""
    old = Comment(id="c1", text="hi", created_at=at(-3600))
    facts = read_facts(heard.comment(seconds=5, comment=old))
    assert (facts.occurred_at, facts.written_at, facts.received_at) == (at(5), at(-3600), at(6))
    assert facts.said_at == at(-3600)
    assert replace(facts, edited=True).said_at == at(5)
    ahead = read_facts(heard.comment(seconds=5, received_at=at(0)))
    assert ahead.occurred_at == ahead.written_at == at(0)


def test_mention() -> None:
    """A mention in a comment, which carries ids only."""
    value = {"media_id": "18010000000000099", "comment_id": "17990000000000099"}
    facts = read_facts(mention_of(change("mentions", value)))
    assert (facts.kind, facts.text) == ("mention", "")
    assert (facts.comment_id, facts.media_id) == ("17990000000000099", "18010000000000099")


def test_mention_in_a_story() -> None:
    """A story that mentions the account."""
    assert read_facts(heard.mention(story_id="s1", text="@our.shop")).story_mention


@pytest.mark.parametrize(
    ("verb", "text", "kind", "edited", "removed"),
    [
        ("add", None, "mention", False, False),
        ("edit", "new", "mention", True, False),
        ("edited", None, None, True, False),
        ("remove", None, None, False, True),
    ],
)
def test_mention_verbs(
    verb: str, text: str | None, kind: str | None, edited: bool, removed: bool
) -> None:
    """Mentions are edited and removed like comments."""
    facts = read_facts(heard.mention(media_id="m9", verb=verb, text=text))
    assert (facts.kind, facts.edited, facts.removed) == (kind, edited, removed)


def test_message() -> None:
    """A message: the conversation's person is its author."""
    facts = read_facts(message_of(item({"message": {"mid": "mid1", "text": "hello"}})))
    assert (facts.kind, facts.thread, facts.person_id) == ("message", "880001", "880001")
    assert (facts.message_id, facts.text, facts.comment_id) == ("mid1", "hello", None)


def test_echo() -> None:
    """What the account wrote in a conversation is its own (pitfalls B2)."""
    echo = {"mid": "mid1", "text": "hello", "is_echo": True}
    event = item({"message": echo}, sender={"id": ACCOUNT}, recipient={"id": "880001"})
    facts = read_facts(message_of(event))
    assert (facts.own, facts.thread) == (True, "880001")


def test_message_to_oneself() -> None:
    """Who writes to himself tries something out."""
    assert read_facts(heard.message(self_message=True)).own


@pytest.mark.parametrize(
    ("title", "payload", "text"),
    [("Prices", "PRICES", "Prices"), (None, "PRICES", "PRICES"), (None, None, "")],
)
def test_postback(title: str | None, payload: str | None, text: str) -> None:
    """What is tapped counts as said."""
    facts = read_facts(heard.message("postback", postback_title=title, postback_payload=payload))
    assert (facts.kind, facts.text) == ("message", text)


@pytest.mark.parametrize(("text", "kind"), [(None, None), ("mended", "message")])
def test_message_edit(text: str | None, kind: str | None) -> None:
    """Instagram sends an edit without a text with every message (platform §0.7)."""
    facts = read_facts(heard.message("message-edit", text=text))
    assert (facts.kind, facts.edited) == (kind, True)


def test_unsent_message() -> None:
    """Nothing is left to be judged."""
    facts = read_facts(heard.message("message-deleted"))
    assert (facts.kind, facts.removed) == (None, True)


@pytest.mark.parametrize("kind", ["reaction", "read", "delivery", "handover", "optin", "referral"])
def test_other_kinds(kind: str) -> None:
    """What is no speech is not judged."""
    event = heard.message(kind)  # type: ignore[arg-type]
    assert read_facts(event).kind is None


def test_unknown_direction() -> None:
    """Where nobody knows who wrote to whom there is nothing to judge."""
    assert read_facts(heard.message(direction="unknown")).kind is None


@pytest.mark.parametrize("elsewhere", [True, False])
def test_standby(elsewhere: bool) -> None:
    """Another app has the conversation: told by where the event stood, or by the conversation."""
    conversation = Conversation(id="880001", owned_elsewhere=elsewhere)
    assert read_facts(heard.message(conversation=conversation)).standby == elsewhere
    assert read_facts(heard.message(standby=True)).standby


def test_stories() -> None:
    """An answer to our story, and a story that mentions us (pitfalls B9)."""
    assert read_facts(heard.message(reply_to_story=Story(id="s1"))).story_reply
    attachments = (Attachment(type="image"), Attachment(type="story_mention"))
    assert read_facts(heard.message(attachments=attachments)).story_mention
    plain = read_facts(heard.message())
    assert (plain.story_reply, plain.story_mention) == (False, False)


@pytest.mark.parametrize(("ad_id", "ad"), [("120", True), (None, False)])
def test_message_from_an_ad(ad_id: str | None, ad: bool) -> None:
    """Whoever came by an ad has it on the message."""
    referral = Referral(source="ADS", ad_id=ad_id, ref="x")
    assert read_facts(heard.message(referral=referral)).ad == ad


def test_dashboard_test() -> None:
    """What Meta's dashboard makes up stays marked (pitfalls B19)."""
    event = heard.comment(test=True)
    assert read_facts(event).test


def test_polled_backlog_keeps_its_age() -> None:
    """Polled today, said a month ago."""
    month = timedelta(days=30)
    event = heard.comment(origin="poll", occurred_at=RECEIVED - month, received_at=RECEIVED)
    assert read_facts(event).said_at == RECEIVED - month
