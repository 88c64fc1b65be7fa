"""What the harness knows of its own doing: what it sent, what was answered, and what it broke when.
Everything else is held against this."""

import itertools
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

SLOW_SECONDS = 4.0
"""Within this an answer comes, be it a 503 (design §4)."""


@dataclass(slots=True)
class Delivery:
    """One body: `count` events from the number `first` on; `acknowledged_at` is 0.0 until a 200."""

    first: int
    count: int
    attempts: int = 0
    acknowledged_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What one try got: an HTTP status, or 0 for none at all. `late` says that the receiver is to
    blame for how long it took: it was there all the time, and nothing was done to it."""

    status: int
    began: float
    seconds: float
    late: bool


@dataclass(slots=True)
class Injected:
    """One fault while it lasted."""

    name: str
    part: str
    began: float
    ended: float = float("inf")


@dataclass(kw_only=True)
class Row:
    """What happened while one kind of fault lasted, all times it did."""

    times: int = 0
    seconds: float = 0.0
    acknowledged: int = 0
    answers: Counter[int] = field(default_factory=Counter)
    slowest: float = 0.0
    late: int = 0
    missing: int = 0
    twice: int = 0

    def tell(self, answer: Answer) -> None:
        """An answer came, or failed to come, in this time."""
        self.answers[answer.status] += 1
        self.slowest = max(self.slowest, answer.seconds)
        self.late += answer.late


class Ledger:
    """The whole run; times are monotonic seconds."""

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        self.answers: list[Answer] = []
        self.faults: list[Injected] = []
        self.sent = 0
        self.acknowledged = 0

    @property
    def waiting(self) -> int:
        """Events that were sent and have no 200 yet."""
        return self.sent - self.acknowledged

    def new(self, count: int) -> Delivery:
        """The next `count` events are about to be sent."""
        delivery = Delivery(self.sent, count)
        self.sent += count
        self.deliveries.append(delivery)
        return delivery

    def answered(self, delivery: Delivery, answer: Answer) -> None:
        """One try is over."""
        self.answers.append(answer)
        delivery.attempts += 1
        if answer.status == 200 and not delivery.acknowledged_at:
            delivery.acknowledged_at = answer.began + answer.seconds
            self.acknowledged += delivery.count

    def delivery_of(self, number: int) -> Delivery:
        """The delivery that brought this event."""
        return self.deliveries[bisect_right(self.deliveries, number, key=_first) - 1]

    def numbers(self) -> Iterator[int]:
        """The events that were acknowledged."""
        for delivery in self.deliveries:
            if delivery.acknowledged_at:
                yield from range(delivery.first, delivery.first + delivery.count)

    @contextmanager
    def fault(self, name: str, part: str) -> Iterator[None]:
        """While the block lasts, so does the fault."""
        injected = Injected(name, part, time.monotonic())
        self.faults.append(injected)
        try:
            yield
        finally:
            injected.ended = time.monotonic()

    def rows(self, missing: Sequence[int], twice: Sequence[int]) -> dict[str, Row]:
        """By kind of fault, and under an empty name for the times without any; where several
        lasted at once, what happened counts for each."""
        rows: dict[str, Row] = {"": Row()}
        for fault in self.faults:
            row = rows.setdefault(fault.name, Row())
            row.times += 1
            row.seconds += min(fault.ended, time.monotonic()) - fault.began
        for answer in self.answers:
            for row in self._during(rows, answer.began, answer.began + answer.seconds):
                row.tell(answer)
        for delivery in self.deliveries:
            for row in self._at(rows, delivery):
                row.acknowledged += delivery.count
        for row in itertools.chain.from_iterable(self._all_at(rows, missing)):
            row.missing += 1
        for row in itertools.chain.from_iterable(self._all_at(rows, twice)):
            row.twice += 1
        return rows

    def _all_at(self, rows: dict[str, Row], numbers: Sequence[int]) -> Iterator[list[Row]]:
        return (self._at(rows, self.delivery_of(number)) for number in numbers)

    def _at(self, rows: dict[str, Row], delivery: Delivery) -> list[Row]:
        at = delivery.acknowledged_at
        return self._during(rows, at, at) if at else []

    def _during(self, rows: dict[str, Row], begin: float, end: float) -> list[Row]:
        names = {fault.name for fault in self.faults if fault.began <= end and begin <= fault.ended}
        return [rows[name] for name in names or ("",)]


def _first(delivery: Delivery) -> int:
    return delivery.first
