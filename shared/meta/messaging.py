"""Items of `messaging[]` and `standby[]`: messages and all that happens to them (platform §4.2)."""

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Raw, Struct, ValidationError, field
from msgspec.json import Decoder

from shared.contracts.raw import Kind
from shared.meta import ids
from shared.meta.ids import Id, text
from shared.meta.place import NO_JSON, Place, Reading, broken, change


class _Party(Struct, gc=False):
    id: Id = None
    user_ref: Id = None


class _Message(Struct, gc=False):
    mid: Id = None
    is_deleted: bool | None = None
    is_echo: bool | None = None


class _Edit(Struct, gc=False):
    mid: Id = None
    num_edit: Id = None
    text: Raw = NO_JSON


class _Reaction(Struct, gc=False):
    mid: Id = None
    action: str | None = None
    reaction: Raw = NO_JSON
    emoji: Raw = NO_JSON


class _Postback(Struct, gc=False):
    mid: Id = None
    payload: Raw = NO_JSON


class _Referral(Struct, gc=False):
    ref: Raw = NO_JSON


class _Read(Struct, gc=False):
    mid: Id = None
    watermark: Id = None


class _Control(Struct, gc=False):
    new_owner_app_id: Id = None
    requested_owner_app_id: Id = None
    caller_app_id: Id = None


class _Optin(Struct, gc=False):
    notification_messages_token: Id = None
    user_ref: Id = None


class _Feedback(Struct, gc=False):
    mid: Id = None


class _Policy(Struct, gc=False):
    action: str | None = None


class _Item(Struct, gc=False):
    sender: _Party | None = None
    recipient: _Party | None = None
    timestamp: Raw = NO_JSON
    message: _Message | None = None
    message_edit: _Edit | None = None
    reaction: _Reaction | None = None
    postback: _Postback | None = None
    referral: _Referral | None = None
    read: _Read | None = None
    delivery: _Read | None = None
    pass_thread_control: _Control | None = None
    take_thread_control: _Control | None = None
    request_thread_control: _Control | None = None
    pass_thread_metadata: _Control | None = None
    app_roles: dict[str, Raw] | None = None
    optin: _Optin | None = None
    response_feedback: _Feedback | None = None
    policy_enforcement: _Policy | None = None
    old_policy_enforcement: _Policy | None = field(default=None, name="policy-enforcement")


class _Said(Struct, frozen=True, gc=False):
    """What tells apart the items that carry no id of their own."""

    sender: str
    recipient: str
    stamp: str


_Parts = tuple[str, ...]
"""The natural key behind an id's word; empty where Meta gives none."""

_decode = Decoder(_Item).decode


def read(at: Place, item: Raw) -> Reading:
    """What an element of `messaging[]` or `standby[]` says."""
    if not at.account.typed:
        return change(at, item)
    return _read(at, item, item, "")


def read_sample(at: Place, item: Raw, field: str, value: Raw) -> Reading:
    """What `item`, an element of `changes[]`, says: Meta's dashboard tries out messaging so
    (platform §4.1)."""
    reading = _read(at, item, value, ids.bounded(field))
    return msgspec.structs.replace(reading, test=True)


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
        parts: _Parts = (mid,) if mid else ()
    else:
        kind, mid, parts = _identify(found, sender, recipient)
    key = _key(at, kind, parts, item)
    if at.container == "standby" or field == "standby":
        key += ids.STANDBY
    echo = message is not None and bool(message.is_echo)
    person = _other(at.account.given, sender, recipient, echo=echo)
    test = sender == "12334" and recipient == "23245"
    return Reading(kind, key, person or mid, field, found.timestamp, test)


def _key(at: Place, kind: Kind, parts: _Parts, item: Raw) -> str:
    if len(parts) == 1:
        (only,) = parts
        if only.endswith(ids.STANDBY):
            only = ids.digest(only.encode())
        return ids.event_id(at.account.scope, kind, only)
    if parts:
        return ids.composed_id(at.account.scope, kind, *parts)
    return ids.id_by_bytes(at.account.scope, kind, item)


def _name(party: _Party | None) -> str:
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


def _identify(found: _Item, sender: str, recipient: str) -> tuple[Kind, str, _Parts]:
    for name, kind, key_of in _KINDS:
        payload = getattr(found, name)
        if payload is not None:
            said = _Said(sender, recipient, _stamp(found.timestamp))
            return kind, text(getattr(payload, "mid", None)), key_of(payload, said)
    return "messaging", "", ()


def _stamp(timestamp: Raw) -> str:
    written = bytes(timestamp).strip(b'"')
    return "" if written == b"null" else written.decode(errors="replace")


def _words(written: Raw) -> str:
    """Free text for a key; a hash where it cannot be read."""
    try:
        return msgspec.json.decode(written, type=str) if written else ""
    except (ValidationError, UnicodeDecodeError):
        return ids.digest(bytes(written))


def _edit(edit: _Edit, said: _Said) -> _Parts:
    mid, number = text(edit.mid), text(edit.num_edit)
    if number in ("", "0"):
        number = ids.digest(bytes(edit.text), said.stamp.encode())
    return (mid, number) if mid else ()


def _reaction(reaction: _Reaction, said: _Said) -> _Parts:
    mid = text(reaction.mid)
    what = _words(reaction.emoji) or _words(reaction.reaction)
    return (mid, said.sender, reaction.action or "", what, said.stamp) if mid and said.stamp else ()


def _postback(postback: _Postback, said: _Said) -> _Parts:
    mid = text(postback.mid)
    if mid or not (said.sender and said.stamp):
        return (mid,) if mid else ()
    return (ids.digest(said.sender.encode(), said.stamp.encode(), bytes(postback.payload)),)


def _referral(referral: _Referral, said: _Said) -> _Parts:
    ref = _words(referral.ref)
    return (said.sender, said.stamp, ref) if said.sender and said.stamp else ()


def _read_receipt(receipt: _Read, said: _Said) -> _Parts:
    until = text(receipt.mid) or text(receipt.watermark)
    return (said.sender, until) if said.sender and until else ()


def _feedback(feedback: _Feedback, said: _Said) -> _Parts:
    mid = text(feedback.mid)
    return (mid, said.sender, said.stamp) if mid and said.stamp else ()


def _policy(policy: _Policy, said: _Said) -> _Parts:
    return (
        (said.recipient, said.stamp, policy.action or "") if said.recipient and said.stamp else ()
    )


def _optin(optin: _Optin, said: _Said) -> _Parts:
    """The token can send messages: only its hash may be seen (platform §5)."""
    token = text(optin.notification_messages_token) or text(optin.user_ref)
    return (ids.digest(token.encode()), said.stamp) if token and said.stamp else ()


def _handover(name: str) -> Callable[[Any, _Said], _Parts]:
    def key(control: _Control, said: _Said) -> _Parts:
        owner = text(control.new_owner_app_id) or text(control.requested_owner_app_id)
        return (said.sender, said.stamp, name, owner) if said.sender and said.stamp else ()

    return key


def _no_key(_payload: object, _said: _Said) -> _Parts:
    return ()


_KINDS: tuple[tuple[str, Kind, Callable[[Any, _Said], _Parts]], ...] = (
    ("message_edit", "message-edit", _edit),
    ("reaction", "reaction", _reaction),
    ("postback", "postback", _postback),
    ("read", "read", _read_receipt),
    ("delivery", "delivery", _read_receipt),
    ("referral", "referral", _referral),
    ("pass_thread_control", "handover", _handover("pass_thread_control")),
    ("take_thread_control", "handover", _handover("take_thread_control")),
    ("request_thread_control", "handover", _handover("request_thread_control")),
    ("pass_thread_metadata", "handover", _no_key),
    ("app_roles", "handover", _no_key),
    ("optin", "optin", _optin),
    ("response_feedback", "feedback", _feedback),
    ("policy_enforcement", "policy", _policy),
    ("old_policy_enforcement", "policy", _policy),
)
