"""Where an item stood in a delivery, what it says of itself, and the event that makes of it."""

from datetime import datetime, timedelta

import msgspec
from msgspec import Raw, Struct

from shared.contracts.raw import Container, Kind, RawEvent, TimeSource
from shared.meta import ids
from shared.meta.times import parse_time

TYPED = frozenset({"instagram", "page"})
"""The objects whose items we know; those of others are changes, whatever they look like."""

NO_JSON = Raw()
_FAST_CLOCK = timedelta(days=1)


class Arrival(Struct, frozen=True, gc=False):
    """One delivery: the app whose secret signed it, and our clock. Later than `latest` is
    nonsense."""

    app: str
    received_at: datetime
    latest: datetime


class Place(Struct, gc=False):
    """One container of one entry; `account` is the entry's id just as Meta wrote it."""

    arrival: Arrival
    platform: str
    account: str
    container: Container
    sent: Raw
    typed: bool
    scope: str
    bounded_account: str
    _sent_at: datetime | msgspec.UnsetType | None = msgspec.UNSET

    def sent_at(self) -> datetime | None:
        """What `entry.time` says: an upper bound for when its items happened."""
        if self._sent_at is msgspec.UNSET:
            self._sent_at = parse_time(self.sent, self.arrival.latest) if self.sent else None
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


def arrival(app: str, received_at: datetime) -> Arrival:
    """The arrival of one delivery."""
    return Arrival(app, received_at, received_at + _FAST_CLOCK)


def place(of: Arrival, platform: str, account: str, container: Container, sent: Raw) -> Place:
    """The place of the items in one container."""
    outer = ids.plain(platform) or "unknown"
    inner = ids.plain(account)
    return Place(of, outer, account, container, sent, outer in TYPED, f"{outer}:{inner}:", inner)


def broken(at: Place, item: Raw, reason: str, field: str = "") -> Reading:
    """`item` could not be read as what it claims to be."""
    return Reading("broken", ids.by_bytes(at.scope, "broken", item), field=field, reason=reason)


def change(at: Place, item: Raw, field: str = "", time: Raw = NO_JSON) -> Reading:
    """An item of no kind that we type."""
    return Reading("change", ids.by_bytes(at.scope, "change", item), field=field, time=time)


def event(at: Place, reading: Reading, item: Raw) -> RawEvent:
    """The event that `item` is, by the best clock there is (platform §3, Time units)."""
    arrived = at.arrival
    occurred_at = parse_time(reading.time, arrived.latest) if reading.time else None
    source: TimeSource = "event"
    if occurred_at is None:
        occurred_at = at.sent_at()
        source = "delivery"
    if occurred_at is None:
        occurred_at = arrived.received_at
        source = "arrival"
    return RawEvent(
        id=reading.id,
        kind=reading.kind,
        platform=at.platform,
        account=at.bounded_account,
        thread=ids.bounded(reading.thread),
        app=arrived.app,
        container=at.container,
        field=ids.bounded(reading.field),
        occurred_at=occurred_at,
        time_source=source,
        received_at=arrived.received_at,
        test=reading.test or at.account == "0",
        reason=reading.reason,
        item=item,
    )
