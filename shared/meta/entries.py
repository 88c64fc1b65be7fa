"""Entries as Meta rarely writes them: flat, without values, with parts of the wrong type or of a
name nobody knows (platform §4.4)."""

from collections.abc import Callable, Sequence

from msgspec import Raw, ValidationError
from msgspec.json import Decoder

from shared.contracts.raw import Container, RawEvent
from shared.meta import changes, messaging
from shared.meta.ids import Id, text
from shared.meta.mending import UNREADABLE
from shared.meta.place import (
    NO_JSON,
    Arrival,
    Place,
    Reading,
    account_of,
    broken,
    change,
    event,
)

MAX_ITEMS = 10_000
"""Ten times what Meta puts into one delivery (platform §3); beyond it, a delivery stays whole."""

Reader = Callable[[Place, Raw], Reading]

READERS: Sequence[tuple[Container, Reader]] = (
    ("changes", changes.read),
    ("messaging", messaging.read),
    ("standby", messaging.read),
)

decode_parts = Decoder(dict[str, Raw]).decode
_decode_items = Decoder(list[Raw] | None).decode
_decode_id = Decoder(Id).decode
_decode_names = Decoder(list[str]).decode

NULL = Raw(b"null")


def decode_items(json: bytes | Raw) -> list[Raw]:
    """The elements of an array; an object that stands alone is an array of one.

    Raises:
        ValidationError: it is neither.
    """
    whole = bytes(json)
    return [Raw(whole)] if whole.startswith(b"{") else _decode_items(whole) or []


def read_items(at: Place, items: list[Raw], reader: Reader) -> list[RawEvent]:
    """The events of one container, one more than `MAX_ITEMS` at most."""
    if len(items) > MAX_ITEMS:
        items = items[: MAX_ITEMS + 1]
    return [event(at, reader(at, item), item) for item in items]


def read_entry(entry: Raw, platform: str, arrival: Arrival) -> list[RawEvent]:
    """The events of any entry, at least one."""
    try:
        parts = decode_parts(entry)
        account = account_of(platform, text(_decode_id(parts.pop("id", NULL))))
    except UNREADABLE:
        at = Place(arrival, account_of(platform, ""), "entry")
        return [event(at, broken(at, entry, "wrong_type"), entry)]
    sent = parts.pop("time", NO_JSON)
    events: list[RawEvent] = []
    for name, reader in READERS:
        at = Place(arrival, account, name, sent)
        events += _read_container(at, parts.pop(name, NULL), reader)
    at = Place(arrival, account, "flat", sent)
    events += _read_flat(at, parts, entry)
    at = Place(arrival, account, "changed_fields", sent)
    events += _read_names(at, parts.pop("changed_fields", NULL), entry)
    unknown = unknown_part(parts)
    if unknown is not None or not events:
        at = Place(arrival, account, "entry", sent)
        events.append(event(at, change(at, entry, unknown or ""), entry))
    return events


def unknown_part(parts: dict[str, Raw]) -> str | None:
    """The name of a part that holds something we would lose: an object or an array."""
    for name, value in parts.items():
        if bytes(value)[:1] in (b"{", b"[") and bytes(value)[1:-1].strip():
            return name
    return None


def _read_container(at: Place, container: Raw, reader: Reader) -> list[RawEvent]:
    try:
        items = decode_items(container)
    except ValidationError:
        return [event(at, broken(at, container, "wrong_type"), container)]
    return read_items(at, items, reader)


def _read_flat(at: Place, parts: dict[str, Raw], entry: Raw) -> list[RawEvent]:
    if bytes(parts.pop("field", NULL)) == b"null":
        return []
    parts.pop("value", None)
    return read_items(at, [entry], changes.read)


def _read_names(at: Place, names: Raw, entry: Raw) -> list[RawEvent]:
    """An app that chose not to get values is told the names of what changed (platform §1)."""
    if bytes(names) == b"null":
        return []
    try:
        field = ",".join(_decode_names(names))
    except UNREADABLE:
        field = ""
    return [event(at, change(at, entry, field), entry)]
