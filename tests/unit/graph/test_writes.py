"""Writes on a plain function in place of the network, and on real sockets that break."""

import asyncio
import json
from collections.abc import Callable

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.graph.client import graph
from shared.graph.commands import Command, Done, NotCalled, Refused, Unclear, Written
from shared.graph.holds import Hold, Scope
from shared.graph.settings import GraphSettings
from tests.graph import Clock, OpenGraph, Tokens, error, failure, media, outcomes
from tests.sockets import Serve, says, serving

HIDE = Command("hide", "instagram", "POST", "18", (("hide", "true"),))
DELETE = Command("delete", "instagram", "DELETE", "18")
REPLY = Command("reply", "instagram", "POST", "18/replies", (("message", "ça & là=?"),))
MESSAGE = Command("message", "messenger", "POST", "1/messages", json=b'{"message":{"text":"hi"}}')
ALL = [HIDE, DELETE, REPLY, MESSAGE]
DONE = httpx.Response(200, json={"success": True})
BUC = "x-business-use-case-usage"


def always(answer: httpx.Response, calls: list[httpx.Request]) -> Callable[..., httpx.Response]:
    """Answers the same each time, and keeps what was asked."""

    def answering(request: httpx.Request) -> httpx.Response:
        calls.append(request)
        return answer

    return answering


def outcome(written: Written) -> str:
    """The result in a word or two."""
    match written:
        case Done():
            return "done"
        case Refused(said):
            return f"refused {said.verdict}"
        case Unclear(reason):
            return f"unclear {reason}"
        case NotCalled(reason):
            return f"not called {reason}"


@pytest.mark.parametrize("command", ALL, ids=lambda each: each.edge)
@pytest.mark.parametrize("login", ["instagram", "facebook"])
async def test_one_request(open_graph: OpenGraph, command: Command, login: str) -> None:
    """A write is one request at its account's host, with the token in a header only and never any
    `fields`."""
    calls: list[httpx.Request] = []
    tokens = Tokens("instagram" if login == "instagram" else "facebook")
    client = await open_graph(always(DONE, calls), tokens, secrets={"shop": ["s3cret"]})
    assert await client.write("instagram", "1", command) == Done({"success": True})
    (request,) = calls
    assert (request.method, request.url.host) == (command.method, f"graph.{login}.com")
    assert request.url.path == f"/v26.0/{command.path}"
    assert request.headers["authorization"] == "Bearer IGAAtoken0secret1"
    assert [*request.url.params] == ["appsecret_proof"]
    assert b"token0secret" not in request.content
    assert b"fields" not in request.content


async def test_form(open_graph: OpenGraph) -> None:
    """What a comment's write says is a form."""
    calls: list[httpx.Request] = []
    client = await open_graph(always(DONE, calls))
    await client.write("instagram", "1", REPLY)
    assert calls[0].headers["content-type"] == "application/x-www-form-urlencoded"
    assert dict(httpx.QueryParams(calls[0].content.decode())) == {"message": "ça & là=?"}


async def test_json(open_graph: OpenGraph) -> None:
    """What a message says is JSON."""
    calls: list[httpx.Request] = []
    client = await open_graph(always(DONE, calls))
    await client.write("instagram", "1", MESSAGE)
    assert calls[0].headers["content-type"] == "application/json"
    assert json.loads(calls[0].content) == {"message": {"text": "hi"}}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (error(100, 33), "refused gone"),
        (error(803), "refused gone"),
        (error(10, 2534022, 403), "refused window"),
        (error(551), "refused recipient"),
        (error(10), "refused forbidden"),
        (error(3), "refused config"),
        (error(100), "refused request"),
        (error(506), "refused request"),
        (error(100, 2534025), "refused used"),
        (error(10900), "refused used"),
        (error(190, 460), "refused reauthenticate"),
        (error(190, 458), "refused disconnected"),
        (error(613), "refused wait"),
        (error(80002), "refused wait"),
        (error(4), "refused wait"),
        (error(368), "refused pause"),
        (error(100, 2534037), "refused later"),
        (httpx.Response(200, json=failure(100, 33)), "refused gone"),
        (httpx.Response(404, content=b"<html>"), "refused request"),
        (httpx.Response(429), "refused wait"),
        (httpx.Response(302, headers={"location": "https://elsewhere.test"}), "refused request"),
        (
            httpx.Response(400, content=b'{"error":{"code":613,"message":"\\ud83d"}}'),
            "refused wait",
        ),
        (error(1, status=500), "unclear ambiguous"),
        (error(1, 1357046, 400), "unclear ambiguous"),
        (error(2, status=503), "unclear ambiguous"),
        (error(20, 1772107), "unclear ambiguous"),
        (
            httpx.Response(400, json={"error": {"code": 100, "is_transient": True}}),
            "unclear ambiguous",
        ),
        (httpx.Response(500), "unclear ambiguous"),
        (httpx.Response(502, content=b"<html>Bad gateway"), "unclear ambiguous"),
        (httpx.Response(408), "unclear ambiguous"),
        (httpx.Response(200, json={"error": "something"}), "unclear ambiguous"),
        (httpx.Response(200, content=b"<html>Sorry"), "unclear unreadable"),
        (httpx.Response(200, content=b'{"id":"17'), "unclear unreadable"),
        (httpx.Response(200), "unclear unreadable"),
        (httpx.Response(204), "unclear unreadable"),
        (httpx.Response(200, json=[]), "unclear unreadable"),
        (httpx.Response(200, json=True), "unclear unreadable"),
        (httpx.Response(200, json={"success": False}), "unclear unreadable"),
        (httpx.Response(200, content=b"x" * 100_000), "unclear too_large"),
        (httpx.Response(200, json={"id": "1", "error": None}), "done"),
        (httpx.Response(200, content=b'{"id":"1","words":"\\ud83d"}'), "done"),
    ],
)
@pytest.mark.parametrize("command", [HIDE, DELETE, MESSAGE], ids=lambda each: each.edge)
async def test_answers(
    open_graph: OpenGraph, command: Command, answer: httpx.Response, expected: str
) -> None:
    """Whatever the answer, it is judged once and the call is not repeated."""
    calls: list[httpx.Request] = []
    client = await open_graph(always(answer, calls))
    assert outcome(await client.write("instagram", "1", command)) == expected
    assert len(calls) == 1


async def test_time_out(open_graph: OpenGraph, clock: Clock) -> None:
    """A call without an answer in time is unclear; its account waits a little, others don't."""
    calls: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        calls.append(request.headers["authorization"][-1])
        if calls[-1] == "1":
            raise httpx.ReadTimeout("slow", request=request)
        return DONE

    client = await open_graph(answer, clock=clock)
    slow = await client.write("instagram", "1", REPLY)
    assert slow == Unclear("slow", None, (Hold(WHOLE, 5.0, "slow"),))
    assert await client.write("instagram", "1", REPLY) == NotCalled("slow", 5.0)
    assert outcome(await client.write("instagram", "2", REPLY)) == "done"
    clock.now += 6
    assert outcome(await client.write("instagram", "1", REPLY)) == "unclear slow"
    assert calls == ["1", "2", "1"]


WHOLE = Scope("account", "instagram", "1", "instagram")


@pytest.mark.parametrize(
    ("answer", "hold"),
    [
        (error(4), Hold(Scope("app", "", "shop"), 300, "throttled")),
        (error(613, 1996), Hold(Scope("app", "", "shop"), 300, "throttled")),
        (error(613), Hold(Scope("messenger", "instagram", "1"), 300, "throttled")),
        (error(17), Hold(WHOLE, 300, "throttled")),
        (error(190, 463), Hold(WHOLE, 60, "reauthenticate")),
        (error(368), Hold(Scope("automatic", "instagram", "1"), 21_600, "paused")),
        (
            httpx.Response(200, json={"id": "1"}, headers={"x-app-usage": '{"call_count":100}'}),
            Hold(Scope("app", "", "shop"), 300, "throttled"),
        ),
    ],
)
async def test_holds_are_told(open_graph: OpenGraph, answer: httpx.Response, hold: Hold) -> None:
    """Who has to wait is part of the result, for those who share it."""
    client = await open_graph(always(answer, []))
    assert (await client.write("instagram", "1", MESSAGE)).holds == (hold,)


async def test_regain_is_told(open_graph: OpenGraph, clock: Clock) -> None:
    """Meta's estimate is how long the use case waits, and the estimate counts more than the
    table."""
    use = {"type": "messenger", "call_count": 100, "estimated_time_to_regain_access": 12}
    answer = httpx.Response(400, json=failure(80006), headers={BUC: json.dumps({"1": [use]})})
    calls: list[httpx.Request] = []
    client = await open_graph(always(answer, calls), clock=clock)
    written = await client.write("instagram", "1", MESSAGE)
    assert set(written.holds) == {Hold(Scope("messenger", "instagram", "1"), 720, "throttled")}
    clock.now += 60
    assert await client.write("instagram", "1", MESSAGE) == NotCalled("throttled", 660)
    assert outcome(await client.write("instagram", "1", HIDE)) == "refused wait"
    assert len(calls) == 2


async def test_the_rest_is_for_writes(open_graph: OpenGraph) -> None:
    """At 90 % of a quota reads stop and writes go on; at 100 % they stop, too."""
    percents = [91, 100]

    def answer(_: httpx.Request) -> httpx.Response:
        use = {"type": "instagram", "call_count": percents.pop(0)}
        return httpx.Response(200, json={"id": "1"}, headers={BUC: json.dumps({"1": [use]})})

    client = await open_graph(answer)
    assert await client.write("instagram", "1", HIDE) == Done({"id": "1"})
    assert outcomes(await client.ask("instagram", "1", [media("18")])) == ["throttled"]
    assert outcome(await client.write("instagram", "1", HIDE)) == "done"
    assert await client.write("instagram", "1", HIDE) == NotCalled("throttled", 300)


async def test_pause_is_not_for_persons(open_graph: OpenGraph) -> None:
    """Who asked is not known here: after a block the client still writes when told to, and reads
    what became of it."""
    answers = [error(368), DONE, DONE]
    client = await open_graph(lambda _: answers.pop(0))
    assert outcome(await client.write("instagram", "1", REPLY)) == "refused pause"
    assert outcome(await client.write("instagram", "1", REPLY)) == "done"
    assert outcomes(await client.ask("instagram", "1", [media("18")])) == ["found"]


async def test_dead_token(open_graph: OpenGraph, clock: Clock) -> None:
    """A dead token is not used for a minute; then the vault is asked for another."""
    tokens = Tokens()
    client = await open_graph(always(error(190, 463), []), tokens, clock=clock)
    await client.write("instagram", "1", HIDE)
    assert await client.write("instagram", "1", HIDE) == NotCalled("reauthenticate", 60)
    clock.now += 61
    await client.write("instagram", "1", HIDE)
    assert tokens.asked == ["instagram:1", "instagram:1"]


@pytest.mark.parametrize(
    ("tokens", "reason"),
    [
        (Tokens(missing=frozenset({"1"})), "no_token"),
        (Tokens(token="é\n"), "no_token"),
        (Tokens(away=True), "unavailable"),
    ],
)
async def test_no_token(open_graph: OpenGraph, tokens: Tokens, reason: str) -> None:
    """Without a usable token nothing is called."""
    calls: list[httpx.Request] = []
    client = await open_graph(always(DONE, calls), tokens)
    assert outcome(await client.write("instagram", "1", HIDE)) == f"not called {reason}"
    assert not calls


async def test_proofs(open_graph: OpenGraph) -> None:
    """A write surely refused for a bad parameter is tried with the next proof; what works stays."""
    proofs: list[bool] = []

    def answer(request: httpx.Request) -> httpx.Response:
        proofs.append("appsecret_proof" in request.url.params)
        return error(100) if proofs[-1] else DONE

    client = await open_graph(answer, secrets={"shop": ["new", "old"]})
    for _ in range(2):
        assert outcome(await client.write("instagram", "1", HIDE)) == "done"
    assert proofs == [True, True, False, False]


@pytest.mark.parametrize(
    "answer",
    [
        error(1, status=500),
        error(100, 33),
        error(190),
        httpx.Response(400, json={"error": {"code": 100, "is_transient": True}}),
        httpx.Response(200, content=b"<html>"),
    ],
)
async def test_proof_is_not_at_fault(open_graph: OpenGraph, answer: httpx.Response) -> None:
    """No other answer is a reason to call again."""
    calls: list[httpx.Request] = []
    client = await open_graph(always(answer, calls), secrets={"shop": ["new", "old"]})
    await client.write("instagram", "1", REPLY)
    assert len(calls) == 1


async def at(url: str, command: Command) -> Written:
    """One write over the network."""
    settings = GraphSettings(graph_instagram_url=url.rstrip("/"))
    async with graph(settings, {}, Tokens()) as client:
        return await client.write("instagram", "1", command)


def counting(serve: Serve, calls: list[bytes]) -> Serve:
    """Like `serve`, and counts its requests."""

    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        calls.append(b"")
        await serve(reader, writer)

    return served


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"nonsense\r\n\r\n",
        b'HTTP/1.1 200 x\r\nContent-Length: 50\r\n\r\n{"id":',
        b"HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 x\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnogz",
    ],
)
@pytest.mark.parametrize("command", [DELETE, MESSAGE], ids=lambda each: each.edge)
async def test_connection_lost(said: bytes, command: Command) -> None:
    """A connection that breaks after the request was sent leaves all open, and is not tried again,
    a DELETE neither."""
    calls: list[bytes] = []
    async with serving(counting(says(said), calls)) as url:
        assert outcome(await at(url, command)) == "unclear lost"
    assert len(calls) == 1


async def test_connection_reset() -> None:
    """A reset in place of an answer is no refused connection."""

    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.transport.abort()

    async with serving(reset) as url:
        assert outcome(await at(url, DELETE)) == "unclear lost"


@pytest.mark.parametrize("command", [DELETE, MESSAGE], ids=lambda each: each.edge)
async def test_nobody_there(command: Command) -> None:
    """A refused connection took nothing along."""
    async with serving(says()) as url:
        pass
    assert await at(url, command) == NotCalled("unavailable")


async def test_cancelled(open_graph: OpenGraph) -> None:
    """A write that is cancelled ends at once, and stays in doubt."""
    called = asyncio.Event()

    async def answer(_: httpx.Request) -> httpx.Response:
        called.set()
        await asyncio.Event().wait()
        return DONE

    client = await open_graph(answer)
    writing = asyncio.ensure_future(client.write("instagram", "1", HIDE))
    await called.wait()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing


@given(st.integers(200, 599), st.binary(max_size=200) | st.sampled_from([b"{}", b"null"]))
async def test_never_raises(status: int, body: bytes) -> None:
    """Any bytes under any status are one of the four results."""
    transport = httpx.MockTransport(lambda _: httpx.Response(status, content=body))
    async with graph(GraphSettings(), {}, Tokens(), transport) as client:
        written = await client.write("instagram", "1", MESSAGE)
    assert isinstance(written, Done | Refused | Unclear)
    assert status < 300 or not isinstance(written, Done)


async def test_token_stays_secret(open_graph: OpenGraph) -> None:
    """No token in what comes back."""
    client = await open_graph(always(error(190, 463), []))
    assert "token0secret" not in repr(await client.write("instagram", "1", HIDE))
