"""One delivery in, its events out: every item that Meta sent, once, with its own bytes."""

from datetime import datetime

import msgspec
from msgspec import DecodeError, Raw, Struct
from msgspec.json import Decoder

from shared.contracts.raw import RawEvent
from shared.contracts.surrogates import restore, shield
from shared.errors import Rejected
from shared.meta.entries import (
    MAX_ITEMS,
    READERS,
    UNREADABLE,
    decode_items,
    decode_parts,
    read_entry,
    read_items,
    unknown_part,
)
from shared.meta.ids import Id, text
from shared.meta.place import NO_JSON, Arrival, arrival, broken, change, event, place


class _Entry(Struct, forbid_unknown_fields=True, gc=False):
    id: Id = None
    time: Raw = NO_JSON
    uid: Raw = NO_JSON
    changes: list[Raw] | None = None
    messaging: list[Raw] | None = None
    standby: list[Raw] | None = None


class _Envelope(Struct, forbid_unknown_fields=True, gc=False):
    object: str
    entry: list[_Entry]


_decode_usual = Decoder(_Envelope).decode
_decode_text = Decoder(str).decode

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_WHITESPACE = b" \t\r\n"


def split(body: bytes, app: str, received_at: datetime) -> list[RawEvent]:
    """The events of a delivery that was signed with a secret of `app`; at least one.

    What cannot be taken further apart travels whole: an item as kind `broken` with the reason
    `wrong_type` or `no_value`, a delivery of too many items with the reason `too_many_items`.

    Raises:
        Rejected: `not_json`: the body is no JSON object or array, or is nested too deeply to read.
    """
    of = arrival(app, received_at)
    try:
        json = _json(body)
        try:
            return _read(json, of)
        except DecodeError:
            return [_restored(event) for event in _read(shield(json), of)]
    except (DecodeError, UnicodeDecodeError, RecursionError):
        raise Rejected("not_json", 400) from None  # the cause holds people's words


def _json(body: bytes) -> bytes:
    """`body` without what may stand around its JSON; its text is checked here as msgspec does not
    look into what it skips."""
    json = body.removeprefix(_BYTE_ORDER_MARK).strip(_WHITESPACE)
    if not json.startswith((b"{", b"[")):
        raise Rejected("not_json", 400)
    if not json.isascii():
        json.decode()
    return json


def _read(json: bytes, of: Arrival) -> list[RawEvent]:
    envelopes = [Raw(json)] if json.startswith(b"{") else decode_items(json)
    events: list[RawEvent] = []
    for envelope in envelopes[: MAX_ITEMS + 1]:
        events += _read_envelope(envelope, of)
        if len(events) > MAX_ITEMS:
            return [_whole(Raw(json), of, "too_many_items")]
    return events or [_whole(Raw(json), of)]


def _read_envelope(envelope: Raw, of: Arrival) -> list[RawEvent]:
    try:
        usual = _decode_usual(envelope)
    except UNREADABLE:
        return _read_unusual(envelope, of)
    events: list[RawEvent] = []
    for entry in usual.entry:
        account = text(entry.id)
        for items, (container, reader) in zip(
            (entry.changes, entry.messaging, entry.standby), READERS, strict=True
        ):
            if items:
                at = place(of, usual.object, account, container, entry.time)
                events += read_items(at, items, reader)
        if len(events) > MAX_ITEMS:
            break
    return events


def _read_unusual(envelope: Raw, of: Arrival) -> list[RawEvent]:
    """An envelope that is not quite as Meta documents it."""
    try:
        parts = decode_parts(envelope)
        platform = _platform(parts.pop("object", NO_JSON))
        entries = decode_items(parts.pop("entry", Raw(b"[]")))
    except UNREADABLE:
        return [_whole(envelope, of, "wrong_type")]
    events: list[RawEvent] = []
    for entry in entries[: MAX_ITEMS + 1]:
        events += read_entry(entry, platform, of)
        if len(events) > MAX_ITEMS:
            break
    if unknown_part(parts) or not events:
        events.append(_whole(envelope, of))
    return events


def _platform(name: Raw) -> str:
    try:
        return _decode_text(name)
    except (DecodeError, UnicodeDecodeError):
        return ""


def _whole(json: Raw, of: Arrival, reason: str | None = None) -> RawEvent:
    """The event of a delivery, or of one envelope of several, that stays in one piece."""
    at = place(of, "", "", "delivery", NO_JSON)
    return event(at, broken(at, json, reason) if reason else change(at, json), json)


def _restored(event: RawEvent) -> RawEvent:
    return msgspec.structs.replace(event, item=Raw(restore(bytes(event.item))))
