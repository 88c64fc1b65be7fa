"""Plays an attack: so many connections a second, each sending its pieces and noting its answers."""

import asyncio
import itertools
import re
import socket
import struct
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) ")
_ABORT = struct.pack("ii", 1, 0)

Ending = Literal["wait", "half-close", "reset", "never read"]
"""What a connection does when it has sent all: `reset` does not wait for the answer either."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """What each connection sends, and all that it may be answered.

    An answer is the statuses that came in their order (`401x3` is three of them), then `closed`
    when the receiver closed the connection, which is looked for only where `answers` names it.
    Connections are opened for `seconds`, and the last has `patience_seconds` to be answered.
    """

    pieces: Callable[[], Iterable[bytes]]
    answers: tuple[str, ...]
    pause_seconds: float = 0.0
    rate: float = 200.0
    connections: int = 64
    seconds: float = 4.0
    patience_seconds: float = 4.0
    ending: Ending = "wait"


def sent(raw: bytes, *answers: str, rate: float = 200.0, ending: Ending = "wait") -> Attack:
    """An attack whose every connection sends `raw` at once."""
    return Attack(pieces=lambda: [raw], answers=answers, rate=rate, ending=ending)


async def play(attack: Attack, port: int, most: int = 1_000_000) -> Counter[str]:
    """How often which answer came, of `most` connections within the attack's time."""
    met: Counter[str] = Counter()
    free = asyncio.Semaphore(attack.connections)
    started = time.monotonic()
    until = asyncio.get_running_loop().time() + attack.seconds + attack.patience_seconds

    async def one() -> None:
        met[await answer_to(attack, port, until)] += 1
        free.release()

    async with asyncio.TaskGroup() as tasks:
        for number in range(min(most, int(attack.rate * attack.seconds))):
            await free.acquire()
            await asyncio.sleep(max(0.0, started + number / attack.rate - time.monotonic()))
            if time.monotonic() - started > attack.seconds:
                break
            tasks.create_task(one())
    return met


async def answer_to(attack: Attack, port: int, until: float) -> str:
    """What one connection is answered; `open` is added when it was left waiting."""
    statuses: list[str] = []
    try:
        async with asyncio.timeout_at(until):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                await _converse(attack, reader, writer, statuses)
            finally:
                writer.transport.abort()
    except* TimeoutError:
        statuses.append("open")
    except* OSError:
        statuses.append("reset")
    runs = ((status, len(list(run))) for status, run in itertools.groupby(statuses))
    return " ".join(f"{status}x{count}" if count > 1 else status for status, count in runs)


async def _converse(
    attack: Attack,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    statuses: list[str],
) -> None:
    if attack.ending == "reset":
        await _send(attack, writer)
        raw: socket.socket = writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
        statuses.append("gone")
    elif attack.ending == "never read":
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        await _send(attack, writer)
        await asyncio.Future()
    else:
        async with asyncio.TaskGroup() as tasks:
            sending = tasks.create_task(_send(attack, writer))
            await _hear(attack, reader, statuses)
            sending.cancel()


async def _send(attack: Attack, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):  # who reads the answer says how it ended
        for piece in attack.pieces():
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(attack.pause_seconds)
        if attack.ending == "half-close":
            writer.write_eof()


async def _hear(attack: Attack, reader: asyncio.StreamReader, statuses: list[str]) -> None:
    wanted = max(map(_length, attack.answers))
    rest = b""
    while len(statuses) < wanted:
        data = await reader.read(65536)
        if not data:
            statuses.append("closed")
            return
        rest += data
        end = 0
        for found in _STATUS.finditer(rest):
            statuses.append(found[1].decode())
            end = found.end()
        rest = rest[end:]


def _length(answer: str) -> int:
    return sum(int(word.partition("x")[2] or 1) for word in answer.split())
