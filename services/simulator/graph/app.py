"""The Graph side over HTTP: `/instagram/…` stands for graph.instagram.com, `/facebook/…` for
graph.facebook.com, each with or without a version."""

import asyncio
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.simulator.accounts import Login
from services.simulator.graph import batch
from services.simulator.graph.answers import Graph
from services.simulator.graph.calls import Call, Reply, read_params, read_token, split_path
from services.simulator.graph.dropping import Dropped
from services.simulator.traffic.events import meta_json


def create_app(graph: Graph) -> Starlette:
    """The ASGI app."""

    async def instagram(request: Request) -> Response:
        return await _answer(graph, request, "instagram")

    async def facebook(request: Request) -> Response:
        return await _answer(graph, request, "facebook")

    methods = ["GET", "POST", "DELETE"]
    hosts = {"instagram": instagram, "facebook": facebook}
    routes = [
        Route(f"/{name}{rest}", endpoint, methods=methods)
        for name, endpoint in hosts.items()
        for rest in ("", "/{path:path}")
    ]
    app = Starlette(routes=routes)
    app.router.redirect_slashes = False
    return app


async def _answer(graph: Graph, request: Request, login: Login) -> Response:
    headers = request.headers
    version, path = split_path(request.path_params.get("path", ""))
    params = read_params(request.url.query, headers.get("content-type", ""), await request.body())
    call = Call(
        login=login,
        method=request.method,
        base=f"{request.url.scheme}://{request.url.netloc}/{login}/{version}",
        path=path,
        params=params,
        token=read_token(headers.get("authorization", ""), params),
    )
    batched = not path and call.method == "POST" and "batch" in params
    reply = batch.answer(graph, call) if batched else graph.answer(call)
    if reply.late is not None and reply.told:
        return _response(reply, BackgroundTask(_act, reply.late, reply.delay_seconds))
    await asyncio.sleep(reply.delay_seconds)
    return _response(reply.late() if reply.late else reply)


async def _act(late: Callable[[], Reply], delay_seconds: float) -> None:
    await asyncio.sleep(delay_seconds)
    late()


def _response(reply: Reply, background: BackgroundTask | None = None) -> Response:
    if reply.dropped:
        return Dropped(background=background)
    raw = isinstance(reply.body, bytes)
    body = reply.body if raw else meta_json(reply.body, escape_slashes=True)
    headers = dict(reply.headers)
    return Response(body, reply.status, headers, reply.content_type, background)
