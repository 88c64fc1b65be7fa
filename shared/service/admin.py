"""The admin port: metrics for Prometheus, and whether the process lives and is ready."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from shared.service.http import listen, serve

Checks = Mapping[str, Callable[[], bool]]
"""By name: whether that part is fit to work. Asked at every probe, so it must only look."""

_log = structlog.get_logger()


async def _metrics(_: Request) -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def _livez(_: Request) -> Response:
    # Depends on nothing but the event loop: a failing database must not restart the process.
    return PlainTextResponse("ok\n")


def create_app(checks: Checks, more: tuple[BaseRoute, ...] = ()) -> Starlette:
    """The admin app; `/readyz` answers 503 with the names of the checks that fail."""

    async def readyz(request: Request) -> Response:
        results = {name: check() for name, check in checks.items()}
        verbose = "verbose" in request.query_params
        lines = [
            f"[{'+' if fit else '-'}] {name}" for name, fit in results.items() if verbose or not fit
        ]
        fit = all(results.values())
        return PlainTextResponse(
            "\n".join([*lines, "ok" if fit else "not ready", ""]), status_code=200 if fit else 503
        )

    return Starlette(
        routes=[
            Route("/metrics", _metrics),
            Route("/livez", _livez),
            Route("/readyz", readyz),
            *more,
        ]
    )


@asynccontextmanager
async def admin(
    host: str, port: int, checks: Checks, more: tuple[BaseRoute, ...] = ()
) -> AsyncIterator[int]:
    """Serve the admin port while the block runs; gives the port, which `port=0` leaves open."""
    listener = listen(host, port)
    chosen: int = listener.getsockname()[1]
    async with serve(create_app(checks, more), listener):
        _log.info("admin_listening", host=host, port=chosen)
        yield chosen
