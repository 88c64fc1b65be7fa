"""Answers that withhold something, or make no sense: in doubt, reading back proves nothing."""

import json
from collections.abc import Collection
from datetime import UTC, datetime
from itertools import count
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.executor.settling import read_back
from services.executor.sightings import Absent, Present, Unreadable, Verdict
from shared.contracts.actions import AT_META, Action, ActionKind
from shared.graph.client import graph
from shared.graph.settings import GraphSettings
from tests.acting import action
from tests.graph import OpenGraph, Tokens, error
from tests.unit.simulator.conftest import Meta

KINDS = sorted(AT_META)
AT = "2026-11-21T12:00:01+0000"
CALLED_AT = datetime(2026, 11, 21, 12, tzinfo=UTC)


async def nobody(_: Collection[str]) -> Collection[str]:
    """Nothing that is seen is what other actions made."""
    return ()


@pytest.mark.parametrize("name", ["id", "username"])
async def test_our_other_name(open_graph: OpenGraph, meta: Meta, name: str) -> None:
    """Graph may name us by our app-scoped id, or by our handle alone."""
    us = {"id": "2500", "username": "bakery"}

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/18"):
            return httpx.Response(200, json={"id": "18"})
        if request.url.path.endswith("/replies"):
            author = {"id": "2500"} if name == "id" else {"id": "x", "username": "bakery"}
            return httpx.Response(200, json={"data": [reply(**{"from": author})]})
        return httpx.Response(200, json=us)

    client = await open_graph(answer)
    asked = action(meta.instagram, "reply", comment_id="18", text="thanks")
    assert await read_back(client, asked, CALLED_AT, nobody) == Present("1")


def reply(**more: Any) -> dict[str, Any]:
    """A reply as Graph tells it."""
    return {"id": "1", "text": "thanks", "timestamp": AT, **more}


@pytest.mark.parametrize(
    ("told", "verdict"),
    [
        (reply(), Present("1")),
        (reply(user={"id": "9"}, **{"from": {"id": "9"}}), Present("1")),
        (reply(text=" thanks\u00a0 "), Present("1")),
        (reply(text=None), Unreadable("withheld")),
        (reply(timestamp=None), Unreadable("withheld")),
        (reply(id=None), Unreadable("withheld")),
        (reply(text="thanks!"), Absent()),
        (reply(text=None, timestamp="2026-11-21T11:00:00+0000"), Absent()),
        (reply(**{"from": {"id": "9"}}), Absent()),
        (reply(username="somebody"), Absent()),
        ("nonsense", Unreadable("withheld")),
    ],
)
async def test_withheld(open_graph: OpenGraph, meta: Meta, told: object, verdict: Verdict) -> None:
    """What Graph withholds leaves open whether it is ours; in doubt it proves nothing."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/replies"):
            return httpx.Response(200, json={"data": [told]})
        return httpx.Response(200, json={"id": "18", "username": "bakery"})

    client = await open_graph(answer)
    asked = action(meta.instagram, "reply", comment_id="18", text="thanks")
    assert await read_back(client, asked, CALLED_AT, nobody) == verdict


async def test_endless_replies(open_graph: OpenGraph, meta: Meta) -> None:
    """Replies without end are not read to their end, and prove nothing."""
    numbers = count()

    def answer(_: httpx.Request) -> httpx.Response:
        after = f"https://graph.instagram.com/?after={next(numbers)}"
        return httpx.Response(200, json={"id": "18", "data": [], "paging": {"next": after}})

    client = await open_graph(answer)
    asked = action(meta.instagram, "reply", comment_id="18")
    assert await read_back(client, asked, CALLED_AT, nobody) == Unreadable("too_many")
    assert next(numbers) < 30


async def test_who_we_are_is_not_told(open_graph: OpenGraph, meta: Meta) -> None:
    """Where Graph does not tell by what other name it calls us, the words may be ours."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/replies"):
            return httpx.Response(200, json={"data": [reply(username="somebody")]})
        if request.url.path.endswith("/18"):
            return httpx.Response(200, json={"id": "18"})
        return error(10, status=403)

    client = await open_graph(answer)
    asked = action(meta.instagram, "reply", comment_id="18", text="thanks")
    assert await read_back(client, asked, CALLED_AT, nobody) == Unreadable("forbidden")


@pytest.mark.parametrize(
    ("parent", "below"),
    [("media", "18"), ("17841000010000000", "18"), ("a{b}", None), ("19", "19")],
)
async def test_parents(open_graph: OpenGraph, meta: Meta, parent: str, below: str | None) -> None:
    """A parent that is the media or ourselves is none (B16), and no path is made of nonsense."""
    paths: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.path)
        return httpx.Response(200, json={"id": "18", "parent_id": parent, "data": []})

    client = await open_graph(answer)
    asked = action(meta.instagram, "reply", comment_id="18", media_id="media")
    verdict = await read_back(client, asked, CALLED_AT, nobody)
    assert verdict == (Absent() if below else Unreadable("no_target"))
    assert paths[1:] == ([f"/v26.0/{below}/replies"] if below else [])


async def test_hidden_is_withheld(open_graph: OpenGraph, meta: Meta) -> None:
    """An answer without the field says nothing."""
    client = await open_graph(lambda _: httpx.Response(200, json={"id": "18"}))
    asked = action(meta.instagram, "hide", comment_id="18")
    assert await read_back(client, asked, CALLED_AT, nobody) == Unreadable("withheld")


def conversation(*messages: object) -> dict[str, Any]:
    """A conversation as Graph tells it."""
    return {"data": [{"id": "t", "messages": {"data": messages}}]}


def message(person_id: str, **more: Any) -> dict[str, Any]:
    """A message of ours as Graph tells it."""
    said = {"id": "m", "message": "hi", "created_time": AT}
    return said | {"from": {"id": "1"}, "to": {"data": [{"id": person_id}]}} | more


@pytest.mark.parametrize(
    ("told", "verdict"),
    [
        (conversation(message("88")), Present("m", "88")),
        (
            conversation({"id": "m", "message": "hi", "created_time": AT}),
            Present("m", "88"),
        ),
        (conversation(message("99")), Unreadable("no_conversation")),
        (conversation(message("88", message=None)), Unreadable("withheld")),
        (conversation(message("88", message="")), Absent()),
        (conversation(), Unreadable("no_conversation")),
        (conversation(message("88", **{"from": {"id": "88"}})), Absent()),
        ({"data": "x"}, Unreadable("no_conversation")),
        ({}, Unreadable("no_conversation")),
    ],
)
async def test_told_of_conversations(
    open_graph: OpenGraph, meta: Meta, told: object, verdict: Verdict
) -> None:
    """Only a conversation with the person itself is believed."""
    client = await open_graph(lambda _: httpx.Response(200, json=told))
    asked = action(meta.instagram, "message", person_id="88", text="hi")
    assert await read_back(client, asked, CALLED_AT, nobody) == verdict


async def test_author_is_withheld(open_graph: OpenGraph, meta: Meta) -> None:
    """Where nobody says who wrote a comment, nobody knows which conversation to read."""
    client = await open_graph(lambda _: httpx.Response(200, json={"id": "18"}))
    asked = action(meta.instagram, "private_reply", comment_id="18")
    assert await read_back(client, asked, CALLED_AT, nobody) == Unreadable("no_person")


_NAMES = st.sampled_from(["data", "id", "from", "to", "text", "messages", "parent", "paging"])
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(_NAMES, inside, max_size=5),
    max_leaves=20,
)


@settings(deadline=None)
@given(st.sampled_from(KINDS), st.sampled_from([200, 400]), st.dictionaries(_NAMES, _JSON))
async def test_never_raises(kind: ActionKind, status: int, body: object) -> None:
    """Whatever Graph tells, it is a verdict."""
    written = json.dumps(body).encode()
    transport = httpx.MockTransport(lambda _: httpx.Response(status, content=written))
    asked = Action(
        id="1",
        kind=kind,
        platform="page",
        account="1",
        thread="t",
        requested_by="rule",
        requested_at=CALLED_AT,
        comment_id="18",
        person_id="88" if kind == "message" else None,
        text="hi",
    )
    async with graph(GraphSettings(), {}, Tokens("facebook"), transport) as client:
        verdict = await read_back(client, asked, CALLED_AT, nobody)
    assert isinstance(verdict, Present | Absent | Unreadable)
