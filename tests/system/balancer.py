"""A load balancer as small as can be: it leads each new connection to one of those that are ready,
in turn, and leaves those that are there alone, as Kubernetes does."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass

from tests.system.processes import Service

_CHUNK_BYTES = 65_536
_LOOK_SECONDS = 0.25


@dataclass(eq=False)
class Backend:
    """Where one receiver takes deliveries, and whether it was ready when last looked at."""

    service: Service
    port: int
    ready: bool = False


class Balancer:
    """`backends` may change at any time."""

    def __init__(self) -> None:
        self.backends: list[Backend] = []
        self.port = 0
        self._turns = itertools.count()

    async def look(self) -> None:
        """Ask all, now and then, whether they are ready."""
        while True:
            for backend in list(self.backends):
                backend.ready = await backend.service.ready()
            await asyncio.sleep(_LOOK_SECONDS)

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Lead one connection to where it can be served; it is reset when nobody takes it."""
        ready = [backend.port for backend in self.backends if backend.ready]
        try:
            port = ready[next(self._turns) % len(ready)] if ready else 0
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            writer.transport.abort()
            return
        ways = [
            asyncio.create_task(_carry(reader, far_writer)),
            asyncio.create_task(_carry(far_reader, writer)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.wait(ways)
            for end in (writer, far_writer):
                end.close()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(_CHUNK_BYTES):
            writer.write(chunk)
            await writer.drain()


@contextlib.asynccontextmanager
async def balancer() -> AsyncIterator[Balancer]:
    """A Balancer on a free port, until the block ends."""
    leading = Balancer()
    server = await asyncio.start_server(leading.meet, "127.0.0.1", 0)
    leading.port = server.sockets[0].getsockname()[1]
    looking = asyncio.create_task(leading.look())
    try:
        yield leading
    finally:
        looking.cancel()
        server.close()
