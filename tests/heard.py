"""Enriched events and outcomes for tests, as the persister reads them; the defaults are a common
case."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from services.persister.events import Item, Kept, decode
from shared.contracts import wire
from shared.contracts.actions import Action, ActionKind, ActionState, Outcome
from shared.contracts.enriched import (
    Comment,
    Conversation,
    EnrichedComment,
    EnrichedEvent,
    EnrichedMention,
    EnrichedMessage,
    Enrichment,
    Media,
    Mention,
    Message,
    Person,
)
from shared.contracts.raw import Kind, RawEvent
from shared.contracts.records import Outgoing, Record

ACCOUNT = "17841400000000001"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ANA = Person(id="880001", username="ana.test")
COMPLETE = Enrichment(status="complete")


def at(seconds: float) -> datetime:
    """So many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


def raw(kind: Kind, name: str, seconds: float = 0, item: bytes = b"{}", **more: Any) -> RawEvent:
    """An envelope; `name` makes its id."""
    fields: dict[str, Any] = {
        "id": f"instagram:{ACCOUNT}:{kind}:{name}",
        "kind": kind,
        "platform": "instagram",
        "account": ACCOUNT,
        "thread": "880001",
        "app": "shop",
        "container": "changes",
        "field": "comments",
        "occurred_at": at(seconds),
        "time_source": "event",
        "received_at": at(seconds + 1),
        "item": msgspec.Raw(item),
    }
    return RawEvent(**(fields | more))


def comment(
    name: str = "added",
    seconds: float = 0,
    *,
    comment: Comment | None = None,
    media: Media | None = None,
    own: bool = False,
    enrichment: Enrichment = COMPLETE,
    **envelope: Any,
) -> EnrichedComment:
    """Something that happened to a comment."""
    return EnrichedComment(
        event=raw("comment", name, seconds, **envelope),
        own=own,
        comment=comment or Comment(id="c1", text="love it", author=ANA, media_id="m1"),
        media=media,
        enrichment=enrichment,
    )


def mention(name: str = "m", seconds: float = 0, **fields: Any) -> EnrichedMention:
    """A mention; `fields` are those of `Mention`."""
    return EnrichedMention(
        event=raw("mention", name, seconds),
        own=False,
        mention=Mention(**fields),
        enrichment=COMPLETE,
    )


def message(
    kind: Kind = "message",
    name: str = "mid1",
    seconds: float = 0,
    *,
    own: bool = False,
    conversation: Conversation | None = None,
    envelope: dict[str, Any] | None = None,
    **fields: Any,
) -> EnrichedMessage:
    """Something that happened in a conversation; `fields` are those of `Message`."""
    defaults: dict[str, Any] = {"direction": "inbound", "person": ANA, "mid": "mid1"}
    return EnrichedMessage(
        event=raw(kind, name, seconds, **(envelope or {})),
        own=own,
        message=Message(**(defaults | fields)),
        conversation=conversation,
        enrichment=COMPLETE,
    )


def outcome(
    kind: ActionKind,
    seconds: float = 0,
    *,
    state: ActionState = "sent",
    reason: str | None = None,
    created_id: str | None = None,
    recipient_id: str | None = None,
    **fields: Any,
) -> Outcome:
    """What became of an action; `fields` are those of `Action`."""
    defaults: dict[str, Any] = {
        "id": f"instagram:{ACCOUNT}:comment:c1/rule/{kind}",
        "kind": kind,
        "platform": "instagram",
        "account": ACCOUNT,
        "thread": "c1",
        "requested_by": "rule",
        "requested_at": NOON,
        "comment_id": "c1",
        "media_id": "m1",
    }
    return Outcome(
        action=Action(**(defaults | fields)),
        number=3,
        state=state,
        at=at(seconds),
        reason=reason,
        created_id=created_id,
        recipient_id=recipient_id,
    )


def record(event: EnrichedEvent | RawEvent | Outcome, offset: int = 0) -> Record:
    """`event` as it is read from its topic."""
    out = outgoing(event)
    return Record(out.topic, 0, offset, 0, out.key, out.value, out.headers)


def outgoing(event: EnrichedEvent | RawEvent | Outcome) -> Outgoing:
    """`event` as it is written to its topic."""
    if isinstance(event, Outcome):
        return wire.outcome_record(event, b"")
    if isinstance(event, RawEvent):
        return wire.raw_record(event, b"")
    return wire.enriched_record(event, b"")


def kept(events: Sequence[EnrichedEvent | RawEvent]) -> list[Kept]:
    """`events` as the persister gets them."""
    return [item for item in items(events) if isinstance(item, Kept)]


def items(told: Sequence[EnrichedEvent | RawEvent | Outcome]) -> list[Item]:
    """Events and outcomes as the persister gets them."""
    return [decode(record(each, offset)) for offset, each in enumerate(told)]
