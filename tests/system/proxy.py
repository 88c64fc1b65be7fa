"""What lies between two parts of the system: TCP that can be slow, break, or lead nowhere."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass
from random import Random

_CHUNK_BYTES = 65_536
_CHUNKS = 256
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER that makes closing a connection a reset."""


@dataclass(eq=False)
class _Connection:
    """Both ends of one connection; `left` is how many more bytes it lives for."""

    ends: tuple[asyncio.StreamWriter, asyncio.StreamWriter]
    left: float = float("inf")
    swallowed: bool = False

    def reset(self) -> None:
        """End it as a broken network does."""
        for end in self.ends:
            _reset(end)


class Link:
    """All connections from one part to another, through as many doors as the other has ports.

    `passing`, `delay` and `blackhole` hold until the next of them; `cut` is a single event.
    """

    def __init__(self) -> None:
        self._servers: list[asyncio.Server] = []
        self._connections: set[_Connection] = set()
        self._delay_seconds = 0.0
        self._swallowing = False

    async def door(self, port: int) -> int:
        """Listen on a port of its own, which is returned, and lead from there to `port`."""

        async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._meet(reader, writer, port)

        server = await asyncio.start_server(meet, "127.0.0.1", 0)
        self._servers.append(server)
        chosen: int = server.sockets[0].getsockname()[1]
        return chosen

    def passing(self) -> None:
        """Let everything through. What was swallowed is gone, and its connections with it."""
        self._delay_seconds, self._swallowing = 0.0, False
        for connection in list(self._connections):
            if connection.swallowed:
                connection.reset()

    def delay(self, seconds: float) -> None:
        """Let everything through, each way so much later."""
        self._delay_seconds = seconds

    def blackhole(self) -> None:
        """Accept connections, swallow what comes and answer nothing."""
        self._swallowing = True

    def cut(self, rng: Random | None = None, most_bytes: int = 2000) -> int:
        """Reset the connections there are, and say how many: at once, or with `rng` each after a
        random number of further bytes, which is in the middle of a record."""
        cut = list(self._connections)
        for connection in cut:
            if rng is None:
                connection.reset()
            else:
                connection.left = rng.randrange(most_bytes)
        return len(cut)

    def close(self) -> None:
        """End all connections and listen no more."""
        for server in self._servers:
            server.close()
        self.cut()

    async def _meet(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int
    ) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            _reset(writer)
            return
        connection = _Connection((writer, far_writer))
        self._connections.add(connection)
        try:
            async with asyncio.TaskGroup() as ways:
                there = ways.create_task(self._carry(connection, reader, far_writer))
                back = ways.create_task(self._carry(connection, far_reader, writer))
                await asyncio.wait((there, back), return_when=asyncio.FIRST_COMPLETED)
                there.cancel()
                back.cancel()
        finally:
            self._connections.discard(connection)
            for end in connection.ends:
                end.close()

    async def _carry(
        self, connection: _Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """One way, until either end closes; what is under way arrives before that is passed on."""
        underway: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_CHUNKS)
        async with asyncio.TaskGroup() as tasks:
            taking = tasks.create_task(self._take(connection, reader, underway))
            with contextlib.suppress(OSError):
                await self._deliver(connection, writer, underway)
            taking.cancel()

    async def _take(
        self,
        connection: _Connection,
        reader: asyncio.StreamReader,
        underway: asyncio.Queue[tuple[float, bytes]],
    ) -> None:
        loop = asyncio.get_running_loop()
        chunk = b"first"
        while chunk:
            try:
                chunk = await reader.read(_CHUNK_BYTES)
            except OSError:
                chunk = b""
            if chunk and self._swallowing:
                connection.swallowed = True
            else:
                await underway.put((loop.time() + self._delay_seconds, chunk))

    async def _deliver(
        self,
        connection: _Connection,
        writer: asyncio.StreamWriter,
        underway: asyncio.Queue[tuple[float, bytes]],
    ) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due, chunk = await underway.get()
            await asyncio.sleep(max(0.0, due - loop.time()))
            if not chunk or writer.is_closing():  # uvloop's writers refuse when closed
                return
            writer.write(chunk[: int(min(connection.left, len(chunk)))])
            await writer.drain()
            connection.left -= len(chunk)
            if connection.left < 0:
                connection.reset()
                return


def _reset(writer: asyncio.StreamWriter) -> None:
    ours = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):  # closed already
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()


@contextlib.asynccontextmanager
async def link() -> AsyncIterator[Link]:
    """A Link, closed when the block ends."""
    opened = Link()
    try:
        yield opened
    finally:
        opened.close()
