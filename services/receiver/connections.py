"""All connections of a receiver: how many there are, how long they take, how much they hold."""

import asyncio
import resource
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import Enum, auto
from typing import TYPE_CHECKING

from services.receiver import metrics
from services.receiver.answers import OVERLOADED
from services.receiver.intake import TOGETHER_BYTES, Intake

if TYPE_CHECKING:
    from services.receiver.connection import Connection

MOST_CONNECTIONS = 4096

MOST_BODY_BYTES_TOGETHER = 16 * 1024 * 1024
"""Three of the largest. With what the writer may hold this bounds the receiver's memory."""

_SWEEP_SECONDS = 0.5
_SPARE_FILES = 128


class Phase(Enum):
    """What a connection is waiting for."""

    IDLE = auto()
    HEAD = auto()
    BODY = auto()
    ANSWER = auto()
    END = auto()  # refused: what still comes is thrown away


class Connections:
    """All connections of a receiver."""

    def __init__(self, intake: Intake, max_body_bytes: int) -> None:
        self.intake = intake
        self.max_body_bytes = max_body_bytes
        self.held_bytes = 0
        self.leaving = False
        self._loop = asyncio.get_running_loop()
        self.now = self._loop.time()
        self.strangers: dict[Connection, None] = {}
        self._all: set[Connection] = set()
        self._received: list[tuple[Connection, bytes]] = []
        self._received_bytes = 0
        self._preface_of: list[tuple[bytes, bytes]] = []
        self._preface = b""
        self._most = min(MOST_CONNECTIONS, _allowed_files() - _SPARE_FILES)
        metrics.IN_FLIGHT.set_function(lambda: self.held_bytes)
        metrics.CONNECTIONS.set_function(lambda: len(self._all))

    def take_leave(self) -> None:
        """End each connection with its next answer, and so before it is closed: who keeps one
        then knows in time, and does not send into a connection that is just being closed."""
        self.leaving = True

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """End what takes too long, while the block runs."""
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(self._watch())
            try:
                yield
            finally:
                watching.cancel()

    async def _watch(self) -> None:
        # One look now and then instead of a timer per connection and request.
        while True:
            before, self.now = self.now, self._loop.time()
            if self.now - before < 2 * _SWEEP_SECONDS:  # else it was us who were slow
                for connection in tuple(self._all):
                    connection.check(self.now)
            await asyncio.sleep(_SWEEP_SECONDS)

    def add(self, connection: "Connection") -> None:
        """Let `connection` in, for which the oldest that never brought a delivery may have to
        go."""
        self._all.add(connection)
        self.strangers[connection] = None
        if len(self._all) > self._most:
            oldest = next(iter(self.strangers))
            del self.strangers[oldest]
            oldest.transport.abort()
            metrics.CROWDED_OUT.inc()

    def remove(self, connection: "Connection") -> None:
        """Forget `connection`."""
        self._all.discard(connection)
        self.strangers.pop(connection, None)

    def receive(self, connection: "Connection", data: bytes) -> None:
        """Have `connection` parse `data` together with what others received in this turn of the
        loop: a step done for many in a row costs half of what it does in between others."""
        if not self._received:
            self._loop.call_soon(self._parse)
        self._received.append((connection, data))
        self._received_bytes += len(data)
        if self._received_bytes > TOGETHER_BYTES:
            self._parse()

    def _parse(self) -> None:
        received, self._received, self._received_bytes = self._received, [], 0
        for connection, data in received:
            connection.parse(data)
        self.intake.take_arrived()

    def preface(self, headers: list[tuple[bytes, bytes]]) -> bytes:
        """`headers` as lines; the server makes a new list of them each second."""
        if headers is not self._preface_of:
            self._preface_of = headers
            self._preface = b"".join(b"%s: %s\r\n" % header for header in headers)
        return self._preface

    def make_room(self, newcomer: "Connection") -> bool:
        """Refuse the largest unfinished bodies until the rest is not too much; False when that of
        `newcomer` is among them."""
        while self.held_bytes > MOST_BODY_BYTES_TOGETHER and newcomer.phase is Phase.BODY:
            unfinished = [each for each in self._all if each.phase is Phase.BODY]
            max(unfinished, key=lambda each: each.held_bytes).refuse(OVERLOADED)
        return newcomer.phase is Phase.BODY


def _allowed_files() -> int:
    """How many files the process may open, once it has asked for all that it can get."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most
