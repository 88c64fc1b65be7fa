"""How long to wait before trying again, and when to stop trying."""

import random
import time
from collections.abc import Iterator

from shared.errors import Transient

_random = random.SystemRandom()


def delays(first_seconds: float = 0.1, most_seconds: float = 10.0) -> Iterator[float]:
    """Waiting times for ever, doubling up to `most_seconds`, each drawn from the upper half so that
    many who failed together do not come back together."""
    seconds = first_seconds
    while True:
        yield _random.uniform(seconds / 2, seconds)
        seconds = min(seconds * 2, most_seconds)


class Patience:
    """Allows failures for `seconds` from the first one on, until something succeeds."""

    def __init__(self, seconds: float, most_seconds: float = 10.0) -> None:
        self._seconds = seconds
        self._most_seconds = most_seconds
        self.renew()

    def renew(self) -> None:
        """It worked."""
        self._since: float | None = None
        self._delays = delays(most_seconds=self._most_seconds)

    def wait_after(self, failure: Transient) -> float:
        """How long to wait before the next try.

        Raises:
            Transient: `failure`, when it has gone on for too long.
        """
        now = time.monotonic()
        self._since = now if self._since is None else self._since
        if now - self._since >= self._seconds:
            raise failure
        return next(self._delays)
