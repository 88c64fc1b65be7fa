"""The receiver against a bare uvicorn app: itself on one core, Kafka and the load on the other."""

import asyncio
import hashlib
import hmac
import json
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from shared import topics
from shared.stream import admin
from tests.bench.ratio import Ratio
from tests.kafka import RealBroker, fetch_jars

SECRET = "bench-secret"
CASES = {
    "asgi_1_64": (1, 64, 0.48),
    "asgi_1_256": (1, 256, 0.60),
    "asgi_10_64": (10, 64, None),
    "asgi_100_64": (100, 64, None),
}
"""By name: events a body, connections, and the ratio that is wanted."""

_OURS, _LIMIT = 0, 1
_READY_SECONDS = 30.0
_ROOT = Path(__file__).parents[2]


def _core(which: int) -> set[int]:
    cores = sorted(os.sched_getaffinity(0))
    return {cores[min(which, len(cores) - 1)]}


def requests(events: int, count: int = 500) -> list[bytes]:
    """Signed deliveries of so many comments each, about 500 bytes an event."""
    return [_request(_body(events, number)) for number in range(max(20, count // events))]


def _body(events: int, number: int) -> bytes:
    changes = [
        {
            "field": "comments",
            "value": {
                "id": f"1799{number:06}{index:06}",
                "text": "What a lovely colour! How much is it, and do you ship to Spain? " * 2,
                "from": {"id": f"88{(number + index) % 500:05}", "username": "ana.test"},
                "media": {"id": f"1801{index % 40:012}", "media_product_type": "REELS"},
            },
        }
        for index in range(events)
    ]
    entry = {"id": f"17841400000000{number % 20:03}", "time": 1763600000, "changes": changes}
    return json.dumps({"object": "instagram", "entry": [entry]}).encode()


def _request(body: bytes) -> bytes:
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    head = (
        "POST /webhooks/meta HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n"
        f"x-hub-signature-256: sha256={signature}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


@asynccontextmanager
async def _process(core: int, *words: str, **more: str) -> AsyncIterator[None]:
    """A Python module as a process on `core`, while the block runs."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        *words,
        cwd=_ROOT,
        env=os.environ | more,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        preexec_fn=lambda: os.sched_setaffinity(0, _core(core)),
    )
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


async def _until_open(port: int) -> None:
    async with asyncio.timeout(_READY_SECONDS):
        while True:
            try:
                _, stream = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                stream.close()
                return


async def _load(port: int, connections: int, seconds: float, file: Path) -> dict[str, float]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.bench.load",
        *(str(word) for word in (port, connections, seconds, file)),
        cwd=_ROOT,
        stdout=asyncio.subprocess.PIPE,
        preexec_fn=lambda: os.sched_setaffinity(0, _core(1)),
    )
    out, _ = await process.communicate()
    found: dict[str, float] = msgspec.json.decode(out)
    return found


async def measure(rounds: int, seconds: float) -> Iterable[Ratio]:
    """The ratios of all cases, on a real Kafka."""
    fetch_jars()
    folder = Path(tempfile.mkdtemp(prefix="parley-bench-"))
    os.sched_setaffinity(0, _core(1))  # for the broker, which inherits it
    broker = RealBroker(folder / "kafka")
    broker.start()
    try:
        await admin.apply(broker.servers, topics.RAW)
        return await _compare(broker.servers, folder, rounds, seconds)
    finally:
        broker.stop()
        shutil.rmtree(folder)


async def _compare(servers: str, folder: Path, rounds: int, seconds: float) -> list[Ratio]:
    apps = {"bench": {"secrets": [SECRET], "verify_token": "bench"}}
    settings = {
        "PARLEY_KAFKA": servers,
        "PARLEY_APPS": json.dumps(apps),
        "PARLEY_RECEIVER_PORT": "8482",
        "PARLEY_RECEIVER_DRAIN_SECONDS": "0",
    }
    limit = ("uvicorn", "--port", "8483", "--log-level", "critical", "tests.bench.echo:app")
    found: list[Ratio] = []
    async with _process(0, "services.receiver", **settings), _process(0, *limit):
        await asyncio.gather(_until_open(8482), _until_open(8483))
        for name, (events, connections, wanted) in CASES.items():
            file = folder / f"{events}.msgpack"
            file.write_bytes(msgspec.msgpack.encode(requests(events)))
            figures: tuple[list[dict[str, float]], ...] = ([], [])
            for _ in range(rounds):
                for side, port in ((_OURS, 8482), (_LIMIT, 8483)):
                    figures[side].append(await _load(port, connections, seconds, file))
            found.append(_ratio(name, figures, wanted))
    return found


def _ratio(name: str, figures: tuple[list[dict[str, float]], ...], wanted: float | None) -> Ratio:
    ours, limit = figures
    failed = sum(round_["not_200"] for round_ in ours)
    p99 = max(round_["p99_ms"] for round_ in ours)
    return Ratio(
        name=name,
        unit="deliveries/s",
        ours=[round_["per_second"] for round_ in ours],
        limit=[round_["per_second"] for round_ in limit],
        at_least=wanted,
        note=f"p99 {p99:.1f} ms" + (f", {failed:.0f} were not answered 200" if failed else ""),
    )
