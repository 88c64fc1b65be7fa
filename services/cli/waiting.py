"""What services have yet to read: how far each is, and until when to wait for it."""

import asyncio
import time

from shared import topics
from shared.stream.lag import standings

GROUPS = ("enricher", "moderator", "executor", "persister")
"""Downstream, so that what one makes of the records it had to read is then read by the next."""

_LOOK_SECONDS = 0.5


async def worked_through(servers: str, wait_seconds: float) -> str | None:
    """Return when every service has read all that there is for it to read now and what those
    before it make of that; else the name of the one that was not ready in time.

    Raises:
        Transient: Kafka can't be asked.
    """
    deadline = time.monotonic() + wait_seconds
    for group in GROUPS:
        names = [topic.name for topic in topics.read_by(group)]
        now = await standings(servers, group, names)
        ends = {place: each.end for place, each in now.items()}
        while any(now[place].next < end for place, end in ends.items()):
            if time.monotonic() > deadline:
                return group
            await asyncio.sleep(_LOOK_SECONDS)
            now = await standings(servers, group, names)
    return None
