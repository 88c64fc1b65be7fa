"""Ends a connection in place of an answer, as networks do; ASGI has no word for it."""

import asyncio

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_EXTENSION = "parley.connection"


class Droppable(HttpToolsProtocol):
    """HTTP whose requests lead to their connection."""

    def on_message_begin(self) -> None:
        """See uvicorn."""
        super().on_message_begin()
        self.scope["extensions"] = {_EXTENSION: {"transport": self.transport}}


class Dropped(Response):
    """No answer: the other side sees the connection end."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See starlette.

        Raises:
            ConnectionResetError: there is no connection, as in tests without a socket.
        """
        del send
        connection = scope.get("extensions", {}).get(_EXTENSION)
        if connection is None:
            raise ConnectionResetError
        transport: asyncio.Transport = connection["transport"]
        transport.abort()
        while (await receive())["type"] != "http.disconnect":
            pass
        if self.background is not None:
            await self.background()
