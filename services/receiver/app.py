"""The ASGI face of the receiver: the hot POST goes straight to the intake, the rest to a router."""

from typing import Any

import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from services.receiver import metrics
from services.receiver.intake import Intake
from shared.errors import Rejected
from shared.meta.handshake import answer_challenge

PATH = "/webhooks/meta"
PATHS = frozenset({PATH, PATH + "/"})  # a redirect to the other one would lose POSTs (B28)
_log = structlog.get_logger()


def create_app(intake: Intake, verify_tokens: tuple[bytes, ...]) -> ASGIApp:
    """The receiver's app. Routing costs as much as all the rest together, so POSTs pass it by.

    It relies on `connection.py` for the limits of size and time.
    """
    router = _create_router(intake, verify_tokens)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "POST" and scope["path"] in PATHS:
            await _deliver(intake, scope, receive, send)
        else:
            await router(scope, receive, send)

    return app


async def _deliver(intake: Intake, scope: Scope, receive: Receive, send: Send) -> None:
    started = intake.clock()
    message: Any = await receive()
    chunks = []
    while message["type"] != "http.disconnect":
        chunks.append(message["body"])
        if not message["more_body"]:
            break
        message = await receive()
    else:
        return  # cut off, or refused already for its size or slowness
    body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
    chunks.clear()
    answer = await intake.take(dict(scope["headers"]).get(b"x-hub-signature-256"), body)
    intake.finish(answer, started)
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    await send({"type": "http.response.body", "body": answer.body})


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
    routes = [Route(path, subscribe, methods=["GET", "POST"]) for path in sorted(PATHS)]
    app = Starlette(routes=routes)
    app.router.redirect_slashes = False
    return app
