"""The loop of every consumer service: read, settle in lanes, and only then commit."""

import asyncio
import contextlib
import itertools
import operator
from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

import structlog

from shared.contracts.records import Position, Record
from shared.errors import Poison, Transient
from shared.stream import metrics
from shared.stream.dead_letters import DeadLetters
from shared.stream.delays import Patience
from shared.stream.lanes import Item, Lanes
from shared.stream.protocols import Reader
from shared.stream.settlement import Settlement
from shared.stream.watermarks import Watermarks

T = TypeVar("T")

READ_RECORDS = 2000
READ_SECONDS = 0.5
COMMIT_SECONDS = 0.2
BURIED_TOGETHER = 20

_where = operator.itemgetter(0, 1)
_log = structlog.get_logger()


class Consumer(Generic[T]):
    """At least once: `handle` may see a record again, so its effect must be idempotent.

    `decode` makes a T of a record or raises Poison. `lane` says what it must stay in order with:
    one lane is worked off in order, a batch of at most `max_records` at a time, and lanes do not
    wait for each other. `handle` may raise Transient, and gets the batch again for up to
    `patience_seconds`, after which `run` raises it; or Poison naming a record of the batch, which
    becomes a dead letter before the rest is handled again.

    When 100 of the last 1,000 records became dead letters, `run` raises Transient
    `too_much_poison`: the fault is ours. Reasons in `blameless` do not count: those are what one
    sender can bring about at will.

    Beyond `max_in_flight_records` or `max_in_flight_bytes` nothing more is read.
    """

    def __init__(  # noqa: PLR0913 (bounds have names and defaults)
        self,
        reader: Reader,
        dead_letters: DeadLetters,
        decode: Callable[[Record], T],
        handle: Callable[[Sequence[T]], Awaitable[None]],
        lane: Callable[[T], Hashable],
        *,
        max_records: int = 500,
        max_in_flight_records: int = 10_000,
        max_in_flight_bytes: int = 64_000_000,
        patience_seconds: float = 120.0,
        release_seconds: float = 15.0,
        blameless: frozenset[str] = frozenset(),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._reader = reader
        self._group = dead_letters.group
        self._decode = decode
        self._lane = lane
        self._max_records = max_records
        self._max_in_flight_records = max_in_flight_records
        self._max_in_flight_bytes = max_in_flight_bytes
        self._patience_seconds = patience_seconds
        self._patience = Patience(patience_seconds, most_seconds=2.0)
        self._release_seconds = release_seconds
        self._sleep = sleep
        self._settlement = Settlement(
            handle=handle,
            dead_letters=dead_letters,
            patience_seconds=patience_seconds,
            blameless=blameless,
            sleep=sleep,
        )
        self._watermarks = Watermarks()
        self._committing = asyncio.Lock()

    def ready(self) -> bool:
        """Whether the group has us, and we are neither stopping nor stuck with a dead letter."""
        settlement = self._settlement
        return self._reader.joined() and not settlement.stalled and not settlement.releasing

    async def run(self, stopping: asyncio.Event) -> None:
        """Consume until `stopping` is set; then finish what has begun, commit it, and return.

        Raises:
            Transient: out of patience with Kafka or with `handle`, or `too_much_poison`; what is
                not settled is not committed.
        """
        changed = asyncio.Event()
        failure: Exception | None = None
        try:
            async with asyncio.TaskGroup() as tasks:
                settle, bury = self._settlement.settle, self._settlement.bury_undecodable
                self._lanes = Lanes(settle, tasks, self._max_records, changed)
                self._undecodable = Lanes(bury, tasks, BURIED_TOGETHER, changed)
                self._reader.on_revoke(self._release)
                committing = tasks.create_task(self._keep_committing())
                reading = tasks.create_task(self._keep_reading(changed))
                await stopping.wait()
                reading.cancel()
                await asyncio.wait([reading])
                await self._release()
                committing.cancel()
                self._lanes.stop()
                self._undecodable.stop()
        except ExceptionGroup as failures:
            failure = failures.exceptions[0]
        if failure is not None:
            raise failure

    async def _keep_reading(self, changed: asyncio.Event) -> None:
        while True:
            await self._read_or_wait(changed)

    async def _read_or_wait(self, changed: asyncio.Event) -> None:
        room = self._max_in_flight_records - self._lanes.records - self._undecodable.records
        held = self._lanes.bytes + self._undecodable.bytes
        full = room <= 0 or held >= self._max_in_flight_bytes
        changed.clear()
        try:
            records = await self._reader.read(0 if full else min(room, READ_RECORDS), READ_SECONDS)
        except Transient as exc:
            metrics.RETRIES.labels(self._group, exc.reason).inc()
            await self._sleep(self._patience.wait_after(exc))
            return
        self._patience.renew()
        self._accept(records)
        if full:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(READ_SECONDS):
                    await changed.wait()
        else:
            await asyncio.sleep(0)  # a read may not suspend, and the lanes must get their turn

    def _accept(self, records: Sequence[Record]) -> None:
        lanes: dict[Hashable, list[Item[T]]] = defaultdict(list)
        undecodable: list[Item[Poison]] = []
        for where, read in itertools.groupby(records, _where):
            together = list(read)
            span = self._watermarks.track(Position(*where), together)
            for place, record in enumerate(together):
                try:
                    value = self._decode(record)
                except Poison as poison:
                    undecodable.append((poison, record, span, place))
                else:
                    lanes[self._lane(value)].append((value, record, span, place))
        for lane, items in lanes.items():
            self._lanes.put(lane, items)
        if undecodable:
            self._undecodable.put(None, undecodable)

    async def _release(self) -> None:
        """Let what has begun finish, commit it, and forget the rest: others read it again."""
        self._settlement.releasing = True
        self._lanes.drop_queued()
        self._undecodable.drop_queued()
        try:
            async with asyncio.timeout(self._release_seconds):
                await self._lanes.idle()
                await self._undecodable.idle()
        except TimeoutError:
            _log.warning("released_unfinished", records=self._lanes.records)
        try:
            await self._commit()
        except Transient as exc:
            _log.warning("released_uncommitted", reason=exc.reason)
        self._forget()
        self._settlement.releasing = False

    def _forget(self) -> None:
        for topic, partition in self._watermarks.positions():
            for gauge in (metrics.LAG, metrics.PROGRESS):
                with contextlib.suppress(KeyError):
                    gauge.remove(topic, str(partition), self._group)
        self._watermarks.forget()

    async def _keep_committing(self) -> None:
        patience = Patience(self._patience_seconds)
        while True:
            await asyncio.sleep(COMMIT_SECONDS)
            try:
                await self._commit()
            except Transient as exc:
                metrics.RETRIES.labels(self._group, exc.reason).inc()
                await self._sleep(patience.wait_after(exc))
            else:
                patience.renew()
            self._measure()

    async def _commit(self) -> None:
        async with self._committing:
            offsets = self._watermarks.uncommitted()
            if not offsets:
                return
            await self._reader.commit(offsets)
            self._watermarks.committed(offsets)
            for topic, partition in offsets:
                gauge = metrics.PROGRESS.labels(topic, str(partition), self._group)
                gauge.set_to_current_time()

    def _measure(self) -> None:
        settled = self._watermarks.positions()
        for position, end in self._reader.ends().items():
            gauge = metrics.LAG.labels(position.topic, str(position.partition), self._group)
            gauge.set(max(0, end - settled.get(position, end)))  # nothing read yet: nothing to read
