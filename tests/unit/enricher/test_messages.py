"""Messages and all that happens to them, in every shape that Meta gives them."""

from datetime import timedelta

import pytest

from services.enricher.identity import identity
from shared.contracts.enriched import (
    Attachment,
    Conversation,
    Handover,
    Message,
    Person,
    Reaction,
    Referral,
    Story,
)
from tests.enricher import (
    ACCOUNT,
    PAGE,
    PERSON,
    SENT_AT,
    change,
    delivery,
    events_of,
    message_of,
    messaging,
)

WINDOW = Conversation(id=PERSON, window_closes_at=SENT_AT + timedelta(hours=24))


def sent(**fields: object) -> Message:
    """A message with these fields, typed."""
    return message_of(messaging({"message": {"mid": "m1", **fields}})).message


def inbound(**fields: object) -> Message:
    """What such a message should be."""
    return Message(direction="inbound", person=Person(id=PERSON), mid="m1", **fields)  # type: ignore[arg-type]


def test_text() -> None:
    """A person writes: inbound, and we may answer for a day."""
    typed = message_of(messaging({"message": {"mid": "m1", "text": "hello"}}))
    assert typed.message == inbound(text="hello")
    assert typed.conversation == WINDOW
    assert not typed.own


def test_fields_of_a_message() -> None:
    """Everything else a message may carry."""
    assert sent(quick_reply={"payload": "RED"}).quick_reply == "RED"
    assert sent(reply_to={"mid": "m0"}).reply_to_mid == "m0"
    assert sent(is_unsupported=True) == inbound(unsupported=True)
    assert sent(is_self="true").self_message
    assert sent(app_id=26390203743090).sent_by_app == "26390203743090"


def test_story_reply() -> None:
    """An answer to a story."""
    story = {"url": "https://cdn.test/1", "id": 18, "link_sticker_url": "https://shop.test"}
    assert sent(reply_to={"story": story}).reply_to_story == Story(
        id="18", url="https://cdn.test/1", link_sticker_url="https://shop.test"
    )


@pytest.mark.parametrize(
    ("attachment", "typed"),
    [
        ({"type": "image", "payload": {"url": "https://c.test/1"}}, {"url": "https://c.test/1"}),
        ({"type": "file", "payload": {"URL": "https://c.test/1"}}, {"url": "https://c.test/1"}),
        (
            {
                "type": "ig_story",
                "payload": {"story_media_url": "https://c.test/1", "story_media_id": 7},
            },
            {"url": "https://c.test/1", "media_id": "7"},
        ),
        (
            {"type": "ig_reel", "payload": {"reel_video_id": "18", "title": "t"}},
            {"media_id": "18", "title": "t"},
        ),
        ({"type": "like_heart"}, {}),
        ({"type": "video", "payload": None}, {}),
        ({"type": "video", "payload": "https://c.test/1"}, {"url": "https://c.test/1"}),
        ({"type": "video", "payload": "/relative/1"}, {"url": "/relative/1"}),
        ({"type": "video", "payload": "words"}, {}),
        (
            {"type": "fallback", "title": "t", "URL": "https://c.test/1"},
            {"title": "t", "url": "https://c.test/1"},
        ),
        (
            {"type": "template", "payload": {"generic": {"elements": [{"title": "Card"}]}}},
            {"title": "Card"},
        ),
        (
            {"type": "template", "payload": {"product": {"elements": [{"title": "Shoe"}]}}},
            {"title": "Shoe"},
        ),
        ({"type": "template", "payload": {"elements": ["?"]}}, {}),
        ({"type": "hologram", "payload": {"url": 5}}, {}),
    ],
)
def test_attachment(attachment: dict[str, object], typed: dict[str, str]) -> None:
    """Attachments of known, old and unknown types."""
    expected = Attachment(type=str(attachment["type"]), **typed)
    assert sent(attachments=[attachment]).attachments == (expected,)


def test_odd_attachments() -> None:
    """No type, no list, no object."""
    assert sent(attachments=[{}]).attachments == (Attachment(type="unknown"),)
    assert sent(attachments={"type": "image"}).attachments == (Attachment(type="image"),)
    assert sent(attachments=["x", None, 3]).attachments == ()
    assert sent(attachments=[{"type": "unsupported_type"}]).unsupported
    assert len(sent(attachments=[{}] * 5000).attachments) == 100


@pytest.mark.parametrize(
    ("twins", "kept"),
    [
        (
            [
                {"type": "share", "payload": {"url": "https://c.test/?asset_id=5&s=1"}},
                {
                    "type": "ig_post",
                    "payload": {
                        "ig_post_media_id": "18",
                        "title": "t",
                        "url": "https://c.test/?asset_id=5&s=2",
                    },
                },
            ],
            Attachment(
                type="ig_post", url="https://c.test/?asset_id=5&s=2", media_id="18", title="t"
            ),
        ),
        (
            [
                {"type": "ig_post", "payload": {"ig_post_media_id": "18"}},
                {"type": "share", "payload": {"ig_post_media_id": "18", "url": "https://c.test/1"}},
            ],
            Attachment(type="ig_post", url="https://c.test/1", media_id="18"),
        ),
        (
            [
                {"type": "image", "payload": {"url": "https://c.test/1", "sticker_id": 369}},
                {"type": "sticker", "payload": {"url": "https://c.test/1", "sticker_id": 369}},
            ],
            Attachment(type="sticker", url="https://c.test/1", sticker_id="369"),
        ),
    ],
)
def test_twins(twins: list[object], kept: Attachment) -> None:
    """Two attachments of one thing become one, the better of the two."""
    assert sent(attachments=twins).attachments == (kept,)


def test_different_things_stay() -> None:
    """Several images are several attachments, also where a link can't be taken apart."""
    urls = ["https://c.test/1", "https://c.test/2", "https://[x?asset_id=1", "https://y?xasset_id="]
    images = [{"type": "image", "payload": {"url": url}} for url in urls]
    assert len(sent(attachments=images).attachments) == 4


@pytest.mark.parametrize(
    "item",
    [
        {
            "message": {
                "mid": "m1",
                "referral": {
                    "ref": "r",
                    "source": "ADS",
                    "type": "OPEN_THREAD",
                    "ad_id": 12,
                    "ads_context_data": {"ad_title": "T"},
                    "product": {"id": 44},
                },
            }
        },
        {
            "postback": {
                "mid": "m1",
                "referral": {
                    "ref": "r",
                    "source": "ADS",
                    "type": "OPEN_THREAD",
                    "ad_id": "12",
                    "ads_context_data": {"ad_title": "T"},
                    "product": {"id": "44"},
                },
            }
        },
        {
            "referral": {
                "ref": "r",
                "source": "ADS",
                "type": "OPEN_THREAD",
                "ad_id": "12",
                "ads_context_data": {"ad_title": "T"},
                "product": {"id": "44"},
            }
        },
    ],
)
def test_referral(item: dict[str, object]) -> None:
    """A referral stands in a message, in a postback or alone; each opens the window."""
    typed = message_of(messaging(item))
    assert typed.message.referral == Referral(
        ref="r", source="ADS", type="OPEN_THREAD", ad_id="12", ad_title="T", product_id="44"
    )
    assert typed.conversation == WINDOW


@pytest.mark.parametrize(
    ("sender", "recipient"),
    [(ACCOUNT, PERSON), (PERSON, ACCOUNT), ("9001", PERSON), ("777", PERSON)],
)
def test_echo(sender: str, recipient: str) -> None:
    """Our own message, also unreversed or from another id: outbound, to the person."""
    item = {"message": {"mid": "m1", "text": "hi", "is_echo": True}}
    typed = message_of(messaging(item, sender={"id": sender}, recipient={"id": recipient}))
    assert typed.own
    assert typed.message.direction == "outbound"
    assert typed.message.person == Person(id=PERSON)
    assert typed.conversation == Conversation(id=PERSON)


def test_own_message_without_echo() -> None:
    """What the account sends is ours even where nothing says echo."""
    sent_by_us = messaging(
        {"message": {"mid": "m1"}}, sender={"id": ACCOUNT}, recipient={"id": PERSON}
    )
    assert message_of(sent_by_us).own


def test_other_recipient() -> None:
    """The recipient may differ from the entry: the entry's account counts."""
    typed = message_of(messaging({"message": {"mid": "m1"}}, recipient={"id": "12"}))
    assert (typed.own, typed.message.person) == (False, Person(id=PERSON))


def test_self_message() -> None:
    """An account that writes to itself."""
    item: dict[str, object] = {"message": {"mid": "m1", "is_echo": True, "is_self": True}}
    typed = message_of(messaging(item, sender={"id": ACCOUNT}, recipient={"id": "9001"}))
    assert typed.own
    assert typed.message.self_message
    assert typed.conversation is None


@pytest.mark.parametrize(("number", "typed"), [("1", 1), (2, 2), (0, 0), ("x", None), (None, None)])
def test_edit(number: object, typed: int | None) -> None:
    """An edit; its number may be a string."""
    edit = {"mid": "m1", "text": "new", "num_edit": number}
    message = message_of(messaging({"message_edit": edit}))
    assert message.message == inbound(text="new", edit_number=typed)
    assert message.conversation == Conversation(id=PERSON)


def test_edit_without_parties() -> None:
    """As seen live: no sender, no recipient, number 0."""
    item = {"timestamp": 1763600001000, "message_edit": {"mid": "m1", "num_edit": 0}}
    (event,) = events_of(delivery("messaging", item))
    typed = message_of(event)
    assert typed.message == Message(direction="unknown", mid="m1", edit_number=0)
    assert typed.conversation is None


def test_deleted() -> None:
    """An unsend opens no window."""
    typed = message_of(messaging({"message": {"mid": "m1", "is_deleted": True}}))
    assert typed.message == inbound()
    assert typed.conversation == Conversation(id=PERSON)


@pytest.mark.parametrize(
    ("reaction", "typed", "opens"),
    [
        (
            {"action": "react", "reaction": "love", "emoji": "\u2764\ufe0f"},
            Reaction(action="react", name="love", emoji="\u2764\ufe0f"),
            True,
        ),
        (
            {"action": "react", "reaction": "other", "emoji": "\\u{1F44D}\\u{1F3FD}"},
            Reaction(action="react", name="other", emoji="\U0001f44d\U0001f3fd"),
            True,
        ),
        (
            {"action": "react", "emoji": "\\u{D800}\\u{FFFFFF}"},
            Reaction(action="react", emoji="\\u{D800}\\u{FFFFFF}"),
            True,
        ),
        ({"action": "unreact"}, Reaction(action="unreact"), False),
        ({"emoji": "x"}, Reaction(action="react", emoji="x"), True),
    ],
)
def test_reaction(reaction: dict[str, str], typed: Reaction, opens: bool) -> None:  # noqa: FBT001
    """A reaction opens the window, its withdrawal does not."""
    message = message_of(messaging({"reaction": {"mid": "m1", **reaction}}))
    assert message.message == inbound(reaction=typed)
    assert message.conversation == (WINDOW if opens else Conversation(id=PERSON))


def test_postback() -> None:
    """A tapped button."""
    typed = message_of(messaging({"postback": {"mid": "m1", "title": "Prices", "payload": "P"}}))
    assert typed.message == inbound(postback_title="Prices", postback_payload="P")
    assert typed.conversation == WINDOW


def test_postback_of_a_plugin() -> None:
    """A plugin's `user_ref` is nobody's id."""
    typed = message_of(messaging({"postback": {"payload": "P"}}, sender={"user_ref": "r"}))
    assert typed.message.person is None


@pytest.mark.parametrize(
    ("receipt", "mid", "until"),
    [({"mid": "m1"}, "m1", False), ({"watermark": 1763600000000}, None, True)],
)
def test_read(receipt: dict[str, object], mid: str | None, until: bool) -> None:  # noqa: FBT001
    """Read up to a message, or up to a time; no act that opens the window."""
    typed = message_of(messaging({"read": receipt}))
    assert typed.message.mid == mid
    assert typed.message.read_until == (SENT_AT if until else None)
    assert typed.conversation == Conversation(id=PERSON)


def test_delivery() -> None:
    """Delivered messages, without a time."""
    item: dict[str, object] = {"delivery": {"mids": ["m1", 2, None], "watermark": 1763600000000}}
    typed = message_of(messaging(item, "page"), identity(PAGE))
    assert typed.message.delivered_mids == ("m1", "2")
    assert typed.message.read_until == SENT_AT


@pytest.mark.parametrize(
    ("app", "item", "handover", "elsewhere"),
    [
        (
            "shop",
            {
                "pass_thread_control": {
                    "previous_owner_app_id": 111,
                    "new_owner_app_id": "222",
                    "metadata": "m",
                }
            },
            Handover(action="pass_thread_control", previous_app="111", new_app="222", metadata="m"),
            False,
        ),
        (
            "111",
            {"pass_thread_control": {"new_owner_app_id": "222"}},
            Handover(action="pass_thread_control", new_app="222"),
            True,
        ),
        (
            "222",
            {"take_thread_control": {"new_owner_app_id": "222"}},
            Handover(action="take_thread_control", new_app="222"),
            False,
        ),
        (
            "shop",
            {"take_thread_control": {"new_owner_app_id": None}},
            Handover(action="take_thread_control"),
            True,
        ),
        (
            "shop",
            {"request_thread_control": {"requested_owner_app_id": "222"}},
            Handover(action="request_thread_control", new_app="222"),
            False,
        ),
        ("shop", {"app_roles": {"222": ["primary_receiver"]}}, Handover(action="app_roles"), False),
    ],
)
def test_handover(app: str, item: dict[str, object], handover: Handover, elsewhere: bool) -> None:  # noqa: FBT001
    """Who owns the conversation now."""
    sides = {"sender": {"id": PERSON}, "recipient": {"id": ACCOUNT}, "timestamp": 1763600000000}
    (event,) = events_of(delivery("messaging", {**sides, **item}), app)
    typed = message_of(event)
    assert typed.message.handover == handover
    assert typed.conversation == Conversation(id=PERSON, owned_elsewhere=elsewhere)


def test_standby() -> None:
    """Another app owns the conversation; the person's window opens all the same."""
    sides = {"sender": {"id": PERSON}, "recipient": {"id": ACCOUNT}, "timestamp": 1763600000000}
    (event,) = events_of(delivery("standby", {**sides, "message": {"mid": "m1"}}))
    typed = message_of(event)
    assert typed.message == inbound(standby=True)
    assert typed.conversation
    assert typed.conversation.owned_elsewhere
    assert typed.conversation.window_closes_at == WINDOW.window_closes_at


def test_feedback() -> None:
    """Thumbs for what we sent."""
    typed = message_of(messaging({"response_feedback": {"feedback": "Bad response", "mid": "m1"}}))
    assert typed.message == inbound(feedback="Bad response")


@pytest.mark.parametrize("key", ["policy_enforcement", "policy-enforcement"])
def test_policy(key: str) -> None:
    """Meta warns or blocks: nobody sent it."""
    item = {
        "recipient": {"id": PAGE},
        "timestamp": 1763600009000,
        key: {"action": "block", "reason": "r"},
    }
    (event,) = events_of(delivery("messaging", item, "page"))
    typed = message_of(event, identity(PAGE))
    assert typed.message == Message(direction="unknown", policy_action="block", policy_reason="r")


def test_dashboard_sample() -> None:
    """Meta's dashboard tries out messages inside changes[]."""
    value = {
        "sender": {"id": "12334"},
        "recipient": {"id": "23245"},
        "timestamp": "1527459824",
        "message": {"mid": "random_mid", "text": "random_text"},
    }
    event = change("messages", value)
    assert event.test
    assert message_of(event).message.text == "random_text"


def test_unknown_kind() -> None:
    """Kinds that nobody knows are messages of which only the parties are known."""
    typed = message_of(messaging({"hologram": {"x": 1}}))
    assert typed.message == Message(direction="inbound", person=Person(id=PERSON))


def test_numeric_parties() -> None:
    """Ids may be numbers."""
    item: dict[str, object] = {"message": {"mid": "m1", "is_echo": True}}
    typed = message_of(messaging(item, sender={"id": int(ACCOUNT)}, recipient={"id": 880001}))
    assert typed.message.person == Person(id=PERSON)
