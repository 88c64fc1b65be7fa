"""Whatever the receiver lets through can be typed, written and read."""

import json

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from services.enricher.normalise import normalise
from shared import topics
from shared.contracts import wire
from shared.contracts.enriched import (
    EnrichedComment,
    EnrichedEvent,
    EnrichedMention,
    EnrichedMessage,
)
from shared.contracts.records import Record
from shared.errors import Rejected
from tests.enricher import ACCOUNT, PERSON, US, delivery, events_of

_WORDS = (
    "id from sender recipient username text message mid media media_id comment_id "
    "parent_id verb is_echo is_deleted attachments payload url type reaction action "
    "emoji postback referral read watermark reply_to story num_edit message_edit item "
    "post_id created_time value field pass_thread_control new_owner_app_id delivery "
    "mids post product sticker_id optin "
)
_NAMES = st.sampled_from(_WORDS.split())
_ODD = st.sampled_from(
    [None, True, 0, -1, 1.5, 10**400, 2**63, 10**30, "", "\ud800", "\x00", "5", ACCOUNT, PERSON]
)
_JSON = st.recursive(
    _ODD | st.text(max_size=8) | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=6),
    max_leaves=15,
)
_FIELDS = st.sampled_from(
    ["comments", "live_comments", "mentions", "mention", "feed", "messages", "standby"]
)
_CHANGE = st.fixed_dictionaries({"field": _FIELDS, "value": _JSON})
_COMMENT = st.fixed_dictionaries(
    {"field": _FIELDS, "value": st.dictionaries(_NAMES, _JSON, max_size=8)}
)
_ITEM = st.dictionaries(_NAMES, _JSON, max_size=8)

_DECODERS: dict[type[EnrichedEvent], msgspec.json.Decoder[EnrichedEvent]] = {
    kind: msgspec.json.Decoder(kind) for kind in (EnrichedComment, EnrichedMention, EnrichedMessage)
}


def check(body: object) -> None:
    """Every event of `body` becomes one that can be written and read."""
    try:
        events = events_of(json.dumps(body).encode())
    except Rejected:
        return
    for event in events:
        if event.kind in {"change", "broken"}:
            continue
        typed = normalise(event, US)
        topic, key, value, headers, _ = wire.enriched_record(typed, b"")
        record = Record(topic, 0, 0, 0, key, value, headers)
        again: EnrichedEvent = wire.decode(record, _DECODERS[type(typed)])  # type: ignore[type-var]
        assert again == typed
        assert again.event.item == event.item


@settings(max_examples=300)
@given(_CHANGE | _COMMENT, st.sampled_from(["instagram", "page"]))
def test_any_change(item: object, platform: str) -> None:
    """Any change."""
    check(delivery("changes", item, platform))


@settings(max_examples=300)
@given(_ITEM, st.sampled_from(["messaging", "standby"]))
def test_any_item(item: object, container: str) -> None:
    """Any item of messaging[] or standby[]."""
    check(delivery(container, item))


def test_five_megabytes() -> None:
    """A text of 5 MB is one like any other."""
    text = "x" * 4_900_000
    (event,) = events_of(delivery("messaging", {"message": {"mid": "m1", "text": text}}))
    typed = normalise(event, US)
    assert isinstance(typed, EnrichedMessage)
    assert typed.message.text == text


def test_every_item_fits() -> None:
    """Typing never makes an item grow beyond what its topic takes."""
    attachments: list[object] = [{}] * 1_000_000
    (event,) = events_of(
        delivery("messaging", {"message": {"mid": "m" * 400, "attachments": attachments}})
    )
    assert len(msgspec.json.encode(normalise(event, US))) < topics.ENRICHED_RECORD_BYTES
