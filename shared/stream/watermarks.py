"""How far each partition may be committed: up to its first record that is not settled."""

from collections import deque
from collections.abc import Mapping, Sequence

from shared.contracts.records import Position, Record


class Span:
    """Records of one partition that were read together, and which of them are settled.

    To settle a record set its place in `settled` to 1. `lost` says that the partition was given
    back: settling still works, but counts for nothing.
    """

    __slots__ = ("_offsets", "lost", "settled")

    def __init__(self, records: Sequence[Record]) -> None:
        self._offsets = [record.offset for record in records]
        self.settled = bytearray(len(records))
        self.lost = False

    def complete(self) -> bool:
        """Whether every record is settled."""
        return 0 not in self.settled

    def position(self) -> int:
        """The offset of the first unsettled record, or the one behind the last."""
        first = self.settled.find(0)
        return self._offsets[-1] + 1 if first < 0 else self._offsets[first]


class Watermarks:
    """The spans of each partition, in the order they were read."""

    def __init__(self) -> None:
        self._spans: dict[Position, deque[Span]] = {}
        self._committed: dict[Position, int] = {}

    def track(self, position: Position, records: Sequence[Record]) -> Span:
        """Wait for `records`, the next ones of this partition, to be settled."""
        span = Span(records)
        if position not in self._spans:
            self._spans[position] = deque()
            self._committed[position] = records[0].offset
        self._spans[position].append(span)
        return span

    def positions(self) -> dict[Position, int]:
        """For each partition the offset of its first unsettled record."""
        for spans in self._spans.values():
            while len(spans) > 1 and spans[0].complete():
                spans.popleft()
        return {position: spans[0].position() for position, spans in self._spans.items()}

    def uncommitted(self) -> dict[Position, int]:
        """As `positions`, where that is further than what is committed."""
        return {
            position: offset
            for position, offset in self.positions().items()
            if offset != self._committed[position]
        }

    def committed(self, offsets: Mapping[Position, int]) -> None:
        """Remember what needs no further commit."""
        for position in offsets.keys() & self._spans.keys():
            self._committed[position] = offsets[position]

    def forget(self) -> None:
        """All partitions are given back; what is still under way counts for nothing."""
        for spans in self._spans.values():
            for span in spans:
                span.lost = True
        self._spans.clear()
        self._committed.clear()
