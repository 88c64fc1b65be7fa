"""Batches: many reads in one request, where the host has them."""

from urllib.parse import parse_qs

import httpx
import pytest

from shared import topics
from shared.graph.queries import Found
from tests.graph import OpenGraph, error, media, operation, outcomes, read_batch


async def test_batch(open_graph: OpenGraph) -> None:
    """Many look-ups are batches of 50 at most, answers in the order of the queries."""
    sizes: list[int] = []

    def answer(request: httpx.Request) -> httpx.Response:
        assert "token0secret" not in str(request.url)
        assert parse_qs(request.content.decode())["access_token"] == ["IGAAtoken0secret1"]
        urls = read_batch(request)
        sizes.append(len(urls))
        return httpx.Response(200, json=[operation({"id": url.split("?")[0]}) for url in urls])

    graph = await open_graph(answer)
    found = await graph.ask("instagram", "1", [media(str(n)) for n in range(120)])
    assert sorted(sizes) == [20, 50, 50]
    assert found == [Found({"id": str(n)}) for n in range(120)]


async def test_operations_fail_alone(open_graph: OpenGraph) -> None:
    """Each operation of a batch has its own answer."""

    def answer(_: httpx.Request) -> httpx.Response:
        gone = operation({"error": {"code": 100, "error_subcode": 33}}, 400)
        odd = {"code": 200, "headers": None, "body": {"id": "3"}}
        return httpx.Response(200, json=[operation({"id": "1"}), gone, odd])

    graph = await open_graph(answer)
    found = await graph.ask("instagram", "1", [media(n) for n in "123"])
    assert outcomes(found) == ["found", "gone", "found"]


async def test_null_operations_are_asked_again(open_graph: OpenGraph) -> None:
    """What a batch had no time for, or left out, is asked again, and nothing else."""
    asked: list[list[str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            asked.append([request.url.path])
            return httpx.Response(200, json={"id": "x"})
        asked.append(read_batch(request))
        first = [operation({"id": "1"}), None, "?"] if len(asked) == 1 else []
        return httpx.Response(200, json=first or [operation({"id": "y"}), {"code": 200}])

    graph = await open_graph(answer)
    found = await graph.ask("instagram", "1", [media(n) for n in "1234"])
    assert outcomes(found) == ["found", "found", "found", "unavailable"]
    assert [len(urls) for urls in asked] == [4, 3, 2]


async def test_host_without_batches(open_graph: OpenGraph) -> None:
    """A host that has no batches is asked one by one, and not tried with batches again."""
    methods: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        methods.append(request.method)
        if request.method == "POST":
            return error(100, 33)
        return httpx.Response(200, json={"id": request.url.path})

    graph = await open_graph(answer)
    for _ in range(2):
        assert (
            outcomes(await graph.ask("instagram", "1", [media(n) for n in "123"])) == ["found"] * 3
        )
    assert methods == ["POST", *["GET"] * 6]


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b'{"success":true}'])
async def test_batch_answered_by_something_else(open_graph: OpenGraph, body: bytes) -> None:
    """Whatever is no list of results means that the host has no batches."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(200, content=body)
        return httpx.Response(200, json={"id": "1"})

    graph = await open_graph(answer)
    assert outcomes(await graph.ask("instagram", "1", [media("1"), media("2")])) == ["found"] * 2


async def test_batch_fails_whole(open_graph: OpenGraph) -> None:
    """A host known to have batches that refuses one has answered all of its queries."""
    methods: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        methods.append(request.method)
        if len(methods) == 1:
            return httpx.Response(200, json=[operation({"id": "1"})] * 2)
        return error(190, 463)

    graph = await open_graph(answer)
    both = [media("1"), media("2")]
    await graph.ask("instagram", "1", both)
    assert outcomes(await graph.ask("instagram", "1", both)) == ["reauthenticate"] * 2
    assert methods == ["POST", "POST"]


async def test_batch_at_fault(open_graph: OpenGraph) -> None:
    """A batch that is refused as such says nothing about its queries: they are asked one by one."""
    methods: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        methods.append(request.method)
        if len(methods) == 1:
            return httpx.Response(200, json=[operation({"id": "1"})] * 2)
        return error(100) if request.method == "POST" else httpx.Response(200, json={"id": "1"})

    graph = await open_graph(answer)
    both = [media("1"), media("2")]
    await graph.ask("instagram", "1", both)
    assert outcomes(await graph.ask("instagram", "1", both)) == ["found"] * 2
    assert methods == ["POST", "POST", "GET", "GET"]


async def test_large_batch_is_taken_apart(open_graph: OpenGraph) -> None:
    """When all answers together are too large, each is asked for alone."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(200, content=b" " * (topics.GRAPH_BYTES + 1))
        return httpx.Response(200, json={"id": "1"})

    graph = await open_graph(answer)
    both = [media("1"), media("2")]
    assert outcomes(await graph.ask("instagram", "1", both)) == ["found"] * 2


async def test_large_operation(open_graph: OpenGraph) -> None:
    """One operation's answer may be too large as well."""

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=[operation({"id": "x" * 600_000}), operation({"id": "1"})])

    graph = await open_graph(answer)
    both = [media("1"), media("2")]
    assert outcomes(await graph.ask("instagram", "1", both)) == ["too_large", "found"]


async def test_proofs_in_batches(open_graph: OpenGraph) -> None:
    """A batch whose operations all refuse the proof is sent again with the next."""
    proofs: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        proofs.extend(parse_qs(request.content.decode())["appsecret_proof"])
        good = operation({"id": "1"})
        bad = operation({"error": {"code": 100}}, 400)
        return httpx.Response(200, json=[good if len(proofs) > 1 else bad] * 2)

    graph = await open_graph(answer, secrets={"shop": ["new", "old"]})
    both = [media("1"), media("2")]
    assert outcomes(await graph.ask("instagram", "1", both)) == ["found"] * 2
    assert outcomes(await graph.ask("instagram", "1", both)) == ["found"] * 2
    assert proofs[0] != proofs[1] == proofs[2]
