"""Processes under measurement: each on its core, with what it has used of processor and memory."""

import asyncio
import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import msgspec
import psutil

from tests.bench.load import Report
from tests.kafka import RealBroker, fetch_jars

_READY_SECONDS = 60.0
_ROOT = Path(__file__).parents[2]


@contextlib.contextmanager
def on_core(which: int | None) -> Iterator[None]:
    """Keep this process, and those it starts, on one core; None stands for all of them."""
    before = os.sched_getaffinity(0)
    cores = sorted(before)
    if which is not None:
        os.sched_setaffinity(0, {cores[min(which, len(cores) - 1)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextlib.contextmanager
def kafka(core: int | None = None) -> Iterator[tuple[RealBroker, psutil.Process]]:
    """A real Kafka in a folder of its own, and its process."""
    fetch_jars()
    folder = Path(tempfile.mkdtemp(prefix="parley-bench-"))
    try:
        broker = RealBroker(folder / "kafka")
        with on_core(core):
            broker.start()
        try:
            yield broker, _java()
        finally:
            broker.stop()
    finally:
        shutil.rmtree(folder)


def _java() -> psutil.Process:
    return max(
        (child for child in psutil.Process().children() if child.name() == "java"),
        key=lambda child: child.create_time(),
    )


@contextlib.asynccontextmanager
async def module(
    name: str, *words: str, core: int | None, **more: str
) -> AsyncIterator[psutil.Process]:
    """A Python module as a process while the block runs; `more` is added to its environment."""
    inherited = {name: value for name, value in os.environ.items() if name[:7] != "PARLEY_"}
    with on_core(core):
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            name,
            *words,
            cwd=_ROOT,
            env=inherited | more,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
    try:
        yield psutil.Process(process.pid)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def until_open(port: int) -> None:
    """Wait until somebody listens on 127.0.0.1:`port`."""
    async with asyncio.timeout(_READY_SECONDS):
        while True:
            try:
                _, stream = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                stream.close()
                return


async def until_ready(admin_port: int) -> None:
    """Wait until a service says that it is."""
    url = f"http://127.0.0.1:{admin_port}/readyz"
    async with asyncio.timeout(_READY_SECONDS), aiohttp.ClientSession() as session:
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                async with session.get(url) as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.05)


async def load(port: int, connections: int, seconds: float, file: Path) -> Report:
    """What came of loading a port with the requests in `file`, from the second core."""
    with on_core(1):
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.bench.load",
            *(str(word) for word in (port, connections, seconds, file)),
            cwd=_ROOT,
            stdout=asyncio.subprocess.PIPE,
        )
    out, _ = await process.communicate()
    return msgspec.json.decode(out, type=Report)


def spent(process: psutil.Process) -> float:
    """Seconds of processor so far."""
    times = process.cpu_times()
    return float(times.user + times.system)


def forget_peak(process: psutil.Process) -> None:
    """From now on `peak_megabytes` counts anew."""
    Path(f"/proc/{process.pid}/clear_refs").write_text("5")


def peak_megabytes(process: psutil.Process) -> float:
    """The most resident memory it had."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024 / 1e6
