"""Work in lanes: in order and one batch at a time within a lane, concurrently between lanes."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Hashable
from typing import Generic, Literal, TypeVar

from shared.contracts.records import Record
from shared.stream.watermarks import Span

T = TypeVar("T")


Item = tuple[T, Record, Span, int]
"""One record's work: what it was decoded to, itself, and where to note that it is settled. A plain
tuple, since there is one for every record."""


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

    def put(self, lane: Hashable, items: list[Item[T]]) -> None:
        """Queue `items` behind what their lane has."""
        self._count(items, 1)
        queue = self._queues.get(lane)
        if queue is None:
            self._queues[lane] = deque(items)
            self._start(lane)
        else:
            queue.extend(items)

    def drop_queued(self) -> None:
        """Forget what no worker has begun."""
        for queue in self._queues.values():
            self._count(queue, -1)
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
            self._count(batch, -1)
            self._changed.set()
        if queue:
            self._start(lane)
        else:
            del self._queues[lane]

    def _count(self, items: Collection[Item[T]], sign: Literal[1, -1]) -> None:
        self.records += sign * len(items)
        self.bytes += sign * sum([len(record.value or b"") for _, record, _, _ in items])
