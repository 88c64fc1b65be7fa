"""Splitting against the usual way: parse everything, encode each item again."""

import hashlib
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial

import msgspec

from shared.meta.split import split
from tests.bench.deliveries import requests
from tests.bench.ratio import Ratio


def _usual(body: bytes) -> list[bytes]:
    delivery = msgspec.json.decode(body)
    return [
        msgspec.json.encode(
            {
                "id": hashlib.sha256(change["value"]["id"].encode()).hexdigest(),
                "account": entry["id"],
                "field": change["field"],
                "item": change,
            }
        )
        for entry in delivery["entry"]
        for change in entry["changes"]
    ]


def _per_second(work: Callable[[], object], events: int, seconds: float) -> float:
    done, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        for _ in range(100):
            work()
        done += 100 * events
    return done / (time.perf_counter() - started)


async def measure(rounds: int, seconds: float) -> Iterable[Ratio]:
    """Events a second, for bodies of 1 and of 100."""
    received_at = datetime.now(UTC)
    found = []
    for events in (1, 100):
        body = requests(events)[0].partition(b"\r\n\r\n")[2]
        ours: list[float] = []
        limit: list[float] = []
        for _ in range(rounds):
            ours.append(
                _per_second(partial(split, body, "bench", received_at), events, seconds / 4)
            )
            limit.append(_per_second(partial(_usual, body), events, seconds / 4))
        found.append(Ratio(name=f"split_{events}", unit="events/s", ours=ours, limit=limit))
    return found
