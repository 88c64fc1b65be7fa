"""When what was not answered 200 is sent again, and in what company (platform §3)."""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from random import Random

from services.simulator.accounts import Platform
from services.simulator.traffic.events import Delivery, Entry
from services.simulator.traffic.profiles import LARGEST_BATCH

RETRY_SECONDS = (0.0, 0.0, 0.0, 60.0, 300.0, 900.0, 1_800.0, 3_600.0, 7_200.0)
"""A few times at once, then less and less often; the last one repeats. Meta's own figures are not
known."""


@dataclass(frozen=True, slots=True, order=True)
class Parcel:
    """A delivery on its way: `due` and `since` are monotonic seconds, `since` when it was first
    due; `attempt` counts from 0."""

    due: float
    turn: int
    attempt: int = field(compare=False)
    since: float = field(compare=False)
    delivery: Delivery = field(compare=False)


class Retries:
    """Parcels that wait for their next try; the schedule is shortened by `scale`."""

    def __init__(self, scale: float, rebatch: float, seed: int) -> None:
        self._scale = scale
        self._rebatch = rebatch
        self._random = Random(f"retries:{seed}")
        self._heap: list[Parcel] = []
        self._turns = count()

    def __len__(self) -> int:
        return len(self._heap)

    def first(self, delivery: Delivery, due: float) -> Parcel:
        """A parcel for the first try."""
        return Parcel(due, next(self._turns), 0, due, delivery)

    def put(self, parcel: Parcel) -> None:
        """A parcel waits until it is due."""
        heapq.heappush(self._heap, parcel)

    def add(self, failed: Parcel, now: float) -> None:
        """`failed` was not answered 200 just now."""
        delay = RETRY_SECONDS[min(failed.attempt, len(RETRY_SECONDS) - 1)] * self._scale
        again = replace(failed, due=now + delay, turn=next(self._turns), attempt=failed.attempt + 1)
        self.put(again)

    @property
    def next_due(self) -> float | None:
        """When the next one is due, None when there is none."""
        return self._heap[0].due if self._heap else None

    def take(self, now: float) -> list[Parcel]:
        """The parcels that are due; now and then their entries are in other company than before."""
        due = []
        while self._heap and self._heap[0].due <= now:
            due.append(heapq.heappop(self._heap))
        if len(due) > 1 and self._random.random() < self._rebatch:
            return list(self._regrouped(due))
        return due

    def clear(self) -> list[Parcel]:
        """Take all that wait."""
        waiting, self._heap = self._heap, []
        return waiting

    def _regrouped(self, parcels: Iterable[Parcel]) -> Iterator[Parcel]:
        groups: dict[tuple[str, Platform, int], list[Parcel]] = {}
        for parcel in parcels:
            delivery = parcel.delivery
            key = (delivery.app, delivery.platform, parcel.attempt)
            groups.setdefault(key, []).append(parcel)
        for found in groups.values():
            entries = [entry for parcel in found for entry in parcel.delivery.entries]
            self._random.shuffle(entries)
            for part in _within_limit(entries):
                delivery = replace(found[0].delivery, entries=tuple(part), slow=False)
                yield replace(found[0], turn=next(self._turns), delivery=delivery)


def _within_limit(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    part: list[Entry] = []
    for entry in entries:
        if part and sum(len(each.events) for each in part) + len(entry.events) > LARGEST_BATCH:
            yield part
            part = []
        part.append(entry)
    if part:
        yield part
