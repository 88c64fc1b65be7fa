"""How long to wait before trying again."""

import random
from collections.abc import Iterator

_random = random.SystemRandom()


def delays(first_seconds: float = 0.1, most_seconds: float = 10.0) -> Iterator[float]:
    """Waiting times for ever, doubling up to `most_seconds`, each drawn from the upper half so that
    many who failed together do not come back together."""
    seconds = first_seconds
    while True:
        yield _random.uniform(seconds / 2, seconds)
        seconds = min(seconds * 2, most_seconds)
