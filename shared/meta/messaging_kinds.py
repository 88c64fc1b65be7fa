"""What an element of `messaging[]` can be, and the key that each kind has by nature (platform §4.2,
§5)."""

from collections.abc import Callable
from typing import Any

from msgspec import Raw, Struct, ValidationError, field
from msgspec.json import Decoder

from shared.contracts.raw import Kind
from shared.meta import ids
from shared.meta.ids import Id, text
from shared.meta.place import NO_JSON


class Party(Struct, gc=False):
    """A sender or recipient; plugins know a `user_ref` only."""

    id: Id = None
    user_ref: Id = None


class Message(Struct, gc=False):
    """What was written, or unsent."""

    mid: Id = None
    is_deleted: Raw = NO_JSON
    is_echo: Raw = NO_JSON


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


class Item(Struct, gc=False):
    """An element of `messaging[]`: one of its many parts says of what kind it is."""

    sender: Party | Id = None
    recipient: Party | Id = None
    timestamp: Raw = NO_JSON
    message: Message | None = None
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


Parts = tuple[str, ...]
"""The natural key behind an id's word; empty where Meta gives none."""

_decode_text = Decoder(str | None).decode


def identify(found: Item, sender: str, recipient: str) -> tuple[Kind, str, Parts]:
    """The kind of what is no message, the id of the message that it is about, and its key."""
    for name, kind, key_of in _KINDS:
        payload = getattr(found, name)
        if payload is not None:
            said = _Said(sender, recipient, ids.stamp(found.timestamp))
            return kind, text(getattr(payload, "mid", None)), key_of(payload, said)
    return "messaging", "", ()


def _words(written: Raw) -> str:
    """Free text for a key; a hash where it cannot be read."""
    try:
        return (_decode_text(written) if written else None) or ""
    except (ValidationError, UnicodeDecodeError):
        return ids.digest(bytes(written))


def _edit(edit: _Edit, said: _Said) -> Parts:
    mid, number = text(edit.mid), text(edit.num_edit)
    if number in ("", "0"):
        number = ids.digest(bytes(edit.text), said.stamp.encode())
    return (mid, number) if mid else ()


def _reaction(reaction: _Reaction, said: _Said) -> Parts:
    mid = text(reaction.mid)
    what = _words(reaction.emoji) or _words(reaction.reaction)
    return (mid, said.sender, reaction.action or "", what, said.stamp) if mid and said.stamp else ()


def _postback(postback: _Postback, said: _Said) -> Parts:
    mid = text(postback.mid)
    if mid or not (said.sender and said.stamp):
        return (mid,) if mid else ()
    return (ids.digest(said.sender.encode(), said.stamp.encode(), bytes(postback.payload)),)


def _referral(referral: _Referral, said: _Said) -> Parts:
    ref = _words(referral.ref)
    return (said.sender, said.stamp, ref) if said.sender and said.stamp else ()


def _read_receipt(receipt: _Read, said: _Said) -> Parts:
    until = text(receipt.mid) or text(receipt.watermark)
    return (said.sender, until) if said.sender and until else ()


def _feedback(feedback: _Feedback, said: _Said) -> Parts:
    mid = text(feedback.mid)
    return (mid, said.sender, said.stamp) if mid and said.stamp else ()


def _policy(policy: _Policy, said: _Said) -> Parts:
    return (
        (said.recipient, said.stamp, policy.action or "") if said.recipient and said.stamp else ()
    )


def _optin(optin: _Optin, said: _Said) -> Parts:
    """The token can send messages: only its hash may be seen (platform §5)."""
    token = text(optin.notification_messages_token) or text(optin.user_ref)
    return (ids.digest(token.encode()), said.stamp) if token and said.stamp else ()


def _handover(name: str) -> Callable[[Any, _Said], Parts]:
    def key(control: _Control, said: _Said) -> Parts:
        owner = text(control.new_owner_app_id) or text(control.requested_owner_app_id)
        return (said.sender, said.stamp, name, owner) if said.sender and said.stamp else ()

    return key


def _no_key(_payload: object, _said: _Said) -> Parts:
    return ()


_KINDS: tuple[tuple[str, Kind, Callable[[Any, _Said], Parts]], ...] = (
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

PAYLOADS = frozenset({"message", *(name for name, _, _ in _KINDS)})
"""The parts of an item that say of what kind it is."""
