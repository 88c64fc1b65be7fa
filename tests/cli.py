"""Runs `parley` as people and programs do: words in, output and an exit code out."""

import asyncio
import io
import json
import logging
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from msgspec import Raw

from services.cli.__main__ import main
from services.cli.work import connected_writer
from shared.contracts.raw import RawEvent
from shared.contracts.records import Outgoing
from shared.contracts.wire import raw_record


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed with `-o json`."""
        return json.loads(self.out)


def environment(**settings: str) -> dict[str, str]:
    """The environment without any PARLEY_* variable but `settings`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PARLEY_")}
    return kept | {f"PARLEY_{name.upper()}": value for name, value in settings.items()}


async def parley(*words: str, stdin: str = "", **settings: str) -> Ran:
    """Run `parley` to its end, in this process: a start costs more than most commands do."""
    return await asyncio.to_thread(_run, words, stdin, settings)


def _run(words: Sequence[str], stdin: str, settings: dict[str, str]) -> Ran:
    out, err, code = io.StringIO(), io.StringIO(), 0
    with _surroundings(stdin, settings), redirect_stdout(out), redirect_stderr(err):
        try:
            main(words)
        except SystemExit as ended:
            code = int(ended.code or 0)
    return Ran(code, out.getvalue(), err.getvalue())


@contextmanager
def _surroundings(stdin: str, settings: dict[str, str]) -> Iterator[None]:
    """The environment and standard input of the command; then everything as it was."""
    variables, keyboard, logs = dict(os.environ), sys.stdin, structlog.get_config()
    handlers = logging.getLogger().handlers[:]
    os.environ.clear()
    os.environ.update(environment(**settings))
    sys.stdin = io.StringIO(stdin)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(variables)
        sys.stdin = keyboard
        structlog.configure(**logs)
        logging.getLogger().handlers[:] = handlers


async def spawn(*words: str, **settings: str) -> asyncio.subprocess.Process:
    """Start `parley` as a process of its own, for what only a process has: signals, pipes."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.cli", *words),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment(**settings),
        # A shell starts what it puts into the background with Ctrl-C ignored, and so would we be.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


async def ended(process: asyncio.subprocess.Process) -> Ran:
    """How a spawned command ended."""
    out, err = await asyncio.wait_for(process.communicate(), 60)
    return Ran(process.returncode or 0, out.decode(), err.decode())


def comment(number: int, account: str = "17") -> Outgoing:
    """A comment as the receiver writes it, of somebody who plays with terminals."""
    event = RawEvent(
        id=f"instagram:{account}:comment:{number}",
        kind="comment",
        platform="instagram",
        account=account,
        thread=str(number),
        app="shop",
        container="changes",
        field="comments",
        occurred_at=datetime(2026, 11, 20, tzinfo=UTC),
        time_source="event",
        received_at=datetime(2026, 11, 20, tzinfo=UTC),
        item=Raw(b'{"text":"clear \xc2\x9b2J"}'),
    )
    return raw_record(event, b"00-" + b"1" * 32 + b"-" + b"2" * 16 + b"-01")


async def put(servers: str, *records: Outgoing) -> None:
    """Write records one after the other."""
    async with connected_writer(servers) as writer:
        for record in records:
            await writer.write([record])
