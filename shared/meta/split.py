"""One delivery in, its events out: every item that Meta sent, once, with its own bytes."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import DecodeError, Meta, Raw, Struct
from msgspec.json import Decoder

from shared.contracts.raw import RawEvent
from shared.contracts.surrogates import restore, shield
from shared.errors import Rejected
from shared.meta import changes, messaging
from shared.meta.entries import (
    MAX_ITEMS,
    NULL,
    decode_items,
    decode_parts,
    read_entry,
    read_items,
    unknown_part,
)
from shared.meta.ids import Id, text
from shared.meta.mending import UNREADABLE
from shared.meta.place import NO_JSON, Arrival, Place, account_of, broken, change, event


class _Entry(Struct, forbid_unknown_fields=True, gc=False):
    id: Id = None
    time: Raw = NO_JSON
    uid: Raw = NO_JSON
    changes: list[Raw] | None = None
    messaging: list[Raw] | None = None
    standby: list[Raw] | None = None


class _Envelope(Struct, forbid_unknown_fields=True, gc=False):
    object: str
    entry: Annotated[list[_Entry], Meta(min_length=1)]


_decode_usual = Decoder(_Envelope).decode
_decode_text = Decoder(str).decode
_check = Decoder(Raw).decode

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_WHITESPACE = b" \t\r\n"


def split(body: bytes, app: str, received_at: datetime) -> list[RawEvent]:
    """The events of a delivery that was signed with a secret of `app`; at least one.

    What cannot be taken further apart travels whole: an item as kind `broken` with the reason
    `wrong_type` or `no_value`, a delivery of too many items with the reason `too_many_items`.

    Raises:
        Rejected: `not_json`: the body is no JSON object or array, or is nested too deeply to read.
    """
    arrival = Arrival(app, received_at)
    try:
        json = _json(body)
        try:
            return _read(json, arrival)
        except DecodeError:
            shielded = shield(json)
            _check(shielded)  # a shielded name stops msgspec before it has seen the rest
            return [_restored(event) for event in _read(shielded, arrival)]
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


def _read(json: bytes, arrival: Arrival) -> list[RawEvent]:
    if json.startswith(b"{"):
        events = _read_envelope(json, arrival)
    else:
        events = _read_envelopes(decode_items(json), arrival)
    if len(events) > MAX_ITEMS:
        return [_whole(Raw(json), arrival, reason="too_many_items")]
    return events or [_whole(Raw(json), arrival)]


def _read_envelopes(envelopes: list[Raw], arrival: Arrival) -> list[RawEvent]:
    events: list[RawEvent] = []
    for envelope in envelopes:
        events += _read_envelope(envelope, arrival)
        if len(events) > MAX_ITEMS:
            break
    return events


def _read_envelope(envelope: bytes | Raw, arrival: Arrival) -> list[RawEvent]:
    try:
        usual = _decode_usual(envelope)
    except UNREADABLE:
        return _read_unusual(Raw(bytes(envelope)), arrival)
    events: list[RawEvent] = []
    for entry in usual.entry:
        if not (entry.changes or entry.messaging or entry.standby):
            return _read_unusual(Raw(bytes(envelope)), arrival)
        account = account_of(usual.object, text(entry.id))
        if entry.changes:
            at = Place(arrival, account, "changes", entry.time)
            events += read_items(at, entry.changes, changes.read)
        if entry.messaging:
            at = Place(arrival, account, "messaging", entry.time)
            events += read_items(at, entry.messaging, messaging.read)
        if entry.standby:
            at = Place(arrival, account, "standby", entry.time)
            events += read_items(at, entry.standby, messaging.read)
        if len(events) > MAX_ITEMS:
            break
    return events


def _read_unusual(envelope: Raw, arrival: Arrival) -> list[RawEvent]:
    """An envelope that is not quite as Meta documents it."""
    platform = ""
    try:
        parts = decode_parts(envelope)
        platform = _platform(parts.pop("object", NULL))
        entries = decode_items(parts.pop("entry", NULL))
    except UNREADABLE:
        return [_whole(envelope, arrival, platform, "wrong_type")]
    events: list[RawEvent] = []
    for entry in entries[: MAX_ITEMS + 1]:
        events += read_entry(entry, platform, arrival)
        if len(events) > MAX_ITEMS:
            break
    if unknown_part(parts) is not None or not events:
        events.append(_whole(envelope, arrival, platform))
    return events


def _platform(name: Raw) -> str:
    try:
        return _decode_text(name)
    except UNREADABLE:
        return ""


def _whole(json: Raw, arrival: Arrival, platform: str = "", reason: str | None = None) -> RawEvent:
    """The event of a delivery, or of one envelope of several, that stays in one piece."""
    at = Place(arrival, account_of(platform, ""), "delivery")
    return event(at, broken(at, json, reason) if reason else change(at, json), json)


def _restored(event: RawEvent) -> RawEvent:
    return msgspec.structs.replace(event, item=Raw(restore(bytes(event.item))))
