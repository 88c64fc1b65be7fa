"""Serve an ASGI app inside the running event loop, and drain it on the way out."""

import asyncio
import errno
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import structlog
import uvicorn

from shared.errors import Transient

GRACE_SECONDS = 10
"""How long a request under way may take to finish once the server is stopping."""


_log = structlog.get_logger()


def listen(host: str, port: int) -> socket.socket:
    """A listening socket.

    Raises:
        Transient: `address_in_use` or `address_unusable`.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as exc:
        reason = "address_in_use" if exc.errno == errno.EADDRINUSE else "address_unusable"
        _log.critical(reason, host=host, port=port)
        raise Transient(reason) from exc


@asynccontextmanager
async def serve(
    app: Callable[..., Any],
    listener: socket.socket,
    **options: Any,  # noqa: ANN401 (uvicorn's own)
) -> AsyncIterator[uvicorn.Server]:
    """Answer on `listener` until the block ends; then requests under way are finished.

    The caller owns the signals: uvicorn's own way of running would take them over.
    """
    config = uvicorn.Config(
        app,
        lifespan="off",
        log_config=None,
        log_level="error",  # its warnings come one for each broken request of any stranger
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        timeout_graceful_shutdown=GRACE_SECONDS,
        **options,
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    async with asyncio.TaskGroup() as tasks:
        await server.startup(sockets=[listener])
        tasks.create_task(server.main_loop())
        try:
            yield server
        finally:
            server.should_exit = True
            await server.shutdown(sockets=[listener])
