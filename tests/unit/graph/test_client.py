"""The Graph client on a plain function in place of the network."""

import asyncio
import logging

import httpx
import pytest

from shared.graph.queries import Found, Query, node
from tests.graph import Clock, OpenGraph, Tokens, error, media, outcomes


async def test_one_query_is_a_get(open_graph: OpenGraph) -> None:
    """A single look-up is a plain read at the pinned version, its token in a header only."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"id": "18"})

    graph = await open_graph(answer, secrets={"shop": ["s3cret"]})
    assert await graph.ask("instagram", "1", [media("18")]) == [Found({"id": "18"})]
    (request,) = seen
    assert request.url.host == "graph.instagram.com"
    assert request.url.path == "/v26.0/18"
    assert request.headers["authorization"] == "Bearer IGAAtoken0secret1"
    assert "token0secret" not in str(request.url)
    assert len(request.url.params["appsecret_proof"]) == 64


async def test_facebook_login(open_graph: OpenGraph) -> None:
    """Accounts connected by Facebook Login are asked about at the other host."""
    hosts: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        hosts.append(request.url.host)
        return httpx.Response(200, json={"id": "18"})

    graph = await open_graph(answer, Tokens("facebook"))
    await graph.ask("instagram", "1", [media("18")])
    assert hosts == ["graph.facebook.com"]


async def test_reads_are_retried(open_graph: OpenGraph) -> None:
    """A passing fault is tried again."""
    answers = [error(2, status=500), httpx.Response(503), httpx.Response(200, json={"id": "1"})]
    graph = await open_graph(lambda _: answers.pop(0))
    assert outcomes(await graph.ask("instagram", "1", [media("1")])) == ["found"]


async def test_retries_end(open_graph: OpenGraph) -> None:
    """After a few tries the look-up has failed."""
    calls: list[int] = []

    def answer(_: httpx.Request) -> httpx.Response:
        calls.append(1)
        return error(2, status=500)

    graph = await open_graph(answer)
    assert outcomes(await graph.ask("instagram", "1", [media("1")])) == ["unavailable"]
    assert len(calls) == 3


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (error(100, 33), "gone"),
        (error(10), "forbidden"),
        (error(190, 463), "reauthenticate"),
        (error(100), "refused"),
        (error(368), "paused"),
        (error(80002), "throttled"),
        (httpx.Response(200, json={"error": {"code": 803}}), "gone"),
        (httpx.Response(302, headers={"location": "https://elsewhere.test"}), "refused"),
    ],
)
async def test_final_failures(open_graph: OpenGraph, answer: httpx.Response, reason: str) -> None:
    """A permanent failure is one call and its reason."""
    calls: list[str] = []

    def once(request: httpx.Request) -> httpx.Response:
        calls.append(request.url.host)
        return answer

    graph = await open_graph(once)
    assert outcomes(await graph.ask("instagram", "1", [media("1")])) == [reason]
    assert calls == ["graph.instagram.com"]


async def test_unreadable_answer(open_graph: OpenGraph) -> None:
    """Under 200 too only an object is an answer."""
    bodies = [b"<html>", b"[]", b'{"id":"\\ud800"}']
    graph = await open_graph(lambda _: httpx.Response(200, content=bodies.pop(0)))
    assert await graph.ask("instagram", "1", [media("1")]) == [Found({"id": "\ufffd"})]


async def test_connection_fails(open_graph: OpenGraph) -> None:
    """A broken connection is tried again, then the look-up has failed."""

    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route", request=request)

    graph = await open_graph(answer)
    assert outcomes(await graph.ask("instagram", "1", [media("1")])) == ["unavailable"]


async def test_no_token(open_graph: OpenGraph) -> None:
    """Without a token, or with one that no header can hold, no call is made."""
    calls: list[httpx.Request] = []
    tokens = Tokens(missing=frozenset({"1"}))
    graph = await open_graph(calls.append, tokens)
    assert outcomes(await graph.ask("instagram", "1", [media("1")])) == ["no_token"]
    assert outcomes(await graph.ask("instagram", "1", [media("1")])) == ["no_token"]
    assert tokens.asked == ["instagram:1"]
    graph = await open_graph(calls.append, Tokens(token="é\n"))
    assert outcomes(await graph.ask("instagram", "1", [media("1")])) == ["no_token"]
    assert not calls


async def test_vault_away(open_graph: OpenGraph) -> None:
    """While tokens can't be read, look-ups fail at once, and the vault is left in peace."""
    tokens = Tokens(away=True)
    graph = await open_graph(lambda _: error(1), tokens)
    for _ in range(3):
        assert outcomes(await graph.ask("instagram", "1", [media("1")])) == ["unavailable"]
    assert tokens.asked == ["instagram:1"]


async def test_dead_token_is_fetched_anew(open_graph: OpenGraph, clock: Clock) -> None:
    """A dead token is not used again and again; after a minute the vault is asked for a new one."""
    calls: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        calls.append(request.url.path)
        return error(190, 463)

    tokens = Tokens()
    graph = await open_graph(answer, tokens, clock=clock)
    for _ in range(3):
        assert outcomes(await graph.ask("instagram", "1", [media("1")])) == ["reauthenticate"]
    assert len(calls) == 1
    clock.now += 61
    await graph.ask("instagram", "1", [media("1")])
    assert len(calls) == 2
    assert len(tokens.asked) == 2


async def test_proofs_are_tried_in_turn(open_graph: OpenGraph) -> None:
    """Which secret proves a token is found out once, also that none does."""
    proofs: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        proofs.append(request.url.params.get("appsecret_proof"))
        return httpx.Response(200, json={"id": "1"}) if proofs[-1] is None else error(100)

    graph = await open_graph(answer, secrets={"shop": ["new", "old"]})
    for _ in range(2):
        assert outcomes(await graph.ask("instagram", "1", [media("1")])) == ["found"]
    assert [bool(proof) for proof in proofs] == [True, True, False, False]


async def test_slow_account_waits_alone(open_graph: OpenGraph, clock: Clock) -> None:
    """After a time-out an account's look-ups fail at once for a while; others' do not."""
    calls: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        calls.append(request.headers["authorization"][-1])
        if calls[-1] == "1":
            raise httpx.ReadTimeout("slow", request=request)
        return httpx.Response(200, json={"id": "1"})

    graph = await open_graph(answer, clock=clock)
    for account in "1122":
        await graph.ask("instagram", account, [media("1")])
    assert calls == ["1", "2", "2"]
    clock.now += 6
    assert outcomes(await graph.ask("instagram", "1", [media("1")])) == ["slow"]
    assert calls == ["1", "2", "2", "1"]


async def test_patience_ends(open_graph: OpenGraph) -> None:
    """What is not answered in time has failed as slow; what was, stays answered."""

    async def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return error(2500)
        if request.url.path.endswith("2"):
            await asyncio.Event().wait()
        return httpx.Response(200, json={"id": "1"})

    graph = await open_graph(answer)
    found = await graph.ask("instagram", "1", [media("1"), media("2")], 0.1)
    assert outcomes(found) == ["found", "slow"]


async def test_token_stays_secret(open_graph: OpenGraph, caplog: pytest.LogCaptureFixture) -> None:
    """No token in logs, reprs or answers, whatever happens."""
    caplog.set_level(logging.DEBUG)
    answers = [error(190, 463), httpx.Response(200, json={"id": "1"})]
    graph = await open_graph(lambda _: answers.pop(), Tokens())
    seen = [await graph.ask("instagram", "1", [media("1")]) for _ in range(2)]
    credential = await Tokens().credential("instagram", "1")
    assert "token0secret" not in caplog.text + repr(seen) + repr(credential) + repr(graph)


async def test_hostile_id(open_graph: OpenGraph) -> None:
    """An id stays one segment of the path."""
    paths: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.raw_path)
        return httpx.Response(200, json={"id": "1"})

    graph = await open_graph(answer)
    query = Query("media", "instagram", node("../me?x=y#z/ä"), (("fields", "id"),))
    await graph.ask("instagram", "1", [query])
    assert paths == [b"/v26.0/..%2Fme%3Fx%3Dy%23z%2F%C3%A4?fields=id"]
