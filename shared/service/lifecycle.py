"""Run one service until it ends or is told to; then give it a moment to finish what it began."""

import asyncio
import gc
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import structlog
import uvloop
from pydantic_settings import BaseSettings

from shared.service import logs, metrics, settings, tracing

GRACE_SECONDS = 30.0
"""More than any part takes to drain: a request 10 s, a batch of effects less."""

_Config = TypeVar("_Config", bound=BaseSettings)
Main = Callable[[_Config, asyncio.Event], Coroutine[Any, Any, None]]


async def until_signalled(
    main: Callable[[asyncio.Event], Coroutine[Any, Any, None]],
    grace_seconds: float = GRACE_SECONDS,
) -> None:
    """Run `main`; SIGTERM or SIGINT sets its event, and after `grace_seconds` it is cancelled.

    Raises:
        TimeoutError: it did not finish in time.
    """
    stopping = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, stopping.set)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(main(stopping))
        running.add_done_callback(lambda _: stopping.set())
        await stopping.wait()
        async with asyncio.timeout(grace_seconds):
            await asyncio.wait([running])


def run(main: Main[_Config], config_type: type[_Config]) -> None:
    """Load the settings, then run `main` to its end. Exits 2 when a setting is wrong."""
    service = config_type.__module__.split(".")[-2]
    try:
        config = settings.load(config_type)
    except settings.Unusable as exc:
        lines = "\n".join(f"  {problem}" for problem in exc.problems)
        sys.stderr.write(f"The {service} cannot start with these settings:\n{lines}\n")
        sys.exit(2)
    logs.configure(service)
    metrics.tell_build(service)
    log = structlog.get_logger()

    async def started(stopping: asyncio.Event) -> None:
        log.info("started")
        await main(config, stopping)

    gc.collect()
    gc.freeze()  # what is loaded now stays: looking through it again costs 10 ms each time
    with (
        tracing.exporting(service),
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(until_signalled(started))
    log.info("stopped")
