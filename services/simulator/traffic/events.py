"""Events, entries and deliveries, and the bytes Meta would send for them (platform §3, §4)."""

import hashlib
import hmac
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

from services.simulator.accounts import Account, Platform
from shared.contracts.raw import Kind

Container = Literal["changes", "messaging", "standby", "flat", "changed_fields"]
_ALONE: frozenset[Container] = frozenset({"flat", "changed_fields"})
_MILLISECONDS: frozenset[Container] = frozenset({"messaging", "standby"})

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=True).encode


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened; `item` is Meta's JSON for it, the whole entry for `changed_fields`;
    `expected_id` is the id it must get."""

    expected_id: str
    kind: Kind
    account: Account
    container: Container
    item: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """What one account's part of a delivery holds; `sent_at` are Unix seconds."""

    account: Account
    container: Container
    sent_at: float
    events: tuple[Event, ...]

    def render(self) -> bytes:
        """The entry as Meta writes it: seconds beside changes, milliseconds beside messages."""
        if self.container == "changed_fields":
            return self.events[0].item
        unit = 1000 if self.container in _MILLISECONDS else 1
        head = b'{"id":"%b","time":%d,' % (self.account.id.encode(), int(self.sent_at * unit))
        if self.container == "flat":
            return head + self.events[0].item[1:]
        items = b",".join(event.item for event in self.events)
        return b'%b"%b":[%b]}' % (head, self.container.encode(), items)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One POST: entries of one object that belong to accounts of one app.

    A `forged` one is not signed by Meta and must be refused; a `slow` one comes in small pieces;
    one that comes `again` is sent once more after its 200.
    """

    app: str
    platform: Platform
    entries: tuple[Entry, ...]
    forged: bool = False
    slow: bool = False
    again: bool = False

    @property
    def events(self) -> list[Event]:
        """All events in it, in order."""
        return [event for entry in self.entries for event in entry.events]

    def render(self) -> bytes:
        """The body."""
        entries = b",".join(entry.render() for entry in self.entries)
        return b'{"object":"%b","entry":[%b]}' % (self.platform.encode(), entries)

    def sent_at(self, now: float) -> "Delivery":
        """The same delivery with a new send time, as a retry has."""
        return replace(self, entries=tuple(replace(entry, sent_at=now) for entry in self.entries))


def meta_json(value: object, *, escape_slashes: bool = False) -> bytes:
    r"""`value` as Meta writes JSON: non-ASCII as lower-case `\uXXXX`, some of it with `\/`."""
    text = _encode(value)
    return (text.replace("/", "\\/") if escape_slashes else text).encode()


def sign(secret: bytes, body: bytes) -> str:
    """The `X-Hub-Signature-256` header for `body` (platform §2)."""
    return "sha256=" + hmac.digest(secret, body, hashlib.sha256).hex()


def pack(events: Sequence[Event], sent_at: float) -> list[Delivery]:
    """`events` as few deliveries: neighbours of one account and container share an entry, accounts
    of one app and object share a delivery."""
    groups: dict[tuple[str, Platform], list[Event]] = {}
    for event in events:
        groups.setdefault((event.account.app, event.account.platform), []).append(event)
    return [
        Delivery(app, platform, tuple(_entries(found, sent_at)))
        for (app, platform), found in groups.items()
    ]


def _entries(events: Sequence[Event], sent_at: float) -> Iterator[Entry]:
    for _, neighbours in groupby(events, key=lambda each: (each.account.id, each.container)):
        members = tuple(neighbours)
        first = members[0]
        parts = [(each,) for each in members] if first.container in _ALONE else [members]
        for part in parts:
            yield Entry(first.account, first.container, sent_at, part)
