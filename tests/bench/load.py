"""A closed-loop HTTP load on loopback: as many connections as asked, each sends its next request
when it has the answer to the last. Run as a process of its own, on a core of its own."""

import asyncio
import itertools
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import msgspec
import uvloop

_MOST_SECONDS = 60.0


@dataclass(kw_only=True)
class Tally:
    """What came back."""

    answers: int = 0
    not_200: int = 0
    latencies: list[float] = field(default_factory=list)

    def report(self, seconds: float) -> dict[str, float]:
        """Answers a second, how many were not 200, and percentiles in milliseconds."""
        ordered = sorted(self.latencies) or [0.0]
        return {
            "per_second": self.answers / seconds,
            "not_200": self.not_200,
            "p50_ms": ordered[len(ordered) // 2] * 1000,
            "p99_ms": ordered[int(len(ordered) * 0.99)] * 1000,
        }


class _Connection(asyncio.Protocol):
    def __init__(self, requests: Iterator[bytes], tally: Tally) -> None:
        self._requests = requests
        self._tally = tally
        self._received = b""
        self._sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are not its children
        self._next()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found or len(body) < int(_header(head, b"content-length")):
            return
        self._received = b""
        self._tally.answers += 1
        self._tally.not_200 += not head.startswith(b"HTTP/1.1 200")
        self._tally.latencies.append(time.perf_counter() - self._sent_at)
        self._next()

    def _next(self) -> None:
        self._sent_at = time.perf_counter()
        self._transport.write(next(self._requests))


def _header(head: bytes, name: bytes) -> bytes:
    at = head.lower().index(name + b":")
    return head[at + len(name) + 1 :].split(b"\r\n", 1)[0].strip()


async def load(port: int, connections: int, seconds: float, requests: list[bytes]) -> Tally:
    """Load 127.0.0.1:`port`; what happened after a first second of warming up."""
    loop = asyncio.get_running_loop()
    endless = itertools.cycle(requests)
    tally = Tally()
    opened = [
        await loop.create_connection(lambda: _Connection(endless, tally), "127.0.0.1", port)
        for _ in range(connections)
    ]
    await asyncio.sleep(1.0)
    tally.answers = tally.not_200 = 0
    tally.latencies.clear()
    await asyncio.sleep(min(seconds, _MOST_SECONDS))
    for transport, _ in opened:
        transport.abort()
    return tally


def main() -> None:
    """`load PORT CONNECTIONS SECONDS FILE`: FILE holds a MessagePack list of requests."""
    port, connections, seconds, path = sys.argv[1:]
    requests = msgspec.msgpack.decode(Path(path).read_bytes(), type=list[bytes])
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        tally = runner.run(load(int(port), int(connections), float(seconds), requests))
    sys.stdout.write(msgspec.json.encode(tally.report(float(seconds))).decode())


if __name__ == "__main__":
    main()
