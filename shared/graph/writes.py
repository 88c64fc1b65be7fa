"""One write: one request, whatever becomes of it, and what its answer proves.

A call is only ever made again under another `appsecret_proof`, and only where Graph surely refused
the first for a bad parameter (platform §0.9, pitfalls B8).
"""

import asyncio
from urllib.parse import urlencode

import httpx

from shared.graph import metrics
from shared.graph.budgets import Budgets, Caller
from shared.graph.commands import Command, Done, NotCalled, Refused, Unclear, Written
from shared.graph.exchange import Reply, Silence, exchange
from shared.graph.proofs import Proofs, proof
from shared.graph.settings import GraphSettings
from shared.meta import lenient
from shared.meta.graph_errors import GraphError, is_error, judge_write
from shared.meta.usage import read_usage
from shared.service.tracing import calling

WRITE_SECONDS = 8.0
"""All requests of one write together; with the token's 4 s this is well below what the executor
gives a call before it counts as dead."""

_CONNECT_SECONDS = 3.0
_ANSWER_BYTES = 65_536
_FORM = {"content-type": "application/x-www-form-urlencoded"}
_JSON = {"content-type": "application/json"}


class Writes:
    """Makes writes, and tells the budgets of every answer."""

    def __init__(
        self, http: httpx.AsyncClient, settings: GraphSettings, proofs: Proofs, budgets: Budgets
    ) -> None:
        self._http = http
        self._hosts = settings.hosts
        self._proofs = proofs
        self._budgets = budgets

    async def run(self, caller: Caller, command: Command) -> Written:
        """Carry out `command`, unless the account, its app or its quota has to wait."""
        if waiting := self._budgets.write_refusal(caller, command.use_case):
            return NotCalled(*waiting)
        until = asyncio.get_running_loop().time() + WRITE_SECONDS
        written: Written = NotCalled("unavailable")
        for secret in self._proofs.candidates(caller.credential):
            written = await self._call(caller, command, secret, until)
            if not _proof_may_be_at_fault(written):
                if isinstance(written, Done):
                    self._proofs.accept(caller.credential, secret)
                break
        return written

    async def _call(
        self, caller: Caller, command: Command, secret: str | None, until: float
    ) -> Written:
        seconds = until - asyncio.get_running_loop().time()
        with metrics.WRITE_DURATION.labels(command.edge).time(), calling(f"graph {command.edge}"):
            reply = await exchange(
                self._http, self._request(caller, command, secret), _ANSWER_BYTES, seconds
            )
        if isinstance(reply, Reply):
            return self._judge(caller, command, reply)
        return self._silent(caller, reply)

    def _request(self, caller: Caller, command: Command, secret: str | None) -> httpx.Request:
        credential = caller.credential
        return self._http.build_request(
            command.method,
            self._hosts[credential.login] + command.path,
            params=tuple(proof(credential.token, secret)),
            content=command.json or urlencode(command.form).encode(),
            headers={
                "authorization": f"Bearer {credential.token}",
                **(_JSON if command.json else _FORM),
            },
            timeout=httpx.Timeout(WRITE_SECONDS, connect=_CONNECT_SECONDS, pool=_CONNECT_SECONDS),
        )

    def _judge(self, caller: Caller, command: Command, reply: Reply) -> Written:
        answer, usage = lenient.read(reply.body), read_usage(reply.headers)
        fine = 200 <= reply.status < 300 and not is_error(answer)
        error = None if fine else judge_write(reply.status, answer)
        holds = self._budgets.note_write(caller, command.use_case, error, usage)
        if error:
            unclear = error.verdict == "ambiguous"
            return Unclear("ambiguous", error, holds) if unclear else Refused(error, holds)
        if isinstance(answer, dict) and lenient.flag(answer, "success") is not False:
            return Done(answer, holds)
        return Unclear("unreadable", None, holds)

    def _silent(self, caller: Caller, silence: Silence) -> Written:
        if silence == "unreached":
            return NotCalled("unavailable")
        if silence == "slow":
            return Unclear("slow", holds=(self._budgets.too_slow(caller),))
        return Unclear("lost" if silence == "unavailable" else silence)


def _proof_may_be_at_fault(written: Written) -> bool:
    return isinstance(written, Refused) and _bad_parameter(written.error)


def _bad_parameter(error: GraphError) -> bool:
    return error.verdict == "request" and error.code == 100 and error.subcode is None
