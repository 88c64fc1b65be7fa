"""The ledger of `parley audit`: every record on the raw topics, and what became of it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from services.cli.attributes import kind_of, text_of
from shared.contracts.records import Position, Record
from shared.stream.lag import Standing

Fate = Literal["persisted", "dead", "waiting", "erased", "missing"]
"""In the log; given up with a reason; yet to be read by a service; erased on request; or nowhere,
which must not be."""

FATES: tuple[Fate, ...] = ("persisted", "dead", "waiting", "erased", "missing")


class Sighting(NamedTuple):
    """A record of a raw topic; `source` is `/platform/account`."""

    place: Position
    offset: int
    id: str
    kind: str
    source: str

    @property
    def name(self) -> str:
        """The event's id; where it stands, for a record that has none."""
        return self.id or f"{self.place.topic} {self.place.partition}:{self.offset}"


def sighted(record: Record) -> Sighting:
    """What the ledger keeps of `record`."""
    place = Position(record.topic, record.partition)
    id_, source = text_of(record, "ce_id"), text_of(record, "ce_source")
    return Sighting(place, record.offset, id_, kind_of(record), source)


@dataclass(slots=True)
class Ledger:
    """How many records there are of each kind and account, by their fate; and which are missing."""

    counts: dict[tuple[str, str], Counter[Fate]] = field(
        default_factory=lambda: defaultdict(Counter)
    )
    missing: list[str] = field(default_factory=list)

    def enter(self, sightings: Iterable[Sighting], fate: Fate) -> None:
        """All of these had this fate."""
        for each in sightings:
            self.counts[each.kind, each.source.strip("/")][fate] += 1
            if fate == "missing":
                self.missing.append(each.name)

    @property
    def records(self) -> int:
        """All records."""
        return sum(counter.total() for counter in self.counts.values())

    def rows(self) -> list[dict[str, object]]:
        """By kind and account."""
        return [
            {
                "kind": kind or "?",
                "account": source or "-",
                "on_kafka": counter.total(),
                **{fate: counter[fate] for fate in FATES},
            }
            for (kind, source), counter in sorted(self.counts.items())
        ]


class Downstream(NamedTuple):
    """What is known of the way behind the raw topics, asked in the order of the flow: how far the
    enricher is, where it put what, how far the persister is, and which events are dead."""

    enricher: Mapping[Position, Standing]
    enriched: Mapping[str, tuple[Position, int]]
    persister: Mapping[Position, Standing]
    dead: frozenset[str]

    def fate(self, seen: Sighting) -> Fate:
        """What became of a record that is not in the log."""
        if seen.id in self.dead:
            return "dead"
        if _unread(self.enricher, seen.place, seen.offset):
            return "waiting"
        place = self.enriched.get(seen.id)
        if place and _unread(self.persister, *place):
            return "waiting"
        return "waiting" if _unread(self.persister, seen.place, seen.offset) else "missing"


def _unread(standings: Mapping[Position, Standing], place: Position, offset: int) -> bool:
    return place in standings and offset >= standings[place].next
