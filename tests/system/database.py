"""A PostgreSQL server as a process under test, on a TCP port of its own."""

import asyncio
import contextlib
import shutil
import signal
import subprocess
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import asyncpg
import psutil
from asyncpg import exceptions

from shared.postgres.embedded import start
from tests.kafka import free_port

_START_SECONDS = 60.0
_PREPARING = threading.Lock()  # the wheel's own is for processes


class Postgres:
    """The wheel's server, with its usual settings: what it says is committed, is on disk."""

    def __init__(self, folder: Path) -> None:
        with _PREPARING:
            prepared = start(folder)  # initdb, and a user to run as where we are root
            prepared.cleanup()
        self.port = free_port()
        self.url = f"postgresql://postgres@127.0.0.1:{self.port}/postgres"
        self._user: str | None = prepared.system_user
        binary = str(prepared.bin_path / "postgres")
        self._command = [
            binary, "-D", str(folder), "-h", "127.0.0.1", "-p", str(self.port), "-k", "",
            "-c", "max_connections=60",
        ]  # fmt: skip
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        """Start it, unless it runs, and return when it answers.

        Raises:
            TimeoutError: it does not.
        """
        if self._process is None or self._process.poll() is not None:
            self._process = self._spawn()
        async with asyncio.timeout(_START_SECONDS):
            while not await self.answers():
                await asyncio.sleep(0.05)

    async def answers(self) -> bool:
        """Whether it takes connections."""
        try:
            async with asyncio.timeout(2):
                connection = await asyncpg.connect(self.url)
        except (exceptions.PostgresError, OSError):
            return False
        await connection.close()
        return True

    async def stop(self) -> None:
        """End it in order, without waiting for its clients."""
        self.thaw()
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        await self._ended()

    async def kill(self) -> None:
        """End it as a power cut would, with all processes of its own."""
        self._to_all(psutil.Process.kill)
        await self._ended()

    def freeze(self) -> None:
        """Let all of it stand still."""
        self._to_all(psutil.Process.suspend)

    def thaw(self) -> None:
        """Let it go on."""
        self._to_all(psutil.Process.resume)

    async def cut(self) -> None:
        """End all its clients' connections, as an administrator can."""
        connection = await asyncpg.connect(self.url)
        try:
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
        finally:
            await connection.close()

    def _spawn(self) -> subprocess.Popen[bytes]:
        with (self._folder.parent / "postgres.log").open("ab") as output:
            return subprocess.Popen(
                self._command, stdout=output, stderr=output, user=self._user, start_new_session=True
            )

    def _to_all(self, do: Callable[[psutil.Process], None]) -> None:
        """The server first, so that it starts no others, then the processes it has started."""
        if self._process is None or self._process.poll() is not None:
            return
        first = psutil.Process(self._process.pid)
        family = [first, *first.children(recursive=True)]
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                do(process)

    async def _ended(self) -> None:
        if self._process is not None:
            await asyncio.to_thread(self._process.wait, _START_SECONDS)


@contextlib.asynccontextmanager
async def postgres(folder: Path) -> AsyncIterator[Postgres]:
    """A running server without tables; its data goes with it."""
    server = await asyncio.to_thread(Postgres, folder)
    try:
        await server.start()
        yield server
    finally:
        await server.kill()
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
