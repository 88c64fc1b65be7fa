"""Where an item stood in a delivery, what it says of itself, and the event that makes of it."""

from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from msgspec import UNSET, Raw, Struct, UnsetType

from shared.contracts.raw import Container, Kind, RawEvent, TimeSource
from shared.meta import ids
from shared.meta.times import parse_time

TYPED = frozenset({"instagram", "page"})
"""The objects whose items we know; those of others are changes, whatever they look like."""

NO_JSON = Raw()


class Arrival(Struct, frozen=True, gc=False):
    """One delivery: the app whose secret signed it, and when."""

    app: str
    received_at: datetime


class Account(NamedTuple):
    """Whom an entry is about; `given` is its id just as Meta wrote it, which `id` bounds, and
    `scope` is how all event ids of the account begin."""

    given: str
    id: str
    platform: str
    scope: str
    typed: bool


class Place(Struct, gc=False):
    """One container of one entry; `sent` is the entry's time."""

    arrival: Arrival
    account: Account
    container: Container
    sent: Raw = NO_JSON
    _sent_at: datetime | UnsetType | None = UNSET

    def sent_at(self) -> datetime | None:
        """An upper bound for when the items happened."""
        if self._sent_at is UNSET:
            self._sent_at = parse_time(self.sent, self.arrival.received_at)
        return self._sent_at


class Reading(Struct, frozen=True, gc=False):
    """What an item says of itself; `time` is its own, undecoded, if it has one."""

    kind: Kind
    id: str
    thread: str = ""
    field: str = ""
    time: Raw = NO_JSON
    test: bool = False
    reason: str | None = None


def account_of(platform: str, account: str) -> Account:
    """The account of an entry in an envelope whose object is `platform`."""
    if len(platform) + len(account) > ids.LONGEST:
        return _account_of.__wrapped__(platform, account)  # long ones would fill the memory
    return _account_of(platform, account)


@lru_cache(maxsize=8192)
def _account_of(platform: str, account: str) -> Account:
    outer, inner = ids.plain(platform or "unknown"), ids.plain(account)
    return Account(account, inner, outer, f"{outer}:{inner}:", platform in TYPED)


def broken(at: Place, item: Raw, reason: str, field: str = "") -> Reading:
    """`item` could not be read as what it claims to be."""
    key = ids.id_by_bytes(at.account.scope, "broken", item)
    return Reading("broken", key, field=ids.bounded(field), reason=reason)


def change(at: Place, item: Raw, field: str = "", time: Raw = NO_JSON) -> Reading:
    """An item of no kind that we type."""
    key = ids.id_by_bytes(at.account.scope, "change", item)
    return Reading("change", key, field=ids.bounded(field), time=time)


def event(at: Place, reading: Reading, item: Raw) -> RawEvent:
    """The event that `item` is, by the best clock there is (platform §3, Time units)."""
    arrival, account = at.arrival, at.account
    source: TimeSource = "event"
    occurred_at = parse_time(reading.time, arrival.received_at) if reading.time else None
    if occurred_at is None:
        source = "delivery"
        occurred_at = at.sent_at()
    if occurred_at is None:
        source = "arrival"
        occurred_at = arrival.received_at
    return RawEvent(
        id=reading.id,
        kind=reading.kind,
        platform=account.platform,
        account=account.id,
        thread=ids.bounded(reading.thread),
        app=arrival.app,
        container=at.container,
        field=reading.field,
        occurred_at=occurred_at,
        time_source=source,
        received_at=arrival.received_at,
        test=reading.test or account.given == "0",
        reason=reading.reason,
        item=item,
    )
