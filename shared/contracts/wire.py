"""Events to Kafka records and back: CloudEvents 1.0, binary mode (libraries §1.1).

The value is plain JSON; the attributes are headers prefixed `ce_`; the key orders the events of one
thread.
"""

from datetime import datetime
from functools import lru_cache
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from shared import topics
from shared.contracts.actions import Action, Outcome
from shared.contracts.enriched import (
    EnrichedComment,
    EnrichedEvent,
    EnrichedMention,
    EnrichedMessage,
)
from shared.contracts.erasure import Erasure
from shared.contracts.raw import KINDS, Kind, RawEvent
from shared.contracts.records import Headers, Outgoing, Record
from shared.contracts.surrogates import restore, shield
from shared.errors import Poison

_Event = TypeVar(
    "_Event", RawEvent, EnrichedComment, EnrichedMention, EnrichedMessage, Action, Outcome, Erasure
)

_encode = msgspec.json.Encoder().encode
_COMMENTS = {"comment", "live-comment"}
_MENTIONS = {"mention"}
_OTHER = {"change", "broken"}


def raw_topic(kind: Kind) -> topics.Topic:
    """The raw topic for events of `kind`; whatever is neither comment, mention nor a change is a
    message (design §2)."""
    if kind in _COMMENTS:
        return topics.COMMENTS
    if kind in _MENTIONS:
        return topics.MENTIONS
    return topics.OTHER if kind in _OTHER else topics.MESSAGES


def event_type(subject: str, happened: str) -> str:
    """The `ce_type` of what `happened` to `subject`, by which readers choose what to handle."""
    return f"parley.{subject}.{happened}.v1"


_RAW_TOPICS: dict[str, str] = {kind: raw_topic(kind).name for kind in KINDS}
_RAW_TYPES = {kind: ("ce_type", event_type(kind, "received").encode()) for kind in KINDS}
_ENRICHED_TYPES = {kind: ("ce_type", event_type(kind, "enriched").encode()) for kind in KINDS}
_ENRICHED_TOPICS: dict[type, str] = {
    EnrichedComment: topics.COMMENTS_ENRICHED.name,
    EnrichedMention: topics.MENTIONS_ENRICHED.name,
    EnrichedMessage: topics.MESSAGES_ENRICHED.name,
}
_SPEC_VERSION = ("ce_specversion", b"1.0")
_CONTENT_TYPE = ("content-type", b"application/json")


@lru_cache(maxsize=8192)
def _source(platform: str, account: str) -> tuple[str, bytes]:
    return ("ce_source", f"/{platform}/{account}".encode())


def _headers(event: RawEvent, type_: tuple[str, bytes], traceparent: bytes) -> Headers:
    return [
        _SPEC_VERSION,
        type_,
        _source(event.platform, event.account),
        ("ce_id", event.id.encode()),
        ("ce_time", _encode(event.occurred_at)[1:-1]),
        ("ce_subject", event.thread.encode()),
        _CONTENT_TYPE,
        ("traceparent", traceparent),
    ]


def key_of(event: RawEvent) -> bytes:
    """The record key: what Kafka keeps in order (design §2)."""
    return f"{event.account}:{event.thread}".encode()


def raw_record(event: RawEvent, traceparent: bytes) -> Outgoing:
    """`event` as a record for its raw topic; `traceparent` is a W3C trace context header."""
    return Outgoing(
        _RAW_TOPICS[event.kind],
        key_of(event),
        _encode(event),
        _headers(event, _RAW_TYPES[event.kind], traceparent),
    )


def enriched_record(enriched: EnrichedEvent, traceparent: bytes) -> Outgoing:
    """`enriched` as a record for its enriched topic, under the same key and id as the raw event."""
    event = enriched.event
    return Outgoing(
        _ENRICHED_TOPICS[type(enriched)],
        key_of(event),
        _encode(enriched),
        _headers(event, _ENRICHED_TYPES[event.kind], traceparent),
    )


def action_record(action: Action, traceparent: bytes) -> Outgoing:
    """`action` as a record of `parley.actions.v1`, in order with the others of its thread."""
    type_ = ("ce_type", event_type("action", action.kind).encode())
    headers = _said(action, action.id, action.requested_at, type_, traceparent)
    return Outgoing(topics.ACTIONS.name, thread_key(action), _encode(action), headers)


def outcome_record(outcome: Outcome, traceparent: bytes) -> Outgoing:
    """`outcome` as a record of `parley.outcomes.v1`, in order with the others of its thread."""
    type_ = ("ce_type", event_type("outcome", outcome.state).encode())
    headers = _said(outcome.action, outcome.id, outcome.at, type_, traceparent)
    return Outgoing(topics.OUTCOMES.name, thread_key(outcome.action), _encode(outcome), headers)


def erasure_record(erasure: Erasure, traceparent: bytes) -> Outgoing:
    """`erasure` as a record of `parley.erasures.v1`, in order with the others of its account."""
    account = erasure.account.encode()
    headers = [
        _SPEC_VERSION,
        ("ce_type", event_type("erasure", "requested").encode()),
        _source(erasure.platform, erasure.account),
        ("ce_id", erasure.id.encode()),
        ("ce_time", _encode(erasure.requested_at)[1:-1]),
        ("ce_subject", account),
        _CONTENT_TYPE,
        ("traceparent", traceparent),
    ]
    return Outgoing(topics.ERASURES.name, account + b":" + account, _encode(erasure), headers)


def thread_key(action: Action) -> bytes:
    """The key of an action's records: that of the events it answers."""
    return f"{action.account}:{action.thread}".encode()


def _said(
    action: Action, id_: str, at: datetime, type_: tuple[str, bytes], traceparent: bytes
) -> Headers:
    return [
        _SPEC_VERSION,
        type_,
        _source(action.platform, action.account),
        ("ce_id", id_.encode()),
        ("ce_time", _encode(at)[1:-1]),
        ("ce_subject", action.thread.encode()),
        _CONTENT_TYPE,
        ("traceparent", traceparent),
    ]


def decode(record: Record, decoder: msgspec.json.Decoder[_Event]) -> _Event:
    """The event in `record`.

    Raises:
        Poison: the value is missing or is not such an event.
    """
    if record.value is None:
        raise Poison(record, "no_value")
    try:
        try:
            return decoder.decode(record.value)
        except msgspec.DecodeError:  # which the lone surrogates of an item cause too
            return _restored(decoder.decode(shield(record.value)))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise Poison(record, "undecodable") from exc


def _restored(event: _Event) -> _Event:
    if isinstance(event, Action | Outcome | Erasure):
        return event
    if isinstance(event, RawEvent):
        return replace(event, item=msgspec.Raw(restore(bytes(event.item))))
    return replace(event, event=_restored(event.event))
