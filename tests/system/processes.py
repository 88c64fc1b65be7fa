"""A service as a process under test: what an orchestrator would do with it, and what fate does."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

import aiohttp

_RESTART_SECONDS = 0.5
_STOP_SECONDS = 40.0
_SHIFTERS = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))


class Service:
    """One process of `services.NAME`, kept running: when it ends unasked it is started again, as an
    orchestrator would, and its exit code is kept in `falls`."""

    def __init__(
        self,
        name: str,
        environment: Mapping[str, str],
        admin_port: int,
        folder: Path,
        mutation: str | None = None,
    ) -> None:
        self.name = name
        self.admin_url = f"http://127.0.0.1:{admin_port}"
        self.output = folder / f"{name}.log"
        self.falls: list[int] = []
        module = f"services.{name.split('-', maxsplit=1)[0]}"
        broken = ("tests.system.broken", mutation) if mutation else ()
        self._command = (sys.executable, "-m", *broken, module)
        self._environment = dict(environment) | {"PARLEY_ADMIN_PORT": str(admin_port)}
        self._process: asyncio.subprocess.Process | None = None
        self._watching: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        running = self._process is not None and self._process.returncode is None
        return self._process.pid if self._process and running else None

    async def start(self, clock: Mapping[str, str] | None = None) -> None:
        """Start it, unless it runs, and go on starting it; it need not be ready on return. `clock`
        is what `shifted` gives."""
        if self._watching is None:
            self._process = await self._spawn(clock or {})
            self._watching = asyncio.create_task(self._watch(self._process, clock or {}))

    async def kill(self) -> None:
        """End it as the kernel does when memory is short."""
        await self._end(signal.SIGKILL)

    async def terminate(self) -> int:
        """End it as an orchestrator does, and give its exit code.

        Raises:
            TimeoutError: it had to be killed.
        """
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                return await self._end(signal.SIGTERM)
        except TimeoutError:
            await self.kill()
            raise

    def freeze(self) -> None:
        """Let it stand still; the kernel goes on accepting connections for it."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    async def ready(self) -> bool:
        """Whether it says that it is ready."""
        limit = aiohttp.ClientTimeout(total=2)
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            async with (
                aiohttp.ClientSession(timeout=limit) as session,
                session.get(f"{self.admin_url}/readyz") as answer,
            ):
                return answer.status == 200
        return False

    async def until_ready(self, seconds: float = 60.0) -> None:
        """Return as soon as it is ready.

        Raises:
            TimeoutError: that took too long.
        """
        async with asyncio.timeout(seconds):
            while not await self.ready():
                await asyncio.sleep(0.1)

    async def _spawn(self, clock: Mapping[str, str]) -> asyncio.subprocess.Process:
        with self.output.open("ab") as output:
            return await asyncio.create_subprocess_exec(
                *self._command,
                env={**self._environment, **clock},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C is for the harness
            )

    async def _watch(self, process: asyncio.subprocess.Process, clock: Mapping[str, str]) -> None:
        while True:
            self.falls.append(await process.wait())
            await asyncio.sleep(_RESTART_SECONDS)
            process = self._process = await self._spawn(clock)

    async def _end(self, how: signal.Signals) -> int:
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait([self._watching])
            self._watching = None
        if self._process is None:
            return 0
        self._signal(how)
        self.thaw()  # a frozen one would take note only then
        return await self._process.wait()

    def _signal(self, how: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(how)


def shifted(seconds: int) -> dict[str, str] | None:
    """The environment in which a process's wall clock is off by so much, by libfaketime; None
    where that is not installed. The monotonic clock, and so every time limit, stays right."""
    if not _SHIFTERS:
        return None
    return {
        "LD_PRELOAD": str(_SHIFTERS[0]),
        "FAKETIME": f"{seconds:+d}",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
