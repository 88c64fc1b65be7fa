"""A closed-loop HTTP load on loopback: as many connections as asked, each sends its next request
when it has the answer to the last. Run as a process of its own, on a core of its own."""

import asyncio
import itertools
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import msgspec
import uvloop

_MOST_SECONDS = 60.0
_WARM_UP_SECONDS = 0.5
_PAUSE_SECONDS = 0.1
_REMEMBERED = 64


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a load; `busy` is the share of its core that this process took.

    Counted after the warm-up, but for `total`: all that were answered 200.
    """

    total: int
    per_second: float
    not_200: int
    lost: int
    p50_ms: float
    p99_ms: float
    busy: float


@dataclass(kw_only=True)
class _Tally:
    """Answers by status 200 or not, and connections that the other side closed."""

    latencies: list[float] = field(default_factory=list)
    not_200: int = 0
    lost: int = 0
    known: dict[bytes, bool] = field(default_factory=dict)
    """Whole answers seen before, and whether they were 200: they need not be parsed again."""


class _Connection(asyncio.Protocol):
    def __init__(self, request: Callable[[], bytes], tally: _Tally) -> None:
        self._request = request
        self._tally = tally
        self._rest = b""
        self._sent_at = 0.0
        self.closed = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._write = cast("asyncio.Transport", transport).write  # uvloop's are not its children
        self._next(time.perf_counter())

    def data_received(self, data: bytes) -> None:
        tally = self._tally
        good = tally.known.get(data)
        if good is None or self._rest:
            data = self._rest + data
            if not _is_whole(data):
                self._rest = data
                return
            self._rest = b""
            good = _remember(tally.known, data)
        now = time.perf_counter()
        if good:
            tally.latencies.append(now - self._sent_at)
        else:
            tally.not_200 += 1
        self._next(now)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._tally.lost += 1
        self.closed.set()

    def _next(self, now: float) -> None:
        self._sent_at = now
        self._write(self._request())


def _is_whole(answer: bytes) -> bool:
    head, found, body = answer.partition(b"\r\n\r\n")
    name = b"\r\ncontent-length:"
    at = head.lower().find(name)
    return bool(found) and len(body) >= int(head[at + len(name) :].split(b"\r\n", 1)[0])


def _remember(known: dict[bytes, bool], answer: bytes) -> bool:
    if len(known) >= _REMEMBERED:  # they carry the date, so that there is another each second
        known.clear()
    known[answer] = good = answer.startswith(b"HTTP/1.1 200 ")
    return good


async def _keep_open(port: int, connect: Callable[[], _Connection]) -> None:
    """One connection; another one whenever the other side closes it."""
    loop = asyncio.get_running_loop()
    while True:
        try:
            transport, connection = await loop.create_connection(connect, "127.0.0.1", port)
        except OSError:
            await asyncio.sleep(_PAUSE_SECONDS)
            continue
        try:
            await connection.closed.wait()
        finally:
            transport.abort()


async def load(port: int, connections: int, seconds: float, requests: list[bytes]) -> Report:
    """Load 127.0.0.1:`port`; what happened after a moment of warming up."""
    request = itertools.cycle(requests).__next__
    tally = _Tally()
    async with asyncio.TaskGroup() as tasks:
        running = [
            tasks.create_task(_keep_open(port, lambda: _Connection(request, tally)))
            for _ in range(connections)
        ]
        await asyncio.sleep(_WARM_UP_SECONDS)
        before = len(tally.latencies)
        tally.latencies.clear()
        tally.not_200 = tally.lost = 0
        spent, started = time.process_time(), time.perf_counter()
        await asyncio.sleep(min(seconds, _MOST_SECONDS))
        took = time.perf_counter() - started
        report = _report(tally, before, took, time.process_time() - spent)
        for task in running:
            task.cancel()
    return report


def _report(tally: _Tally, before: int, took: float, spent: float) -> Report:
    ordered = sorted(tally.latencies) or [0.0]
    return Report(
        total=before + len(tally.latencies),
        per_second=len(tally.latencies) / took,
        not_200=tally.not_200,
        lost=tally.lost,
        p50_ms=ordered[len(ordered) // 2] * 1000,
        p99_ms=ordered[int(len(ordered) * 0.99)] * 1000,
        busy=spent / took,
    )


def main() -> None:
    """`load PORT CONNECTIONS SECONDS FILE`: FILE holds a MessagePack list of requests."""
    port, connections, seconds, path = sys.argv[1:]
    requests = msgspec.msgpack.decode(Path(path).read_bytes(), type=list[bytes])
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        report = runner.run(load(int(port), int(connections), float(seconds), requests))
    sys.stdout.write(msgspec.json.encode(report).decode())


if __name__ == "__main__":
    main()
