"""Messages and all that happens to them, in every shape that Meta gives them."""

from datetime import timedelta

import pytest

from shared.contracts.enriched import (
    Conversation,
    Message,
    Person,
    Referral,
    Story,
)
from tests.enricher import (
    ACCOUNT,
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


def test_postback() -> None:
    """A tapped button."""
    typed = message_of(messaging({"postback": {"mid": "m1", "title": "Prices", "payload": "P"}}))
    assert typed.message == inbound(postback_title="Prices", postback_payload="P")
    assert typed.conversation == WINDOW


def test_postback_of_a_plugin() -> None:
    """A plugin's `user_ref` is nobody's id."""
    typed = message_of(messaging({"postback": {"payload": "P"}}, sender={"user_ref": "r"}))
    assert typed.message.person is None


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


def test_bare_sides() -> None:
    """A sender may be an id alone, or an object alone in an array."""
    for sender in (PERSON, int(PERSON), [{"id": PERSON}]):
        typed = message_of(messaging({"message": {"mid": "m1"}}, sender=sender))
        assert typed.message == inbound()
        assert typed.conversation == WINDOW


def test_plugin_visitor() -> None:
    """A plugin's visitor writes to us too, but the reference to them is no id to ask about."""
    event = messaging({"postback": {"payload": "P"}}, sender={"user_ref": "ref 1"})
    assert message_of(event).message == Message(direction="inbound", postback_payload="P")
