"""The Graph API without HTTP: a call goes in, a reply comes out, whatever goes wrong between."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from time import time
from typing import Any

from services.simulator import metrics
from services.simulator.accounts import Account
from services.simulator.graph import errors, reads, writes
from services.simulator.graph.calls import VERSION, Call, Reply
from services.simulator.graph.errors import Failure
from services.simulator.graph.faults import Fault, Faults
from services.simulator.graph.quotas import Limits, Quotas
from services.simulator.graph.tokens import Tokens
from services.simulator.graph.writes import Writes
from services.simulator.world import World

_ALWAYS = {"facebook-api-version": VERSION}
_JSON = "application/json; charset=UTF-8"
_RAW = {
    "html": (b"<!DOCTYPE html><html><body>Sorry</body></html>", "text/html; charset=utf-8"),
    "empty": (b"", _JSON),
    "garbage": (b'{"id":"17', _JSON),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Manners:
    """How strict the Graph side is, and which of Meta's unconfirmed ways it has."""

    require_proof: bool = False
    batch_on_instagram: bool = True
    limits: Limits = field(default_factory=Limits)


class Graph:
    """Both hosts over one world; `secrets` are each app's, by the app's name."""

    def __init__(
        self, world: World, secrets: Mapping[str, Sequence[bytes]], manners: Manners, seed: int = 1
    ) -> None:
        self._world = world
        self.manners = manners
        self._tokens = Tokens(world.accounts, secrets, require_proof=manners.require_proof)
        self.quotas = Quotas(manners.limits)
        self.faults = Faults(seed)
        self.writes = Writes(world)
        self._refusals = count(1)

    def answer(self, call: Call) -> Reply:
        """The reply to any call but a batch."""
        if "ids" in call.params:
            return self.refuse(call, errors.IDS_REMOVED)
        if call.path == ("debug_token",):
            found = self._tokens.describe(call, time())
            return (
                self.refuse(call, found)
                if isinstance(found, Failure)
                else Reply(200, found, _ALWAYS)
            )
        if not call.path or call.method not in ("GET", "POST", "DELETE"):
            return self.refuse(call, errors.UNKNOWN_PATH)
        holder = self.holder(call)
        return self.refuse(call, holder) if isinstance(holder, Failure) else self._do(holder, call)

    def holder(self, call: Call) -> Account | Failure:
        """The account that a call speaks for."""
        return self._tokens.holder(call)

    def refuse(self, call: Call, failure: Failure) -> Reply:
        """An error as reply."""
        return Reply(failure.status, failure.body(call.login, next(self._refusals)), _ALWAYS)

    def _do(self, holder: Account, call: Call) -> Reply:
        now = time()
        edge = self._edge(holder, call)
        over = self.quotas.count(holder, edge, now)
        fault = None if over else self.faults.pick(holder.id, edge, call.method, now)
        before = len(self.writes)
        if over:
            reply = self.refuse(call, over)
        elif fault and fault.prevents:
            reply = self._spoilt(call, fault)
        else:
            reply = self._carried_out(holder, edge, call, now)
            if fault and fault.after_write and len(self.writes) > before:
                reply = self._spoilt(call, fault)
        if reply.status != 200:
            self.writes.disown(before)
        metrics.GRAPH_CALLS.labels(edge, _outcome(reply)).inc()
        return self._finished(holder, edge, reply, fault)

    def _edge(self, holder: Account, call: Call) -> str:
        if call.method != "GET":
            return writes.edge_name(call)
        return reads.edge_name(reads.find(self._world, holder, call.path[0]), call)

    def _carried_out(self, holder: Account, edge: str, call: Call, now: float) -> Reply:
        thing = reads.find(self._world, holder, call.path[0])
        found: dict[str, Any] | Failure
        if call.method == "GET":
            found = reads.read(self._world, holder, thing, call)
        else:
            found = self.writes.perform(holder, edge, thing, call, now)
        if isinstance(found, Failure):
            return self.refuse(call, found)
        return Reply(200, found, _ALWAYS)

    def _spoilt(self, call: Call, fault: Fault) -> Reply:
        if fault.answer in _RAW:
            body, content_type = _RAW[fault.answer]
            return Reply(fault.status, body, _ALWAYS, content_type=content_type)
        return self.refuse(call, fault.failure())

    def _finished(self, holder: Account, edge: str, reply: Reply, fault: Fault | None) -> Reply:
        """With the usage headers, and as late as the fault says."""
        now = time()
        if fault and fault.regain_minutes:
            self.quotas.announce_regain(holder, fault.regain_minutes, now)
        headers = {**reply.headers, **self.quotas.headers(holder, edge, now)}
        return replace(reply, headers=headers, delay_seconds=fault.delay_seconds if fault else 0.0)


def _outcome(reply: Reply) -> str:
    if isinstance(reply.body, bytes):
        return "raw"
    error = reply.body.get("error")
    return "ok" if error is None else str(error["code"])
