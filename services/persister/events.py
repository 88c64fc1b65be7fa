"""A record's event or outcome, whatever its topic, and the row that an event gets in the log."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from services.persister import storable
from services.persister.latest import Row
from shared import topics
from shared.contracts import wire
from shared.contracts.actions import Outcome
from shared.contracts.enriched import EnrichedComment, EnrichedMention, EnrichedMessage
from shared.contracts.nul import without_nul
from shared.contracts.raw import RawEvent
from shared.contracts.records import Record
from shared.errors import Poison

Event = EnrichedComment | EnrichedMention | EnrichedMessage | RawEvent

_comment = msgspec.json.Decoder(EnrichedComment)
_mention = msgspec.json.Decoder(EnrichedMention)
_message = msgspec.json.Decoder(EnrichedMessage)
_raw = msgspec.json.Decoder(RawEvent)
_outcome = msgspec.json.Decoder(Outcome)


class Kept(NamedTuple):
    """A record, the event in it, and the envelope that every event has."""

    record: Record
    event: Event
    raw: RawEvent


class Told(NamedTuple):
    """A record, and the outcome in it, which is no event and has no place in their log."""

    record: Record
    outcome: Outcome


Item = Kept | Told


class Times(NamedTuple):
    """When an event was, as far as its first arrival told; later arrivals change nothing."""

    occurred_at: datetime
    source: str
    received_at: datetime


def decode(record: Record) -> Item:
    """The event or outcome in `record`; its topic says which type it has.

    From here on no text holds a NUL, which Postgres would refuse; Meta's item keeps it.

    Raises:
        Poison: `undecodable`, `no_value`, or `unknown_topic`.
    """
    mended = record._replace(value=without_nul(record.value or b""))
    if record.topic == topics.OUTCOMES.name:
        return Told(record, wire.decode(mended if record.value else record, _outcome))
    event = _decoded(record)
    if mended.value != record.value:
        event = _with_item(_decoded(mended), _raw_of(event).item)
    return Kept(record, event, _raw_of(event))


def _raw_of(event: Event) -> RawEvent:
    return event if isinstance(event, RawEvent) else event.event


def _decoded(record: Record) -> Event:
    match record.topic:
        case topics.COMMENTS_ENRICHED.name:
            return wire.decode(record, _comment)
        case topics.MENTIONS_ENRICHED.name:
            return wire.decode(record, _mention)
        case topics.MESSAGES_ENRICHED.name:
            return wire.decode(record, _message)
        case topics.OTHER.name:
            return wire.decode(record, _raw)
        case _:
            raise Poison(record, "unknown_topic")


def _with_item(event: Event, item: msgspec.Raw) -> Event:
    if isinstance(event, RawEvent):
        return replace(event, item=item)
    return replace(event, event=replace(event.event, item=item))


class Stored(NamedTuple):
    """What the log knows of an event."""

    enrichment: str | None
    times: Times


def event_row(kept: Kept, times: Times) -> Row:
    """The event as it came, in the order of `statements.log.COLUMNS`."""
    raw = kept.raw
    return (
        raw.id,
        raw.kind,
        raw.platform,
        raw.account,
        raw.app,
        raw.thread,
        raw.container,
        raw.field,
        raw.origin,
        raw.test,
        raw.reason,
        times.occurred_at,
        times.source,
        times.received_at,
        *enrichment_of(kept.event),
        bytes(raw.item),
        storable.item(bytes(raw.item)),
    )


def enrichment_of(event: Event) -> Row:
    """Whose it is, and what became of its look-ups; nothing for what nobody enriches."""
    if isinstance(event, RawEvent):
        return None, None, None
    return event.own, event.enrichment.status, event.enrichment.reasons


def bare_event_row(kept: Kept, times: Times) -> Row:
    """As `event_row`, but with Meta's item as bytes only."""
    return (*event_row(kept, times)[:-1], None)


EventRow = Callable[[Kept, Times], Row]
