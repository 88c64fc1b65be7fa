"""What the rest of Parley may ask of Kafka; `kafka.py` and `memory.py` both keep these promises."""

from collections.abc import Sequence
from typing import Protocol

from shared.contracts.records import Offsets, Outgoing, Record


class Writer(Protocol):
    """Puts records on topics."""

    async def write(self, records: Sequence[Outgoing]) -> None:
        """Return once every record is on all in-sync replicas; all of them or an exception.

        A partial write is possible before an exception and harmless: ids are deterministic.

        Raises:
            Transient: `not_acknowledged` after the writer's deadline, `overloaded` at once when
                too many bytes are in flight.
        """


class Reader(Protocol):
    """One member of a consumer group."""

    async def read(self, max_records: int, wait_seconds: float) -> Sequence[Record]:
        """The next records, in order within each partition; empty when none came in time."""

    async def commit(self, offsets: Offsets) -> None:
        """Make `offsets` the place where the group goes on after a restart."""
