"""The ASGI face of the receiver: the hot POST goes straight to the intake, the rest to a router."""

import asyncio
import time
from typing import Any

import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from services.receiver import metrics
from services.receiver.bodies import Body
from services.receiver.intake import (
    BODY_SECONDS,
    CUT_OFF,
    OVERLOADED,
    SLOW_BODY,
    TOO_LARGE,
    Answer,
    Intake,
)
from shared.errors import Rejected
from shared.meta.handshake import answer_challenge

PATH = "/webhooks/meta"
DISCARD_FACTOR = 4
_log = structlog.get_logger()
_PATHS = frozenset({PATH, PATH + "/"})  # a redirect to the other one would lose POSTs (B28)


class _Refused(Exception):
    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.reason)
        self.answer = answer


def create_app(intake: Intake, verify_tokens: tuple[bytes, ...]) -> ASGIApp:
    """The receiver's app. Routing costs as much as all the rest together, so POSTs pass it by."""
    router = _create_router(intake, verify_tokens)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "POST" and scope["path"] in _PATHS:
            await _deliver(intake, scope, receive, send)
        else:
            await router(scope, receive, send)

    return app


async def _deliver(intake: Intake, scope: Scope, receive: Receive, send: Send) -> None:
    started = time.monotonic()
    headers = dict(scope["headers"])
    try:
        with Body(intake.bodies) as body:
            await _read(body, headers, receive, intake.max_body_bytes)
            answer = await intake.take(headers.get(b"x-hub-signature-256"), body.whole())
    except _Refused as exc:
        answer = exc.answer
    intake.finish(answer, started)
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    await send({"type": "http.response.body", "body": answer.body})


async def _read(body: Body, headers: dict[bytes, bytes], receive: Receive, most: int) -> None:
    """Fill `body`, within its size and time."""
    announced = int(headers.get(b"content-length", b"0"))
    if announced > most and b"expect" in headers:
        raise _Refused(TOO_LARGE)
    more = True
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while more:
                chunk, more = await _next(receive)
                if not body.add(chunk):
                    raise _Refused(OVERLOADED)
                if max(body.size, announced) > most:
                    await _discard(receive, DISCARD_FACTOR * most if more else 0)
                    raise _Refused(TOO_LARGE)
    except TimeoutError:
        raise _Refused(SLOW_BODY) from None


async def _next(receive: Receive) -> tuple[bytes, bool]:
    """The next chunk, and whether there are more."""
    message: Any = await receive()
    if message["type"] == "http.disconnect":
        raise _Refused(CUT_OFF)
    return message["body"], message["more_body"]


async def _discard(receive: Receive, most: int) -> None:
    """Read on for a while without keeping: closing now would reset the connection, and who is
    still sending would never see the answer."""
    while most > 0:
        chunk, more = await _next(receive)
        most = most - len(chunk) if more else 0


def _create_router(intake: Intake, verify_tokens: tuple[bytes, ...]) -> Starlette:
    async def subscribe(request: Request) -> Response:
        try:
            challenge = answer_challenge(request.query_params, verify_tokens)
        except Rejected as exc:
            metrics.HANDSHAKES.labels(exc.reason).inc()
            intake.log_refusal(exc.status, exc.reason)
            return PlainTextResponse(exc.reason, status_code=exc.status)
        metrics.HANDSHAKES.labels("answered").inc()
        _log.info("handshake_answered")
        return PlainTextResponse(challenge)

    # POST is listed for the `Allow` header of a 405 only: it never gets here.
    routes = [Route(path, subscribe, methods=["GET", "POST"]) for path in sorted(_PATHS)]
    app = Starlette(routes=routes)
    app.router.redirect_slashes = False
    return app
