"""Latencies in buckets one per cent wide: percentiles of any number of them in little memory."""

import math
from collections import Counter

_GROWTH = math.log(1.01)
_SMALLEST_SECONDS = 1e-6


class Latencies:
    """A histogram of seconds."""

    def __init__(self) -> None:
        self._buckets: Counter[int] = Counter()
        self._count = 0
        self.largest = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        bucket = math.ceil(math.log(max(seconds, _SMALLEST_SECONDS)) / _GROWTH)
        self._buckets[bucket] += 1
        self._count += 1
        self.largest = max(self.largest, seconds)

    def percentile(self, percent: float) -> float:
        """The seconds that `percent` of all stayed within, to one per cent; 0 of none."""
        left = math.ceil(self._count * percent / 100)
        for bucket in sorted(self._buckets):
            left -= self._buckets[bucket]
            if left <= 0:
                return min(math.exp(bucket * _GROWTH), self.largest)
        return self.largest
