"""What the writer keeps per call, per batch and per partition."""

import asyncio
import math
from collections import deque
from collections.abc import Iterable

from aiokafka.producer.message_accumulator import BatchBuilder

from shared.errors import Transient


class Call:
    """One `write`: done when all batches that hold its records are."""

    __slots__ = ("batches", "deadline", "done")

    def __init__(self, done: asyncio.Future[None], deadline: float) -> None:
        self.done = done
        self.deadline = deadline
        self.batches = 0

    def fail(self, reason: str) -> None:
        """Let the caller know, unless it has its answer or is gone."""
        if not self.done.done():
            self.done.set_exception(Transient(reason))


class Batch:
    """Records for one partition that travel and are acknowledged together."""

    __slots__ = ("append", "builder", "calls", "sent", "sent_at", "size", "stuck")

    def __init__(self, builder: BatchBuilder) -> None:
        self.sent_at = math.inf
        self.sent: asyncio.Future[object] | None = None
        self.stuck = False
        self.builder = builder
        self.append = builder.append
        self.calls: deque[Call] = deque()
        self.size = 0

    def succeed(self) -> None:
        """Tell the callers that their records here are durable."""
        for call in self.calls:
            call.batches -= 1
            if not call.batches and not call.done.done():
                call.done.set_result(None)

    def fail(self, reason: str) -> None:
        """Tell the callers that their records here may not be durable."""
        for call in self.calls:
            call.fail(reason)

    def give_up(self) -> None:
        """Wait no longer for the client that it was handed to."""
        if self.sent is not None and not self.sent.done():
            self.stuck = True
            self.sent.cancel()

    def expire(self, now: float) -> int:
        """Give up the calls whose time has come, and say how many were still waiting."""
        expired = 0
        # A call that fails stays counted in its other batches: they find its future done.
        while self.calls and self.calls[0].deadline <= now:
            call = self.calls.popleft()
            expired += not call.done.done()
            call.fail("not_acknowledged")
        return expired


class Partition:
    """The batches of one partition: one being sent at most, the others in order behind it. Only the
    last may still be open."""

    __slots__ = ("filled", "index", "sending", "topic", "waiting")

    def __init__(self, topic: str, index: int) -> None:
        self.topic = topic
        self.index = index
        self.waiting: deque[Batch] = deque()
        self.sending: Batch | None = None
        self.filled = asyncio.Event()

    def open(self, batch: Batch) -> Batch:
        """Let `batch` collect the records from here on."""
        self.waiting.append(batch)
        self.filled.set()
        return batch

    def take(self) -> Batch:
        """The oldest batch, closed: with an idempotent producer a record that joined it after it
        was handed over could fall outside of its sequence numbers."""
        batch = self.sending = self.waiting.popleft()
        batch.builder.close()
        if not self.waiting:
            self.filled.clear()
        return batch

    def batches(self) -> Iterable[Batch]:
        """All that is not acknowledged."""
        return (*self.waiting, self.sending) if self.sending else tuple(self.waiting)
