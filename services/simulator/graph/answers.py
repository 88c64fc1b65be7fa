"""The Graph API without HTTP: a call goes in, a reply comes out, whatever goes wrong between."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from random import Random
from time import time
from typing import Any

from msgspec import structs

from services.simulator import metrics
from services.simulator.accounts import Account
from services.simulator.graph import errors, reads, writes
from services.simulator.graph.calls import VERSION, Call, Reply
from services.simulator.graph.consequences import Consequences, Tell
from services.simulator.graph.errors import Failure
from services.simulator.graph.faults import Fault, Faults
from services.simulator.graph.quotas import Limits, Quotas
from services.simulator.graph.tokens import Tokens
from services.simulator.graph.writes import Writes
from services.simulator.traffic.scene import Scene
from services.simulator.world import World

_ALWAYS = {"facebook-api-version": VERSION}
_ECHOED = frozenset({"messages", "private_reply"})
_LATE = 0.3
_LATE_SECONDS = 0.1
"""An echo may overtake the answer to what it is an echo of (pitfalls B3)."""

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
    replies_come_back: bool = True
    limits: Limits = field(default_factory=Limits)


class Graph:
    """Both hosts over one world; `secrets` are each app's, by the app's name, and `tell` takes what
    webhooks tell of writes."""

    def __init__(
        self,
        world: World,
        secrets: Mapping[str, Sequence[bytes]],
        manners: Manners,
        tell: Tell,
    ) -> None:
        self._world = world
        self.manners = manners
        self._tokens = Tokens(world.accounts, secrets, require_proof=manners.require_proof)
        self.quotas = Quotas(manners.limits)
        self.faults = Faults(world.seed)
        self._random = Random(f"answers:{world.seed}")
        # As another run, which began earlier still than what is triggered by hand.
        scene = Scene(world, world.seed, time() - 2.0)
        come_back = manners.replies_come_back
        self.writes = Writes(world, Consequences(scene, tell, replies_come_back=come_back))
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
        fault = None if over else self.faults.pick(holder.id, edge, call.method, now, call.digest)
        if over:
            reply = self.refuse(call, over)
        elif fault and fault.acts_late:
            reply = self._postponed(holder, edge, call, fault)
        elif fault and fault.prevents:
            reply = self._spoilt(call, fault)
        else:
            reply = self._carried_out(holder, edge, call, fault)
        metrics.GRAPH_CALLS.labels(edge, _outcome(reply)).inc()
        return self._finished(holder, edge, reply, fault)

    def _edge(self, holder: Account, call: Call) -> str:
        thing = reads.find(self._world, holder, call.path[0])
        if call.method == "GET":
            return reads.edge_name(thing, call)
        return writes.edge_name(thing, call)

    def _carried_out(self, holder: Account, edge: str, call: Call, fault: Fault | None) -> Reply:
        before = len(self.writes)
        found = self._found(holder, edge, call)
        reply = Reply(200, found, _ALWAYS) if isinstance(found, dict) else self.refuse(call, found)
        spoilt = fault is not None and fault.after_write and len(self.writes) > before
        if spoilt or reply.status != 200:
            self.writes.disown(before)
        return self._spoilt(call, fault) if fault and spoilt else reply

    def _found(self, holder: Account, edge: str, call: Call) -> dict[str, Any] | Failure:
        thing = reads.find(self._world, holder, call.path[0])
        if call.method == "GET":
            return reads.read(self._world, holder, thing, call)
        return self.writes.perform(holder, edge, thing, call, time())

    def _postponed(self, holder: Account, edge: str, call: Call, fault: Fault) -> Reply:
        told = fault.answer != "slow"

        def late() -> Reply:
            after = structs.replace(fault, after_write=told)
            return self._finished(holder, edge, self._carried_out(holder, edge, call, after), None)

        reply = self._spoilt(call, fault) if told else Reply(200, b"")
        return replace(reply, told=told, late=late)

    def _spoilt(self, call: Call, fault: Fault) -> Reply:
        if fault.answer == "drop":
            return Reply(0, b"", dropped=True)
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
        delay = fault.delay_seconds if fault else 0.0
        if edge in _ECHOED and self._random.random() < _LATE:
            delay = max(delay, _LATE_SECONDS)
        return replace(reply, headers=headers, delay_seconds=delay)


def _outcome(reply: Reply) -> str:
    if isinstance(reply.body, bytes):
        return "raw"
    error = reply.body.get("error")
    return "ok" if error is None else str(error["code"])
