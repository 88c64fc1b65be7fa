"""When things happened, by key, each event once: what is counted within a window of time."""

from bisect import bisect_left
from collections.abc import Hashable
from datetime import datetime
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
Moment = tuple[datetime, str]
"""When, and which event."""


class Timeline(Generic[K]):
    """Moments in order, in whichever order they are added."""

    def __init__(self) -> None:
        self._moments: dict[K, list[Moment]] = {}

    def __contains__(self, key: K) -> bool:
        return key in self._moments

    def add(self, key: K, moment: Moment) -> None:
        """Note `moment`, unless it is known."""
        moments = self._moments.setdefault(key, [])
        place = bisect_left(moments, moment)
        if moments[place : place + 1] != [moment]:
            moments.insert(place, moment)

    def count(self, key: K, after: datetime, but: Moment | None) -> int:
        """How many there are from `after` on, without `but`: disorder must not hide what is
        later."""
        moments = self._moments.get(key)
        if moments is None:
            return 0
        first = bisect_left(moments, (after, ""))
        if but is None:
            return len(moments) - first
        place = bisect_left(moments, but, first)
        return len(moments) - first - (moments[place : place + 1] == [but])

    def forget(self, before: datetime) -> None:
        """Drop what is older."""
        for key in [key for key, moments in self._moments.items() if moments[0][0] < before]:
            moments = self._moments[key]
            del moments[: bisect_left(moments, (before, ""))]
            if not moments:
                del self._moments[key]
