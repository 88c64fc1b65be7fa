"""Reads dead letters and settles them.

Retrying writes first the record, then the resolution: after a crash between the two it is retried
once more, which is harmless, because events have ids.
"""

from collections.abc import Sequence

from services.cli.letters import Letter, Resolution, open_letters, resolution, retried
from services.cli.work import connected_writer
from shared.errors import Transient
from shared.stream.browse import browse
from shared.topics import Topic

_AT_ONCE = 50


async def read(servers: str, dead: Topic) -> list[Letter]:
    """The open letters of a dead-letter topic."""
    return open_letters([record async for record in browse(servers, dead.name)])


async def settle(
    servers: str, letters: Sequence[Letter], outcome: Resolution
) -> tuple[int, Transient | None]:
    """Retry or drop `letters`; how many were settled, and what ended it early."""
    done = 0
    async with connected_writer(servers) as writer:
        for start in range(0, len(letters), _AT_ONCE):
            part = letters[start : start + _AT_ONCE]
            try:
                if outcome == "retried":
                    await writer.write([retried(each, each.about) for each in part if each.about])
                await writer.write([resolution(each, outcome) for each in part])
            except Transient as trouble:
                return done, trouble
            done += len(part)
    return done, None
