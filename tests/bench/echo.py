"""The limit for the receiver: a bare ASGI app that reads the body and answers 200."""

from starlette.types import Receive, Scope, Send


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Read and answer."""
    assert scope["type"] == "http"
    while (await receive())["more_body"]:
        pass
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]}
    )
    await send({"type": "http.response.body", "body": b"ok"})
