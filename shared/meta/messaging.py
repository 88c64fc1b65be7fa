"""Items of `messaging[]` and `standby[]`: messages and all that happens to them (platform §4.2)."""

from msgspec import Raw
from msgspec.json import Decoder

from shared.contracts.raw import Kind
from shared.meta import ids
from shared.meta.ids import Id, text
from shared.meta.mending import UNREADABLE, mend
from shared.meta.messaging_kinds import PAYLOADS, Item, Parts, Party, identify
from shared.meta.place import Place, Reading, broken, change

_SAMPLE = ("12334", "23245")
"""Sender and recipient of all messages that Meta's dashboard makes up (platform §4.1)."""

_TRUE = frozenset({b"true", b"1", b"yes"})

_decode = Decoder(Item).decode


def read(at: Place, item: Raw) -> Reading:
    """What an element of `messaging[]` or `standby[]` says."""
    if not at.account.typed:
        return change(at, item)
    try:
        return _read(at, item, _decode(item), "")
    except UNREADABLE:
        return _read_patiently(at, item, item, "")


def read_sample(at: Place, item: Raw, field: str, value: Raw) -> Reading:
    """What `item`, an element of `changes[]`, says: Meta's dashboard tries out messaging so
    (platform §4.1). Where the entry's account takes part, it was no sample."""
    field = ids.bounded(field)
    try:
        return _read(at, item, _decode(value), field)
    except UNREADABLE:
        return _read_patiently(at, item, value, field)


def _read_patiently(at: Place, item: Raw, said: Raw, field: str) -> Reading:
    """An item with parts of the wrong type, if its kind and its natural key can be told."""
    try:
        found, lost = mend(Item, said)
    except UNREADABLE:
        return broken(at, item, "wrong_type", field)
    reading = _read(at, item, found, field)
    keyless = reading.id.startswith(ids.id_by_bytes(at.account.scope, reading.kind, item))
    return broken(at, item, "wrong_type", field) if keyless or lost & PAYLOADS else reading


def _read(at: Place, item: Raw, found: Item, field: str) -> Reading:
    sender, recipient = _name(found.sender), _name(found.recipient)
    message = found.message
    echo = False
    kind: Kind = "message"
    if message is not None:
        echo = bool(message.is_echo) and _is_set(message.is_echo)
        if message.is_deleted and _is_set(message.is_deleted):
            kind = "message-deleted"
        mid = text(message.mid)
        parts: Parts = (mid,) if mid else ()
    else:
        kind, mid, parts = identify(found, sender, recipient)
    key = _key(at, kind, parts, item)
    if at.container == "standby" or field == "standby":
        key += ids.STANDBY
    person = _other(at.account.given, sender, recipient, echo=echo)
    test = (sender, recipient) == _SAMPLE
    if field and not test:
        test = at.account.given not in (sender, recipient)
    return Reading(kind, key, person or mid, field, found.timestamp, test)


def _is_set(flag: Raw) -> bool:
    return bytes(flag).strip(b'"').lower() in _TRUE


def _key(at: Place, kind: Kind, parts: Parts, item: Raw) -> str:
    if len(parts) == 1:
        (only,) = parts
        if only.endswith(ids.STANDBY):
            only = ids.digest(only.encode())
        return ids.event_id(at.account.scope, kind, only)
    if parts:
        return ids.composed_id(at.account.scope, kind, *parts)
    return ids.id_by_bytes(at.account.scope, kind, item)


def _name(party: Party | Id) -> str:
    if not isinstance(party, Party):
        return text(party)
    return text(party.id) or text(party.user_ref)


def _other(account: str, sender: str, recipient: str, *, echo: bool) -> str:
    """The person on the other side. An echo may come unreversed, and neither side need be the
    account (platform §4.4)."""
    if sender == account:
        return recipient if sender else ""
    if recipient == account:
        return sender
    return recipient if echo else sender
