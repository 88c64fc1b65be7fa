"""One try of a set of queries: in batches where the host has those, else one by one."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import httpx

from shared import topics
from shared.graph import batch, metrics
from shared.graph.budgets import Budgets, Caller
from shared.graph.exchange import Reply, Silence, exchange
from shared.graph.proofs import Proofs, proof, reception
from shared.graph.queries import REASONS, Answer, Ask, Failed, Found
from shared.graph.settings import GraphSettings
from shared.meta import lenient
from shared.meta.graph_errors import GraphError, is_error, judge_read
from shared.meta.usage import read_usage
from shared.service.tracing import calling

ANSWER_BYTES = topics.GRAPH_BYTES // 2
"""An event holds two answers at most, a comment and its media."""

_AT_ONCE = 8
_OF_THE_BATCH = {"request", "gone", "forbidden", "config"}
"""What may be wrong with a batch and with none of its queries."""

_UNANSWERED = Failed("unavailable", GraphError("retry", retries=2))


@dataclass(frozen=True, slots=True)
class _Heard:
    """A reply with its body decoded."""

    reply: Reply
    answer: object


class Calls:
    """Makes requests, tells the budgets of every answer, and remembers which host has no batches.

    Whether graph.instagram.com has batches is not confirmed (platform §6.4): until one has worked,
    a batch that fails is asked again one by one, and if that works the host has none.
    """

    def __init__(
        self, http: httpx.AsyncClient, settings: GraphSettings, proofs: Proofs, budgets: Budgets
    ) -> None:
        self._http = http
        self._hosts = settings.hosts
        self._proofs = proofs
        self._budgets = budgets
        self._has_batches: dict[str, bool] = {}

    async def run(self, caller: Caller, asks: Sequence[Ask]) -> None:
        """Answer each of `asks`; those that must wait are refused without a call."""
        open_ = [ask for ask in asks if not self._refuse(caller, ask)]
        async with asyncio.TaskGroup() as tasks:
            for start in range(0, len(open_), batch.LARGEST):
                tasks.create_task(self._chunk(caller, open_[start : start + batch.LARGEST]))

    def _refuse(self, caller: Caller, ask: Ask) -> bool:
        reason = self._budgets.refusal(caller, ask.query.use_case)
        if reason:
            ask.answer = Failed(reason)
        return reason is not None

    async def _chunk(self, caller: Caller, asks: Sequence[Ask]) -> None:
        login = caller.credential.login
        if len(asks) > 1 and self._has_batches.get(login, True):
            if await self._together(caller, asks):
                return
            await self._singly(caller, asks)
            if any(isinstance(ask.answer, Found) for ask in asks):
                self._has_batches.setdefault(login, False)
        else:
            await self._singly(caller, asks)

    async def _singly(self, caller: Caller, asks: Sequence[Ask]) -> None:
        places = asyncio.Semaphore(_AT_ONCE)

        async def one(ask: Ask) -> None:
            async with places:
                if not self._refuse(caller, ask):
                    await self._single(caller, ask)

        async with asyncio.TaskGroup() as tasks:
            for ask in asks:
                tasks.create_task(one(ask))

    async def _single(self, caller: Caller, ask: Ask) -> None:
        heard = await self._proven(
            caller, ask.query.endpoint, ANSWER_BYTES, lambda secret: self._get(caller, ask, secret)
        )
        if isinstance(heard, _Heard):
            ask.answer = self._answer(caller, ask, heard)
        else:
            ask.answer = self._silent(caller, heard)

    async def _together(self, caller: Caller, asks: Sequence[Ask]) -> bool:
        """Whether the batch settled its queries; if not, they are to be asked one by one."""
        heard = await self._proven(
            caller, "batch", topics.GRAPH_BYTES, lambda secret: self._post(caller, asks, secret)
        )
        if not isinstance(heard, _Heard):
            for ask in asks:
                ask.answer = self._silent(caller, heard)
            return heard != "too_large"
        replies = batch.decode(heard.answer, len(asks))
        if replies is None:
            return self._refused(caller, asks, heard)
        self._has_batches[caller.credential.login] = True
        self._budgets.note_usage(caller, read_usage(heard.reply.headers))
        for ask, reply in zip(asks, replies, strict=True):
            ask.answer = _UNANSWERED if reply is None else self._operation(caller, ask, reply)
        return True

    def _operation(self, caller: Caller, ask: Ask, reply: Reply) -> Answer:
        if len(reply.body) > ANSWER_BYTES:
            return Failed("too_large")
        return self._answer(caller, ask, _Heard(reply, lenient.read(reply.body)))

    def _refused(self, caller: Caller, asks: Sequence[Ask], heard: _Heard) -> bool:
        verdict = judge_read(heard.reply.status, heard.answer).verdict
        unproven = caller.credential.login not in self._has_batches
        if verdict in _OF_THE_BATCH or (unproven and verdict not in {"wait", "pause"}):
            return False
        for ask in asks:
            ask.answer = self._answer(caller, ask, heard)
        return True

    def _answer(self, caller: Caller, ask: Ask, heard: _Heard) -> Answer:
        usage = read_usage(heard.reply.headers)
        self._budgets.note_usage(caller, usage)
        answer, status = heard.answer, heard.reply.status
        if 200 <= status < 300 and isinstance(answer, dict) and not is_error(answer):
            return Found(answer)
        error = judge_read(status, answer)
        self._budgets.note_error(caller, ask.query.use_case, error, usage)
        return Failed(REASONS[error.verdict], error)

    def _silent(self, caller: Caller, silence: Silence) -> Failed:
        if silence == "slow":
            self._budgets.too_slow(caller)
            return Failed("slow")
        return Failed("too_large") if silence == "too_large" else _UNANSWERED

    async def _proven(
        self,
        caller: Caller,
        endpoint: str,
        max_bytes: int,
        build: Callable[[str | None], httpx.Request],
    ) -> _Heard | Silence:
        found: _Heard | Silence = "unavailable"
        for secret in self._proofs.candidates(caller.credential):
            with metrics.DURATION.labels(endpoint).time(), calling(f"graph {endpoint}"):
                reply = await exchange(self._http, build(secret), max_bytes)
            if not isinstance(reply, Reply):
                return reply
            found = _Heard(reply, lenient.read(reply.body))
            taken = reception(reply.status, found.answer)
            if taken:
                self._proofs.accept(caller.credential, secret)
            if taken is not False:
                break
        return found

    def _get(self, caller: Caller, ask: Ask, secret: str | None) -> httpx.Request:
        credential = caller.credential
        params = (*ask.query.params, *proof(credential.token, secret))
        return self._http.build_request(
            "GET",
            self._hosts[credential.login] + ask.query.path,
            params=params,
            headers={"authorization": f"Bearer {credential.token}"},
        )

    def _post(self, caller: Caller, asks: Sequence[Ask], secret: str | None) -> httpx.Request:
        credential = caller.credential
        fields = [("access_token", credential.token), *proof(credential.token, secret)]
        return self._http.build_request(
            "POST",
            self._hosts[credential.login],
            content=batch.encode([ask.query for ask in asks], fields),
            headers={"content-type": "application/x-www-form-urlencoded"},
        )
