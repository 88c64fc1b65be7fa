"""What becomes of a batch: handled, or its poison buried and the rest handled, however long the
world needs."""

from collections import Counter, deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import structlog

from shared.errors import Poison, Transient
from shared.service.tracing import processing
from shared.stream import metrics
from shared.stream.dead_letters import DeadLetters, PoisonLimit
from shared.stream.delays import Patience, delays
from shared.stream.lanes import Item

T = TypeVar("T")

_TOLD_SECONDS = 1.0
"""A wait of so long, after some tries, is worth a line; the metric counts all of them."""

_log = structlog.get_logger()


@dataclass(kw_only=True)
class Settlement(Generic[T]):
    """Settles the batches of one consumer; see `Consumer` for the fields.

    While `releasing` nothing is tried again: what is unsettled is left to the partition's next
    owner.
    """

    handle: Callable[[Sequence[T]], Awaitable[None]]
    dead_letters: DeadLetters
    patience_seconds: float
    blameless: frozenset[str]
    sleep: Callable[[float], Awaitable[None]]
    limit: PoisonLimit = field(default_factory=PoisonLimit)
    releasing: bool = False
    stalled: int = 0

    def __post_init__(self) -> None:
        self._batch_records = metrics.CONSUMED_BATCH.labels(self.dead_letters.group)
        metrics.DEAD_STALLED.labels(self.dead_letters.group).set(0)

    async def settle(self, items: list[Item[T]]) -> None:
        """Return when every item is settled or given up.

        Raises:
            Transient: the world did not get better in time, or `too_much_poison`.
        """
        waiting, size = deque(items), len(items)
        while waiting:
            part = [waiting.popleft() for _ in range(min(size, len(waiting)))]
            try:
                handled = await self._handle(part)
            except Poison as poison:
                dead = _named(part, poison)
                if not await self._bury([dead], poison.reason):
                    return
                waiting.extendleft(item for item in reversed(part) if item is not dead)
                size = max(1, len(part) // 2)  # n poisoned ones must not cost n² / 2 handlings
                continue
            if not handled:
                return
            self._settled(part, "ok")
            self.limit.settled(len(part))
            size *= 2

    async def bury_undecodable(self, items: list[Item[Poison]]) -> None:
        """Settle records that were poison before there was anything to handle."""
        for reason in {poison.reason for poison, *_ in items}:
            await self._bury([item for item in items if item[0].reason == reason], reason)

    async def _handle(self, items: list[Item[T]]) -> bool:
        patience = Patience(self.patience_seconds)
        group = self.dead_letters.group
        while not self._given_up(items):
            self._batch_records.observe(len(items))
            try:
                with processing(group, [record for _, record, _, _ in items]):
                    await self.handle([value for value, _, _, _ in items])
            except Transient as exc:
                metrics.RETRIES.labels(group, exc.reason).inc()
                seconds = patience.wait_after(exc)
                if seconds >= _TOLD_SECONDS:
                    _log.warning("batch_waits", reason=exc.reason, count=len(items))
                await self.sleep(seconds)
            else:
                return True
        return False

    async def _bury(self, items: Sequence[Item[Any]], reason: str) -> bool:
        if not await self._write(items, reason):
            return False
        self._settled(items, "dead")
        for _, (topic, partition, offset, *_), *_ in items:
            metrics.DEAD.labels(topic, self.dead_letters.group, reason).inc()
            _log.warning(
                "record_buried", topic=topic, partition=partition, offset=offset, reason=reason
            )
        if reason not in self.blameless and self.limit.buried(len(items)):
            raise Transient("too_much_poison")
        return True

    async def _write(self, items: Sequence[Item[Any]], reason: str) -> bool:
        """Until it is written: a record that is neither handled nor buried is never passed by."""
        waits, stalled = delays(), 0
        try:
            while not self._given_up(items):
                try:
                    await self.dead_letters.bury([record for _, record, *_ in items], reason)
                except Transient as exc:
                    self._stall(1 - stalled)
                    stalled = 1
                    _log.error("dead_letter_not_written", reason=exc.reason)
                    await self.sleep(next(waits))
                else:
                    return True
            return False
        finally:
            self._stall(-stalled)

    def _stall(self, change: int) -> None:
        self.stalled += change
        metrics.DEAD_STALLED.labels(self.dead_letters.group).set(self.stalled > 0)

    def _given_up(self, items: Sequence[Item[Any]]) -> bool:
        # All of a batch was read under one assignment, so that it is lost together.
        _, _, span, _ = items[0]
        return self.releasing or span.lost

    def _settled(self, items: Sequence[Item[Any]], outcome: str) -> None:
        for _, _, span, place in items:
            span.settled[place] = 1
        for topic, count in Counter([record.topic for _, record, _, _ in items]).items():
            metrics.CONSUMED.labels(topic, self.dead_letters.group, outcome).inc(count)


def _named(items: list[Item[T]], poison: Poison) -> Item[T]:
    for item in items:
        if item[1] == poison.record:
            return item
    raise poison  # names a record it was not given: a bug
