"""Whether the promises held: what was acknowledged, against what was found (design §4)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from shared import topics
from tests.system.ledger import Ledger
from tests.system.sightings import Place, Sightings
from tests.system.traffic import Traffic

RECOVER_SECONDS = 30.0
"""After the last fault new events get through within this."""

_NAMED = 5


@dataclass(frozen=True, kw_only=True)
class Duplicates:
    """Copies beyond the first, by topic. A raw one has its explanation in a delivery that was sent
    again; `unexplained` are events with more copies than tries. What the enricher wrote again
    without having read it again, it did as it was stopped between effect and commit."""

    by_topic: Counter[str] = field(default_factory=Counter)
    read_again: int = 0
    unexplained: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """`missing` are the numbers of acknowledged events by where they are not. `recovered_seconds`
    is how long the first new event took from the end of the last fault to Postgres."""

    sent: int
    acknowledged: int
    wanted: int
    missing: dict[str, list[int]]
    lost: list[int]
    missing_ids: list[str]
    twice: list[int]
    changed: list[str]
    strangers: list[str]
    passed_by: list[str]
    unburied: list[str]
    duplicates: Duplicates
    recovered_seconds: float
    buried: int
    late: int
    mishaps: Sequence[str] = ()

    @property
    def clean(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.troubles()

    def troubles(self) -> list[str]:
        """What speaks against it, a line each."""
        found: list[tuple[str, Sequence[str]]] = [
            (f"acknowledged and not in {place}", [str(number) for number in numbers])
            for place, numbers in self.missing.items()
        ]
        found += [
            ("twice in Postgres", [str(number) for number in self.twice]),
            ("not the bytes that were sent", self.changed),
            ("never sent", self.strangers),
            ("passed by, neither handled nor buried", self.passed_by),
            ("poison that became no dead letter", self.unburied),
            ("more copies in Kafka than were sent", self.duplicates.unexplained),
            ("went otherwise than a fault should", self.mishaps),
        ]
        lines = [f"{what}: {len(which)}, {_some(which)}" for what, which in found if which]
        if self.acknowledged < self.wanted:
            lines.append(f"only {self.acknowledged} of {self.wanted} events were acknowledged")
        if self.recovered_seconds > RECOVER_SECONDS:
            lines.append(f"recovered only after {self.recovered_seconds:.1f} s")
        return lines


def judge(
    traffic: Traffic,
    ledger: Ledger,
    found: Sightings,
    planted: set[bytes],
    wanted: int,
    recovered_seconds: float,
) -> Verdict:
    """Hold everything against everything."""
    places = (found.raw, found.enriched, found.postgres)
    missing = {place.name: _missing(traffic, ledger, place, found) for place in places}
    lost = sorted(set().union(*missing.values()))
    return Verdict(
        sent=ledger.sent,
        acknowledged=ledger.acknowledged,
        wanted=wanted,
        missing=missing,
        lost=lost,
        missing_ids=[traffic.event(number).id for number in lost],
        twice=[number for number, copies in enumerate(found.postgres.copies) if copies > 1],
        changed=[id_ for place in places for id_ in place.changed],
        strangers=[f"{place.name}: {id_}" for place in places for id_ in place.strangers],
        passed_by=found.passed_by,
        unburied=sorted(value.decode() for value in planted - found.buried_poison),
        duplicates=_duplicates(traffic, ledger, found),
        recovered_seconds=recovered_seconds,
        buried=len(found.letters),
        late=sum(answer.late for answer in ledger.answers),
    )


def _missing(traffic: Traffic, ledger: Ledger, place: Place, found: Sightings) -> list[int]:
    absent = [number for number in ledger.numbers() if not place.copies[number]]
    if place is found.enriched:  # what nobody enriches goes straight to Postgres
        return [number for number in absent if traffic.event(number).topic is not topics.OTHER]
    return absent


def _duplicates(traffic: Traffic, ledger: Ledger, found: Sightings) -> Duplicates:
    unexplained = [
        traffic.event(number).id
        for delivery in ledger.deliveries
        for number in range(delivery.first, delivery.first + delivery.count)
        if found.raw.copies[number] > delivery.attempts
    ]
    pairs = zip(found.raw.copies, found.enriched.copies, strict=True)
    read_again = sum(min(raw, enriched) - 1 for raw, enriched in pairs if raw and enriched)
    return Duplicates(
        by_topic=found.raw.again + found.enriched.again,
        read_again=read_again,
        unexplained=unexplained,
    )


def _some(which: Iterable[str]) -> str:
    named = list(which)
    more = " …" if len(named) > _NAMED else ""
    return ", ".join(named[:_NAMED]) + more
