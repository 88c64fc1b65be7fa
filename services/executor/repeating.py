"""Steps that are taken again and again, with patience for what passes."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from shared.errors import Transient
from shared.stream.delays import Patience

PATIENCE_SECONDS = 120.0


async def repeat(
    step: Callable[[], Awaitable[object]],
    seconds: float,
    stopping: asyncio.Event,
    hurry: asyncio.Event | None = None,
) -> None:
    """Take `step` every so many seconds, or as soon as there is a `hurry`, until `stopping`.

    Raises:
        Transient: it has failed for two minutes.
    """
    patience = Patience(PATIENCE_SECONDS, most_seconds=2.0)
    while not stopping.is_set():
        rest = seconds
        try:
            await step()
        except Transient as exc:
            rest = patience.wait_after(exc)
        else:
            patience.renew()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(rest):
                await (hurry or stopping).wait()
