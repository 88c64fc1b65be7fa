"""What the rest of Parley may ask of Kafka; `kafka.py` and `memory.py` both keep these promises."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from shared.contracts.records import Offsets, Outgoing, Position, Record


class Writer(Protocol):
    """Puts records on topics."""

    def write(self, records: Sequence[Outgoing]) -> asyncio.Future[None]:
        """A future that is done once every record is on all in-sync replicas; all of them, or it
        fails.

        A partial write is possible before a failure and harmless: ids are deterministic. What is
        refused at once is raised at once, so `await writer.write(records)` meets both.

        Raises:
            Transient: `not_acknowledged` after the writer's deadline; `not_connected` and
                `overloaded` (too many bytes are in flight) at once; `unknown_topic` and
                `too_large_for_broker` when the topics are not as `shared/topics.py` says.
        """


class Reader(Protocol):
    """One member of a consumer group."""

    async def read(self, max_records: int, wait_seconds: float) -> Sequence[Record]:
        """The next records, in order within each partition; empty when none came in time.

        With `max_records` 0 it only tells the group that this member is alive.

        Raises:
            Transient: Kafka is away or will not have us; to be asked again.
        """

    async def commit(self, offsets: Offsets) -> None:
        """Make `offsets` the place where the group goes on after a restart; those of partitions
        this member has lost meanwhile are left to their new owner.

        Raises:
            Transient: not committed; to be asked again.
        """

    def on_revoke(self, hook: Callable[[], Awaitable[None]]) -> None:
        """Await `hook` whenever this member is about to give back all its partitions.

        Until it returns nothing is read, and commits still count. Afterwards each partition, also
        one that comes back, is read on from what was committed.
        """

    def ends(self) -> Mapping[Position, int]:
        """For each partition this member has, the offset the next record written will get."""

    def joined(self) -> bool:
        """Whether the group has this member and no rebalance is under way."""
