"""Page after page, and never anywhere else."""

import httpx
import pytest

from shared.graph.client import Graph
from shared.graph.paging import next_cursor, pages
from shared.graph.queries import Failed, Found, Query
from tests.graph import OpenGraph, error

COMMENTS = Query("comment", "instagram", "18/comments", (("fields", "id"), ("limit", "2")))


def page(ids: str, following: str | None, after: str | None = None) -> httpx.Response:
    """One page of an edge."""
    paging: dict[str, object] = {"cursors": {"after": after}}
    if following:
        paging["next"] = following
    return httpx.Response(200, json={"data": [{"id": each} for each in ids], "paging": paging})


async def walk(graph: Graph) -> list[Found | Failed]:
    """All pages."""
    return [answer async for answer in pages(graph, "instagram", "1", COMMENTS)]


async def test_until_there_is_no_next(open_graph: OpenGraph) -> None:
    """Pages follow their cursors until `next` is absent; a cursor alone is no next page."""
    cursors: list[str | None] = []
    following = "https://graph.instagram.com/v26.0/18/comments?access_token=x&after=B"
    answers = [
        page("12", following, "A"),
        page("34", "https://x.test/?limit=2", "C"),
        page("5", None, "D"),
    ]

    def answer(request: httpx.Request) -> httpx.Response:
        cursors.append(request.url.params.get("after"))
        return answers.pop(0)

    found = await walk(await open_graph(answer))
    assert len(found) == 3
    assert cursors == [None, "B", "C"]


async def test_hostile_next(open_graph: OpenGraph) -> None:
    """A `next` on another host is never called: our token stays at home."""
    hosts: list[str] = []
    answers = [page("1", "https://evil.test/v26.0/18/comments?after=B"), page("2", None)]

    def answer(request: httpx.Request) -> httpx.Response:
        hosts.append(request.url.host)
        return answers.pop(0)

    assert len(await walk(await open_graph(answer))) == 2
    assert set(hosts) == {"graph.instagram.com"}


async def test_circle(open_graph: OpenGraph) -> None:
    """Pages that lead back to one another end."""
    graph = await open_graph(lambda _: page("1", "https://x.test/?after=A"))
    assert len(await walk(graph)) == 2


async def test_failure_ends(open_graph: OpenGraph) -> None:
    """The first page that fails is the last, and says why."""
    answers = [page("1", "https://x.test/?after=A"), error(100, 33)]
    found = await walk(await open_graph(lambda _: answers.pop(0)))
    assert isinstance(found[0], Found)
    assert isinstance(found[1], Failed)


@pytest.mark.parametrize(
    "paging",
    [
        None,
        [],
        {"next": 5},
        {"next": "https://[broken"},
        {"next": "https://x.test/?after=" + "a" * 5000},
    ],
)
def test_odd_paging(paging: object) -> None:
    """Paging of any shape is read, and ends where it says nothing."""
    assert next_cursor({"paging": paging}) is None
