"""Raw events for the enricher's tests, made the way the receiver makes them."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from services.enricher.identity import Identity, identity
from services.enricher.normalise import normalise
from shared.contracts.enriched import EnrichedComment, EnrichedMention, EnrichedMessage
from shared.contracts.raw import RawEvent
from shared.meta.split import split

ACCOUNT = "17841400000000001"
PERSON = "880001"
PAGE = "1122334455"
RECEIVED = datetime(2025, 11, 20, 12, tzinfo=UTC)
SENT = 1763600000
SENT_AT = datetime.fromtimestamp(SENT, UTC)
US = identity(ACCOUNT, "9001", username="our.shop")


_PERSON = {"id": PERSON}


def events_of(body: bytes | object, app: str = "shop") -> list[RawEvent]:
    """The events of one delivery."""
    written = body if isinstance(body, bytes) else json.dumps(body).encode()
    return split(written, app, RECEIVED)


def delivery(container: str, item: object, platform: str = "instagram") -> dict[str, object]:
    """A delivery of one item."""
    account = PAGE if platform == "page" else ACCOUNT
    entry = {"id": account, "time": SENT, container: [item]}
    return {"object": platform, "entry": [entry]}


def change(field: str, value: object, platform: str = "instagram") -> RawEvent:
    """The event of one change."""
    (event,) = events_of(delivery("changes", {"field": field, "value": value}, platform))
    return event


def messaging(
    item: Mapping[str, object],
    platform: str = "instagram",
    sender: object = _PERSON,
    recipient: object = None,
) -> RawEvent:
    """The event of one item of messaging[], from the person to the account."""
    account = PAGE if platform == "page" else ACCOUNT
    sides = {"sender": sender, "recipient": recipient or {"id": account}, "timestamp": SENT * 1000}
    (event,) = events_of(delivery("messaging", {**sides, **item}, platform))
    return event


def message_of(event: RawEvent, us: Identity = US) -> EnrichedMessage:
    """The event as a typed message."""
    typed = normalise(event, us)
    assert isinstance(typed, EnrichedMessage)
    return typed


def comment_of(event: RawEvent, us: Identity = US) -> EnrichedComment:
    """The event as a typed comment."""
    typed = normalise(event, us)
    assert isinstance(typed, EnrichedComment)
    return typed


def mention_of(event: RawEvent, us: Identity = US) -> EnrichedMention:
    """The event as a typed mention."""
    typed = normalise(event, us)
    assert isinstance(typed, EnrichedMention)
    return typed
