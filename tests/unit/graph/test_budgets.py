"""Who waits when a quota is used up, and who does not."""

import json
from dataclasses import dataclass, field

import httpx
import pytest

from shared.graph.client import Graph
from shared.graph.commands import Command, NotCalled, Refused
from shared.graph.queries import Query
from tests.graph import Clock, OpenGraph, failure, outcomes, read_batch

PROFILE = Query("profile", "messenger", "88", (("fields", "name"),))
MEDIA = Query("media", "instagram", "18", (("fields", "id"),))


@dataclass
class Api:
    """Answers with whatever is next for an account, then with success; records who called."""

    answers: dict[str, list[httpx.Response]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer."""
        account = request.headers["authorization"][-1]
        self.calls.append(account)
        waiting = self.answers.get(account)
        return waiting.pop(0) if waiting else httpx.Response(200, json={"id": "1"})


def used(header: str, value: object, status: int = 200, body: object = None) -> httpx.Response:
    """An answer with a usage header."""
    return httpx.Response(status, json=body or {"id": "1"}, headers={header: json.dumps(value)})


def business(account: str, kind: str, percent: int, minutes: int = 0) -> dict[str, object]:
    """A business usage header's value."""
    use = {"type": kind, "call_count": percent, "estimated_time_to_regain_access": minutes}
    return {account: [use]}


async def outcome(graph: Graph, account: str, query: Query = MEDIA) -> str:
    """One look-up in a word."""
    (found,) = outcomes(await graph.ask("instagram", account, [query]))
    return found


BUC = "x-business-use-case-usage"


async def test_throttle_delays_one_account(open_graph: OpenGraph, clock: Clock) -> None:
    """A throttled account makes no call until Meta's estimate has passed; others go on."""
    answer = used(BUC, business("1", "instagram", 100, 12), 400, failure(80002))
    api = Api({"1": [answer]})
    graph = await open_graph(api, clock=clock)
    assert await outcome(graph, "1") == "throttled"
    assert await outcome(graph, "1") == "throttled"
    assert await outcome(graph, "2") == "found"
    assert api.calls == ["1", "2"]
    clock.now += 11 * 60
    assert await outcome(graph, "1") == "throttled"
    clock.now += 61
    assert await outcome(graph, "1") == "found"


async def test_edges_have_their_own_quota(open_graph: OpenGraph, clock: Clock) -> None:
    """A used-up quota for media does not stop profiles."""
    api = Api({"1": [used(BUC, business("1", "instagram", 100, 5))]})
    graph = await open_graph(api, clock=clock)
    assert await outcome(graph, "1") == "found"
    assert await outcome(graph, "1") == "throttled"
    assert await outcome(graph, "1", PROFILE) == "found"


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(400, json=failure(4)),
        used("x-app-usage", {"call_count": 100}),
        used("x-app-usage", {"call_volume": 100}),
        httpx.Response(400, json=failure(613, 1996)),
    ],
)
async def test_app_throttle_stops_all(
    open_graph: OpenGraph, clock: Clock, answer: httpx.Response
) -> None:
    """A throttled app stops every account of the app, for a time."""
    api = Api({"1": [answer]})
    graph = await open_graph(api, clock=clock)
    await outcome(graph, "1")
    assert await outcome(graph, "2") == "throttled"
    assert api.calls == ["1"]
    clock.now += 301
    assert await outcome(graph, "2") == "found"


async def test_limit_of_an_edge(open_graph: OpenGraph, clock: Clock) -> None:
    """Reads that were too many at once do not stop writes; a used-up quota does."""
    answers = [httpx.Response(400, json=failure(613)), httpx.Response(400, json=failure(80006))]
    graph = await open_graph(lambda _: answers.pop(0), clock=clock)
    command = Command("message", "messenger", "POST", "1/messages", json=b"{}")
    assert await outcome(graph, "1", PROFILE) == "throttled"
    assert await outcome(graph, "1", PROFILE) == "throttled"
    written = await graph.write("instagram", "1", command)
    assert isinstance(written, Refused)
    assert await graph.write("instagram", "1", command) == NotCalled("throttled", 300)


@pytest.mark.parametrize("code", [17, 32])
async def test_token_throttle(open_graph: OpenGraph, clock: Clock, code: int) -> None:
    """A throttled token stops all of its account's calls."""
    graph = await open_graph(Api({"1": [httpx.Response(400, json=failure(code))]}), clock=clock)
    assert await outcome(graph, "1") == "throttled"
    assert await outcome(graph, "1", PROFILE) == "throttled"
    assert await outcome(graph, "2") == "found"


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("x-app-usage", {"call_count": 91}),
        (BUC, business("1", "instagram", 91)),
        ("x-page-usage", {"call_count": 91}),
    ],
)
async def test_reads_stop_before_the_limit(
    open_graph: OpenGraph, clock: Clock, header: str, value: object
) -> None:
    """At 90 % reads stop, so that writes have the rest; a minute later one finds out anew."""
    graph = await open_graph(Api({"1": [used(header, value)]}), clock=clock)
    assert await outcome(graph, "1") == "found"
    assert await outcome(graph, "1") == "throttled"
    clock.now += 61
    assert await outcome(graph, "1") == "found"


async def test_usage_of_others(open_graph: OpenGraph, clock: Clock) -> None:
    """A header that lists many objects holds each of them, not the caller for the others."""
    value = business("1", "instagram", 10) | business("2", "instagram", 100, 5)
    graph = await open_graph(Api({"1": [used(BUC, value)]}), clock=clock)
    await outcome(graph, "1")
    assert await outcome(graph, "1") == "found"
    assert await outcome(graph, "2") == "throttled"


async def test_business_id_of_the_token(open_graph: OpenGraph, clock: Clock) -> None:
    """A header about one object only is about the caller, whatever the object is called."""
    graph = await open_graph(
        Api({"1": [used(BUC, business("99", "instagram", 100, 5))]}), clock=clock
    )
    await outcome(graph, "1")
    assert await outcome(graph, "1") == "throttled"


async def test_unknown_use_case(open_graph: OpenGraph, clock: Clock) -> None:
    """Quotas of what we never call stop nothing."""
    graph = await open_graph(
        Api({"1": [used(BUC, business("1", "ads_insights", 100, 5))]}), clock=clock
    )
    await outcome(graph, "1")
    assert await outcome(graph, "1") == "found"


async def test_pause(open_graph: OpenGraph, clock: Clock) -> None:
    """An account that Meta has blocked is left alone for hours."""
    graph = await open_graph(Api({"1": [httpx.Response(400, json=failure(368))]}), clock=clock)
    assert await outcome(graph, "1") == "paused"
    clock.now += 3600
    assert await outcome(graph, "1", PROFILE) == "paused"
    assert await outcome(graph, "2") == "found"


async def test_operations_have_headers(open_graph: OpenGraph, clock: Clock) -> None:
    """The usage in an operation's own headers counts."""
    calls: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        calls.append(request.method)
        header = {
            "name": "X-Business-Use-Case-Usage",
            "value": json.dumps(business("1", "instagram", 100, 5)),
        }
        results = [{"code": 200, "headers": [header, {"name": 1}, 2], "body": "{}"}]
        return httpx.Response(200, json=results * len(read_batch(request)))

    graph = await open_graph(answer, clock=clock)
    await graph.ask("instagram", "1", [MEDIA, PROFILE])
    assert await outcome(graph, "1") == "throttled"
    assert calls == ["POST"]


async def test_throttle_in_the_middle(open_graph: OpenGraph, clock: Clock) -> None:
    """One by one, calls stop at the first throttle."""
    calls: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        calls.append(request.method)
        return httpx.Response(400, json=failure(2500 if request.method == "POST" else 80002))

    graph = await open_graph(answer, clock=clock)
    queries = [Query("media", "instagram", str(n), ()) for n in range(40)]
    found = await graph.ask("instagram", "1", queries)
    assert set(outcomes(found)) == {"throttled"}
    assert len(calls) <= 9
