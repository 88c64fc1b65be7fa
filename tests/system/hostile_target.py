"""The receiver as a process of its own, to be attacked."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import psutil

from tests.kafka import free_port
from tests.receiving import OTHER_SECRET, SECRET

_ROOT = Path(__file__).parents[2]
_READY_SECONDS = 60.0
_APPS = {
    "shop": {"secrets": [SECRET], "verify_token": "shop-token"},
    "cafe": {"secrets": [OTHER_SECRET], "verify_token": "cafe-token"},
}


class Target:
    """A running receiver."""

    def __init__(self, pid: int, port: int, admin_port: int) -> None:
        self.port = port
        self._process = psutil.Process(pid)
        self._ready_url = f"http://127.0.0.1:{admin_port}/readyz"
        self.most_bytes = 0

    def memory_bytes(self) -> int:
        """What it has in memory now."""
        size: int = self._process.memory_info().rss
        self.most_bytes = max(self.most_bytes, size)
        return size

    async def is_ready(self) -> bool:
        """Whether it says that it is."""
        try:
            async with (
                asyncio.timeout(5),
                aiohttp.ClientSession() as session,
                session.get(self._ready_url) as answer,
            ):
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Keep the most memory it took while the block runs."""
        self.most_bytes = 0

        async def watch() -> None:
            while True:
                self.memory_bytes()
                await asyncio.sleep(0.05)

        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(watch())
            yield
            watching.cancel()


@asynccontextmanager
async def target(
    kafka: str, settings: Mapping[str, str], core: int | None = None
) -> AsyncIterator[Target]:
    """A receiver with default settings but for where things are and `settings`; ready."""
    port, admin_port = free_port(), free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.receiver",
        cwd=_ROOT,
        stderr=asyncio.subprocess.DEVNULL,
        env={
            **os.environ,
            "PARLEY_KAFKA": kafka,
            "PARLEY_APPS": json.dumps(_APPS),
            "PARLEY_RECEIVER_PORT": str(port),
            "PARLEY_ADMIN_PORT": str(admin_port),
            "PARLEY_RECEIVER_DRAIN_SECONDS": "0",
            **settings,
        },
    )
    try:
        if core is not None:
            os.sched_setaffinity(process.pid, {core})
        running = Target(process.pid, port, admin_port)
        async with asyncio.timeout(_READY_SECONDS):
            while not await running.is_ready():
                await asyncio.sleep(0.05)
        yield running
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
