"""The receiver's HTTP server: an app, and the connections it is reached by."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from services.receiver.app import create_app
from services.receiver.below_asgi import ShortConnection
from services.receiver.connection import Connection
from services.receiver.connections import Connections
from services.receiver.intake import Intake
from shared import topics
from shared.service.http import serve


@asynccontextmanager
async def serve_deliveries(
    listener: socket.socket,
    intake: Intake,
    verify_tokens: tuple[bytes, ...],
    *,
    max_body_bytes: int = topics.MAX_BODY_BYTES,
    below_asgi: bool = True,
) -> AsyncIterator[Connections]:
    """Answer Meta on `listener` until the block ends; then requests under way are finished."""
    connections = Connections(intake, max_body_bytes)
    protocol = partial(ShortConnection if below_asgi else Connection, connections)
    async with (
        connections.watched(),
        serve(create_app(intake, verify_tokens), listener, http=protocol),
    ):
        yield connections
