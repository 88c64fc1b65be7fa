"""What `parley dev` says at its end when it does not go well."""

from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from services.cli.proof import held_against
from services.cli.stack import Stack
from services.cli.verdict import Verdict, judge
from shared.postgres.audit import OpenActions, SentAction
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
    routes = (
        Route("/stop-sending", _answer, methods=["POST"]),
        Route("/faults", _answer, methods=["DELETE"]),
        Route("/ledger", _answer),
    )
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
        "actions at Meta 0, each there once",
        "NOT everything is accounted for.",
    ]


def write(target: str, edge: str = "hide") -> dict[str, str]:
    """What the simulator's ledger has of a write."""
    return {"account": "1", "edge": edge, "target": target}


def sent(target: str, kind: str = "hide") -> SentAction:
    """What we say that we did."""
    return SentAction(id=f"{kind} {target}", kind=kind, account="1", target=target)


NOTHING_LEFT = OpenActions(untaken=0, under_way=0, waiting=0, untold=0)


def test_proved() -> None:
    """What was sent is in the simulator's ledger, each as often as it was sent."""
    ours = [sent("5"), sent("5", "unhide"), sent("5")]
    theirs = [write("5"), write("5"), write("5", "unhide")]
    left = replace(NOTHING_LEFT, waiting=2)

    verdict = Verdict(acknowledged=1, proof=held_against(ours, theirs, left))

    assert verdict.holds
    assert verdict.lines()[1] == ("actions at Meta 3, each there once, waiting for their time 2")


@pytest.mark.parametrize(
    ("ours", "theirs", "left", "told"),
    [
        ([sent("5")], [], NOTHING_LEFT, "  not there: 1 hide 5"),
        ([sent("5")], [write("5"), write("5")], NOTHING_LEFT, "  without us: 1 hide 5"),
        ([], [write("6", "reply")], NOTHING_LEFT, "  without us: 1 reply 6"),
        (
            [replace(sent("5"), certain=False)],
            [write("5")],
            replace(NOTHING_LEFT, under_way=1),
            "actions at Meta 0, not there 0, there without us 0, not known yet 1",
        ),
        (
            [],
            [],
            replace(NOTHING_LEFT, under_way=1),
            "actions at Meta 0, not there 0, there without us 0, not known yet 1",
        ),
    ],
    ids=["not done", "twice", "unexplained", "unknown", "under way"],
)
def test_disproved(
    ours: list[SentAction], theirs: list[dict[str, str]], left: OpenActions, told: str
) -> None:
    """What was not done, done twice, or done by nobody's decision is named, and spoils it all."""
    verdict = Verdict(acknowledged=1, proof=held_against(ours, theirs, left))
    assert not verdict.holds
    assert told in verdict.lines()


def test_idle() -> None:
    """A run in which nothing was acknowledged has shown nothing."""
    assert not Verdict().holds
