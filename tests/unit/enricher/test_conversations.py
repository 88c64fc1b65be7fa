"""What happens around messages: receipts, reactions, and whose the conversation is."""

from datetime import timedelta

import pytest

from services.enricher.identity import identity
from shared.contracts.enriched import (
    Conversation,
    Handover,
    Message,
    Person,
    Reaction,
)
from tests.enricher import (
    ACCOUNT,
    PAGE,
    PERSON,
    SENT_AT,
    delivery,
    events_of,
    message_of,
    messaging,
)

WINDOW = Conversation(id=PERSON, window_closes_at=SENT_AT + timedelta(hours=24))


def inbound(**fields: object) -> Message:
    """What such a message should be."""
    return Message(direction="inbound", person=Person(id=PERSON), mid="m1", **fields)  # type: ignore[arg-type]


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
def test_reaction(reaction: dict[str, str], typed: Reaction, opens: bool) -> None:
    """A reaction opens the window, its withdrawal does not."""
    message = message_of(messaging({"reaction": {"mid": "m1", **reaction}}))
    assert message.message == inbound(reaction=typed)
    assert message.conversation == (WINDOW if opens else Conversation(id=PERSON))


@pytest.mark.parametrize(
    ("receipt", "mid", "until"),
    [({"mid": "m1"}, "m1", False), ({"watermark": 1763600000000}, None, True)],
)
def test_read(receipt: dict[str, object], mid: str | None, until: bool) -> None:
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
def test_handover(app: str, item: dict[str, object], handover: Handover, elsewhere: bool) -> None:
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
