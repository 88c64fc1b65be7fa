"""Items of `messaging[]` and `standby[]`: messages and all that happens to them (platform §4.2)."""

from msgspec import Raw, ValidationError
from msgspec.json import Decoder
from msgspec.structs import replace

from shared.contracts.raw import Kind
from shared.meta import ids
from shared.meta.ids import text
from shared.meta.messaging_kinds import Item, Parts, Party, identify
from shared.meta.place import Place, Reading, broken, change

_SAMPLE = ("12334", "23245")
"""Sender and recipient of all messages that Meta's dashboard makes up (platform §4.1)."""

_decode = Decoder(Item).decode


def read(at: Place, item: Raw) -> Reading:
    """What an element of `messaging[]` or `standby[]` says."""
    if not at.account.typed:
        return change(at, item)
    return _read(at, item, item, "")


def read_sample(at: Place, item: Raw, field: str, value: Raw) -> Reading:
    """What `item`, an element of `changes[]`, says: Meta's dashboard tries out messaging so
    (platform §4.1)."""
    reading = _read(at, item, value, ids.bounded(field))
    return replace(reading, test=True)


def _read(at: Place, item: Raw, said: Raw, field: str) -> Reading:
    try:
        found = _decode(said)
    except (ValidationError, UnicodeDecodeError):
        return broken(at, item, "wrong_type", field)
    sender, recipient = _name(found.sender), _name(found.recipient)
    message = found.message
    kind: Kind
    if message is not None:
        kind = "message-deleted" if message.is_deleted else "message"
        mid = text(message.mid)
        parts: Parts = (mid,) if mid else ()
    else:
        kind, mid, parts = identify(found, sender, recipient)
    key = _key(at, kind, parts, item)
    if at.container == "standby" or field == "standby":
        key += ids.STANDBY
    echo = message is not None and bool(message.is_echo)
    person = _other(at.account.given, sender, recipient, echo=echo)
    test = (sender, recipient) == _SAMPLE
    return Reading(kind, key, person or mid, field, found.timestamp, test)


def _key(at: Place, kind: Kind, parts: Parts, item: Raw) -> str:
    if len(parts) == 1:
        (only,) = parts
        if only.endswith(ids.STANDBY):
            only = ids.digest(only.encode())
        return ids.event_id(at.account.scope, kind, only)
    if parts:
        return ids.composed_id(at.account.scope, kind, *parts)
    return ids.id_by_bytes(at.account.scope, kind, item)


def _name(party: Party | None) -> str:
    if party is None:
        return ""
    return text(party.id) or text(party.user_ref)


def _other(account: str, sender: str, recipient: str, *, echo: bool) -> str:
    """The person on the other side. An echo may come unreversed, and neither side need be the
    account (platform §4.4)."""
    if sender == account:
        return recipient if sender else ""
    if recipient == account:
        return sender
    return recipient if echo else sender
