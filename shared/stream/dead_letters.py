"""Where a group puts the records it cannot handle, with the reason."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from shared.contracts.dead import DeadLetter, bury
from shared.contracts.records import Record
from shared.stream.protocols import Writer


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class DeadLetters:
    """The dead-letter topic of `group`."""

    writer: Writer
    group: str
    topic: str
    now: Callable[[], datetime] = _now

    async def bury(self, records: Sequence[Record], reason: str) -> None:
        """Return once `records`, unchanged, are durable on the dead-letter topic.

        Raises:
            Transient: they may not be.
        """
        failed_at = self.now()
        await self.writer.write(
            [
                bury(record, self._letter(record, reason, failed_at), self.topic)
                for record in records
            ]
        )

    def _letter(self, record: Record, reason: str, failed_at: datetime) -> DeadLetter:
        return DeadLetter(
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            group=self.group,
            reason=reason,
            failed_at=failed_at,
        )


@dataclass(slots=True)
class PoisonLimit:
    """Says when so much is buried that the fault must be ours: `most` of the last `among` settled
    records."""

    most: int = 100
    among: int = 1000
    _settled: int = 0
    _buried: deque[int] = field(default_factory=deque)

    def settled(self, records: int) -> None:
        """Count records that went well."""
        self._settled += records

    def buried(self, records: int) -> bool:
        """Count records that became dead letters; True when it is too much."""
        for _ in range(records):
            self._settled += 1
            self._buried.append(self._settled)
        while self._buried[0] <= self._settled - self.among:
            self._buried.popleft()
        return len(self._buried) >= self.most
