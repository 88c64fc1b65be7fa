"""The Graph client: reads for one account at a time, batched, budgeted and bounded in time, and
writes, each made once.

Nothing that can go wrong with a call is an exception: each query gets an `Answer`, each command is
`Written`. Reads are retried here and nowhere else, writes never. A token goes into the
Authorization header, which both hosts take, and into the posted form of a batch, as Meta documents
those; never into a URL.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial

import httpx
from cachetools import TLRUCache

from shared.contracts.credential import Credential
from shared.errors import Transient
from shared.graph import metrics
from shared.graph.budgets import Budgets, Caller
from shared.graph.calls import Calls
from shared.graph.commands import Command, Done, NotCalled, Refused, Unclear, Written
from shared.graph.exchange import REQUEST_SECONDS
from shared.graph.holds import Holds
from shared.graph.proofs import Proofs
from shared.graph.queries import Answer, Ask, Endpoint, Failed, Found, Query, Reason
from shared.graph.settings import GraphSettings
from shared.graph.tokens import TokenSource
from shared.graph.transport import open_transport
from shared.graph.writes import Writes

PATIENCE_SECONDS = 4.0
"""All tries of one question together. Two of these are below the 10 s an event may take."""

_BACKOFF_SECONDS = 0.15
_CREDENTIAL_SECONDS = 60.0
_AWAY_SECONDS = 5.0
_COUNTED: set[Endpoint] = {"conversations"}
"""Allowed twice a second only (platform §7.1): whoever asks counts, and tries again."""

_DEAD_TOKEN = {"reauthenticate", "disconnected"}
_OUTCOMES = {Done: "done", Refused: "refused", Unclear: "unclear", NotCalled: "not_called"}
_HOLDING: tuple[Reason, ...] = ("throttled", "slow", "reauthenticate", "paused")


class Graph:
    """Asks Graph on behalf of accounts; what one account suffers, the others do not notice."""

    def __init__(self, calls: Calls, writes: Writes, tokens: TokenSource) -> None:
        self._calls = calls
        self._writes = writes
        self._tokens = tokens
        self._credentials: TLRUCache[tuple[str, str], Credential | Failed] = TLRUCache(
            10_000, ttu=_forgotten_at
        )

    async def ask(
        self,
        platform: str,
        account: str,
        queries: Sequence[Query],
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> list[Answer]:
        """An answer to each of `queries`, in their order, within `patience_seconds`."""
        asks = [Ask(query) for query in queries]
        try:
            async with asyncio.timeout(patience_seconds):
                await self._answer(platform, account, asks)
        except TimeoutError:
            pass  # each ask has the answer it got by now, or "slow"
        for ask in asks:
            outcome = "found" if isinstance(ask.answer, Found) else ask.answer.reason
            metrics.CALLS.labels(ask.query.endpoint, outcome).inc()
        return [ask.answer for ask in asks]

    async def write(self, platform: str, account: str, command: Command) -> Written:
        """Carry out `command` by one request, never repeated; done within 12 seconds."""
        written = await self._carry_out(platform, account, command)
        metrics.WRITES.labels(command.edge, _OUTCOMES[type(written)]).inc()
        return written

    async def _carry_out(self, platform: str, account: str, command: Command) -> Written:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                credential = await self._credential(platform, account)
        except TimeoutError:
            return NotCalled("unavailable")
        if isinstance(credential, Failed):
            return NotCalled(credential.reason)
        written = await self._writes.run(Caller(platform, account, credential), command)
        if isinstance(written, Refused) and written.error.verdict in _DEAD_TOKEN:
            self._credentials.pop((platform, account), None)
        return written

    async def _credential(self, platform: str, account: str) -> Credential | Failed:
        credential = self._credentials.get((platform, account))
        if credential is None:
            credential = await self._fetch(platform, account)
            self._credentials[platform, account] = credential
        return credential

    async def _answer(self, platform: str, account: str, asks: Sequence[Ask]) -> None:
        credential = await self._credential(platform, account)
        if isinstance(credential, Failed):
            for ask in asks:
                ask.answer = credential
            return
        await self._persist(Caller(platform, account, credential), asks)
        if any(_token_is_dead(ask.answer) for ask in asks):
            self._credentials.pop((platform, account), None)

    async def _fetch(self, platform: str, account: str) -> Credential | Failed:
        try:
            found = await self._tokens.credential(platform, account)
        except Transient:
            return Failed("unavailable")
        # A token that is no header value can't be used, and must not get into an exception.
        if found is None or not (found.token.isascii() and found.token.isprintable()):
            return Failed("no_token")
        return found

    async def _persist(self, caller: Caller, asks: Sequence[Ask]) -> None:
        tries = 0
        while asks:
            if tries:
                # Tries of many accounts must not come in step after an outage.
                spread = random.uniform(0.5, 1.5)  # noqa: S311 (no secret)
                await asyncio.sleep(_BACKOFF_SECONDS * 2**tries * spread)
            tries += 1
            await self._calls.run(caller, asks)
            asks = [ask for ask in asks if _worth_a_try(ask, tries)]


def _forgotten_at(_: object, credential: Credential | Failed, now: float) -> float:
    away = isinstance(credential, Failed) and credential.reason == "unavailable"
    return now + (_AWAY_SECONDS if away else _CREDENTIAL_SECONDS)


def _worth_a_try(ask: Ask, tries: int) -> bool:
    answer = ask.answer
    if ask.query.endpoint in _COUNTED or not isinstance(answer, Failed) or answer.error is None:
        return False
    return answer.error.retries >= tries


def _token_is_dead(answer: Answer) -> bool:
    return (
        isinstance(answer, Failed)
        and answer.reason == "reauthenticate"
        and answer.error is not None
    )


@asynccontextmanager
async def graph(
    settings: GraphSettings,
    secrets: Mapping[str, Sequence[str]],
    tokens: TokenSource,
    transport: httpx.AsyncBaseTransport | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> AsyncIterator[Graph]:
    """A client for as long as the context lasts; `secrets` are those of each app, newest first."""
    holds = Holds(clock)
    for reason in _HOLDING:
        metrics.HELD.labels(reason).set_function(partial(holds.count, reason))
    async with httpx.AsyncClient(
        transport=transport or open_transport(),
        timeout=2 * REQUEST_SECONDS,  # for each step; `exchange` bounds them all together, earlier
        trust_env=False,
    ) as http:
        proofs, budgets = Proofs(secrets), Budgets(holds)
        calls = Calls(http, settings, proofs, budgets)
        yield Graph(calls, Writes(http, settings, proofs, budgets), tokens)
