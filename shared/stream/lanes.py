"""Work in lanes: in order and one batch at a time within a lane, concurrently between lanes."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Hashable
from typing import Generic, NamedTuple, TypeVar

from shared.contracts.records import Record
from shared.stream.watermarks import Span

T = TypeVar("T")


class Item(NamedTuple, Generic[T]):
    """One record's work, and where to note that it is settled."""

    value: T
    record: Record
    span: Span
    place: int

    def bytes(self) -> int:
        """What it holds in memory, nearly."""
        return len(self.record.value or b"")


class Lanes(Generic[T]):
    """Queues of items, each worked off by one worker at a time.

    Workers are started when none is free and stay for the next lane: a lane may hold a single
    record, and a task for each would cost more than the work. Each finished batch sets `changed`.
    """

    def __init__(
        self,
        settle: Callable[[list[Item[T]]], Awaitable[None]],
        tasks: asyncio.TaskGroup,
        max_records: int,
        changed: asyncio.Event,
    ) -> None:
        self._settle = settle
        self._tasks = tasks
        self._max_records = max_records
        self._queues: dict[Hashable, deque[Item[T]]] = {}
        self._ready: asyncio.Queue[Hashable] = asyncio.Queue()
        self._workers: list[asyncio.Task[None]] = []
        self._free = 0
        self._running = 0
        self._changed = changed
        self.records = 0
        self.bytes = 0

    def put(self, lane: Hashable, item: Item[T]) -> None:
        """Queue `item` behind what its lane has."""
        self.records += 1
        self.bytes += item.bytes()
        queue = self._queues.get(lane)
        if queue is None:
            self._queues[lane] = deque((item,))
            self._start(lane)
        else:
            queue.append(item)

    def drop_queued(self) -> None:
        """Forget what no worker has begun."""
        for queue in self._queues.values():
            self._discount(queue)
            queue.clear()

    async def idle(self) -> None:
        """Wait until no worker is at work."""
        while self._running:
            self._changed.clear()
            await self._changed.wait()

    def stop(self) -> None:
        """End the workers."""
        for worker in self._workers:
            worker.cancel()

    def _start(self, lane: Hashable) -> None:
        self._ready.put_nowait(lane)
        if self._free:
            self._free -= 1
        else:
            self._workers.append(self._tasks.create_task(self._work()))

    async def _work(self) -> None:
        while True:
            await self._turn(await self._ready.get())
            self._free += 1

    async def _turn(self, lane: Hashable) -> None:
        queue = self._queues[lane]
        batch = [queue.popleft() for _ in range(min(len(queue), self._max_records))]
        self._running += 1
        try:
            if batch:
                await self._settle(batch)
        finally:
            self._running -= 1
            self._discount(batch)
            self._changed.set()
        if queue:
            self._start(lane)
        else:
            del self._queues[lane]

    def _discount(self, items: Collection[Item[T]]) -> None:
        self.records -= len(items)
        self.bytes -= sum(item.bytes() for item in items)
