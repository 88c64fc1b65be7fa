"""What `parley dev` says at its end when it does not go well."""

from pathlib import Path

import aiohttp
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from services.cli.stack import Stack
from services.cli.verdict import Verdict, judge
from shared.service.admin import admin


def running(simulator_port: int) -> Stack:
    """A stack whose Postgres is away."""
    return Stack(
        kafka="",
        postgres="postgresql://127.0.0.1:1/nothing",
        folder=Path(),
        ports={},
        admin_ports={"simulator": simulator_port},
    )


async def _answer(_: Request) -> JSONResponse:
    return JSONResponse({"ids": {"acknowledged": ["a", "b"], "waiting": []}})


async def test_postgres_away() -> None:
    """Without Postgres nobody knows what was persisted, and nothing counts as well."""
    routes = (Route("/stop-sending", _answer, methods=["POST"]), Route("/ledger", _answer))
    async with admin("127.0.0.1", 0, {}, routes) as port, aiohttp.ClientSession() as session:
        verdict = await judge(running(port), session)
    assert not verdict.holds
    assert verdict.lines()[0].startswith("Postgres can't be reached")
    assert verdict.lines()[1] == "acknowledged 2, of these persisted: unknown"


async def test_simulator_away() -> None:
    """Without the simulator nobody knows what was acknowledged."""
    async with aiohttp.ClientSession() as session:
        verdict = await judge(running(1), session)
    assert not verdict.holds
    assert verdict.lines()[0].startswith("The simulator does not answer")


def test_missing() -> None:
    """What is missing is counted and named."""
    verdict = Verdict(acknowledged=3, missing=["instagram:1:comment:2"])
    assert not verdict.holds
    assert verdict.lines() == [
        "acknowledged 3, of these persisted 2, missing 1, never acknowledged 0",
        "  missing: instagram:1:comment:2",
        "NOT everything is accounted for.",
    ]


def test_idle() -> None:
    """A run in which nothing was acknowledged has shown nothing."""
    assert not Verdict().holds
