"""The simulator's control panel, beside its metrics: look at the ledgers, cause trouble."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from time import time
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from services.simulator.accounts import Account
from services.simulator.graph.answers import Graph
from services.simulator.graph.faults import Fault
from services.simulator.sender import Sender
from services.simulator.things import PEOPLE
from services.simulator.traffic.deliveries import happening
from services.simulator.traffic.events import Delivery, pack
from services.simulator.traffic.kinds import KINDS
from services.simulator.traffic.scene import Scene

_SETTLE_SECONDS = 30.0

_Asked = TypeVar("_Asked", bound=Struct)


class Trigger(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that shall happen now; `account` is an id, else the first that can have it, and
    `person` the number of who does it, else anybody."""

    kind: str
    account: str | None = None
    text: str = ""
    person: Annotated[int, Meta(ge=0, lt=PEOPLE)] | None = None
    count: Annotated[int, Meta(ge=1, le=10_000)] = 1
    duplicate: bool = False
    bad_signature: bool = False
    out_of_order: bool = False


class Control:
    """Answers the control panel's requests; bodies and answers are JSON."""

    def __init__(self, sender: Sender, graph: Graph, scene: Scene) -> None:
        self._sender = sender
        self._graph = graph
        self._scene = scene

    def routes(self) -> tuple[BaseRoute, ...]:
        """The routes, to be mounted beside /metrics."""
        return (
            Route("/ledger", self._ledger),
            Route("/report", self._report),
            Route("/calls", self._calls),
            Route("/writes", self._writes),
            Route("/faults", self._faults, methods=["GET", "POST", "DELETE"]),
            Route("/faults/{name}", self._end_fault, methods=["DELETE"]),
            Route("/trigger", self._trigger, methods=["POST"]),
            Route("/pause", self._pause, methods=["POST"]),
            Route("/resume", self._resume, methods=["POST"]),
            Route("/stop-sending", self._stop_sending, methods=["POST"]),
        )

    async def _ledger(self, request: Request) -> Response:
        ledger = self._sender.ledger
        found: dict[str, Any] = {
            "sending": self._sender.sending,
            "events": ledger.counts(),
            "kinds": ledger.kinds(),
        }
        if request.query_params.get("ids") == "1":
            found["ids"] = {
                "acknowledged": ledger.acknowledged(),
                "waiting": ledger.waiting_ids(),
                "refused": ledger.refused_ids(),
            }
        return _json(found)

    async def _report(self, _: Request) -> Response:
        return _json(self._sender.report().as_dict())

    async def _calls(self, _: Request) -> Response:
        return _json(self._graph.quotas.calls())

    async def _writes(self, _: Request) -> Response:
        return _json(self._graph.writes.listed())

    async def _faults(self, request: Request) -> Response:
        faults = self._graph.faults
        if request.method == "DELETE":
            faults.clear()
        if request.method == "POST":
            fault = await _read(request, Fault)
            if isinstance(fault, Response):
                return fault
            faults.add(fault, time())
        return _json(faults.listed())

    async def _end_fault(self, request: Request) -> Response:
        found = self._graph.faults.remove(request.path_params["name"])
        return _json(self._graph.faults.listed(), 200 if found else 404)

    async def _trigger(self, request: Request) -> Response:
        asked = await _read(request, Trigger)
        if isinstance(asked, Response):
            return asked
        account = _account(asked, self._scene.world.accounts)
        if account is None:
            return _json({"error": f"no account can have {asked.kind!r} here"}, 400)
        self._scene.now = time()
        sent = []
        for delivery in _deliveries(asked, account, self._scene):
            status = await self._sender.send_now(delivery)
            sent.append({"status": status, "events": [e.expected_id for e in delivery.events]})
        return _json({"deliveries": sent})

    async def _pause(self, _: Request) -> Response:
        self._sender.pause()
        return _json({"sending": False})

    async def _resume(self, _: Request) -> Response:
        self._sender.resume()
        return _json({"sending": True})

    async def _stop_sending(self, _: Request) -> Response:
        """Waits for the retries, but not for ever: `events.waiting` says what is left."""
        self._sender.end()
        with suppress(TimeoutError):
            async with asyncio.timeout(_SETTLE_SECONDS):
                await self._sender.settled()
        return _json({"events": self._sender.ledger.counts()})


def _deliveries(asked: Trigger, account: Account, scene: Scene) -> list[Delivery]:
    events = [
        event
        for _ in range(asked.count)
        for event in happening(scene, account, asked.kind, asked.text, asked.person)
    ]
    ordered = reversed(events) if asked.out_of_order else events
    packed = [delivery for event in ordered for delivery in pack([event], scene.now)]
    sent = [replace(delivery, forged=asked.bad_signature) for delivery in packed]
    return [delivery for delivery in sent for _ in range(2 if asked.duplicate else 1)]


def _account(asked: Trigger, accounts: Sequence[Account]) -> Account | None:
    kind = KINDS.get(asked.kind)
    fitting = [account for account in accounts if kind and kind.fits(account)]
    named = [account for account in fitting if asked.account in (None, account.id)]
    return named[0] if named else None


async def _read(request: Request, kind: type[_Asked]) -> _Asked | Response:
    try:
        return msgspec.json.decode(await request.body(), type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as exc:
        return _json({"error": str(exc)}, 400)


def _json(value: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")
