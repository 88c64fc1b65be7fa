"""Kafka records as the rest of Parley sees them: one on its way out, one that came in."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

Headers = Sequence[tuple[str, bytes]]
"""In Kafka's order; a name may occur twice, and the last one counts."""


class Outgoing(NamedTuple):
    """A record to be written; its partition follows from its key, its time is now unless given."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp_ms: int | None = None


class Record(NamedTuple):
    """A record as it was read."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: Headers

    def header(self, name: str) -> bytes | None:
        """The last value of the header `name`."""
        return dict(self.headers).get(name)


class Position(NamedTuple):
    """One partition of one topic."""

    topic: str
    partition: int


Offsets = Mapping[Position, int]
"""For each partition the next offset to read, which is what Kafka commits."""
