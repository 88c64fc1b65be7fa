"""A steady flow of good deliveries, and how they fare."""

import asyncio
import itertools
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.receiving import COMMENT, body_of, read_answer, request

RATE = 300.0
_GOOD = request(body_of(COMMENT))
_FRESH_EVERY = 10
"""One delivery in so many comes over a connection of its own: newcomers must get in too."""

_Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class Traffic:
    """What became of good deliveries: how long each took from when it was due, and failures."""

    port: int
    seconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    _idle: deque[_Connection] = field(default_factory=deque)

    async def deliver(self, due: float, *, fresh: bool) -> None:
        """One delivery that was due at this time of `time.perf_counter`."""
        try:
            connection = self._idle.popleft() if self._idle and not fresh else await self._open()
            status = await self._post(connection)
        except (OSError, EOFError, TimeoutError) as exc:
            self.failures.append(type(exc).__name__)
            return
        self.seconds.append(time.perf_counter() - due)
        if status != 200:
            self.failures.append(str(status))
        if fresh or status != 200:
            connection[1].close()
        else:
            self._idle.append(connection)

    async def _post(self, connection: _Connection) -> int:
        reader, writer = connection
        status = 0
        try:
            writer.write(_GOOD)
            status = (await read_answer(reader)).status
        finally:
            if not status:
                writer.transport.abort()
        return status

    async def _open(self) -> _Connection:
        async with asyncio.timeout(5):
            return await asyncio.open_connection("127.0.0.1", self.port)

    def p99_ms(self) -> float:
        """Of all deliveries that were answered."""
        ordered = sorted(self.seconds) or [0.0]
        return ordered[int(len(ordered) * 0.99)] * 1000

    def close(self) -> None:
        """Part with the receiver."""
        for _, writer in self._idle:
            writer.close()


@asynccontextmanager
async def steady(port: int, rate: float = RATE) -> AsyncIterator[Traffic]:
    """Good deliveries at a fixed rate, whatever becomes of them, while the block runs; all that
    were begun are over when it ends."""
    traffic = Traffic(port)
    over = asyncio.Event()
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_flow(traffic, rate, over))
            try:
                yield traffic
            finally:
                over.set()
    finally:
        traffic.close()


async def _flow(traffic: Traffic, rate: float, over: asyncio.Event) -> None:
    started = time.perf_counter()
    async with asyncio.TaskGroup() as deliveries:
        for number in itertools.count():
            if over.is_set():
                break
            due = started + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            fresh = number % _FRESH_EVERY == 0
            deliveries.create_task(traffic.deliver(due, fresh=fresh))
