"""What webhooks tell of writes, and writes that happen in spite of their answers, or later."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from time import time
from typing import Any

import httpx
import pytest

from services.simulator.graph.answers import Manners
from services.simulator.graph.app import create_app
from services.simulator.graph.dropping import Droppable
from services.simulator.graph.faults import Fault
from services.simulator.sayings import AUTOMATIC
from services.simulator.things import BOT
from services.simulator.traffic.deliveries import happening
from services.simulator.traffic.events import pack
from shared.meta.split import split
from shared.service.http import listen, serve
from tests.unit.simulator.conftest import STARTED_AT, Build, Meta
from tests.unit.simulator.test_graph_writes import heard, said, send


def value(meta: Meta, at: int = 0) -> Any:
    """What a webhook told, without its field."""
    found = json.loads(meta.told[at].item)
    return found.get("value", found)


def split_right(meta: Meta) -> None:
    """The pipeline gives all that was told the ids that the simulator expects."""
    for event in meta.told:
        (delivery,) = pack([event], STARTED_AT)
        (found,) = split(delivery.render(), delivery.app, datetime.fromtimestamp(STARTED_AT, UTC))
        assert found.id == event.expected_id


async def test_echo(meta: Meta) -> None:
    """A message comes back as an echo with the id that the API gave it."""
    person = heard(meta, meta.instagram)
    mid = (await send(meta, meta.instagram, {"id": person})).json()["message_id"]
    echo = value(meta)
    assert echo["message"] == {"mid": mid, "text": "hello", "is_echo": True}
    assert (echo["sender"]["id"], echo["recipient"]["id"]) == (meta.instagram.id, person)
    split_right(meta)


async def test_echo_names_app(meta: Meta) -> None:
    """A Page's echo names the app."""
    await send(meta, meta.page, {"id": heard(meta, meta.page)})
    assert isinstance(value(meta)["message"]["app_id"], int)


async def test_echo_of_private_reply(meta: Meta) -> None:
    """A private reply comes back as an echo to the comment's author."""
    comment = said(meta, meta.page, "feed-comment")
    await send(meta, meta.page, {"comment_id": comment.id})
    assert value(meta)["recipient"]["id"] == comment.author.id
    split_right(meta)


async def test_bot(meta: Meta) -> None:
    """Somebody else's bot answers every message, which lets us write again."""
    meta.scene.now = time()
    happening(meta.scene, meta.instagram, "message", person=BOT)
    bot = meta.world.person(meta.instagram, BOT).id
    for _ in range(2):
        assert (await send(meta, meta.instagram, {"id": bot})).status_code == 200
    assert [value(meta, at)["message"]["text"] for at in (1, 3)] == [AUTOMATIC] * 2
    assert value(meta, 1)["sender"]["id"] == bot
    split_right(meta)


@pytest.mark.parametrize(("name", "kind"), [("instagram", "comment"), ("page", "feed-comment")])
async def test_own_reply(meta: Meta, name: str, kind: str) -> None:
    """A reply comes back as a comment of our own, below the comment it answers."""
    account = getattr(meta, name)
    comment = said(meta, account, kind)
    edge = "replies" if name == "instagram" else "comments"
    found = await meta.ask(account, f"{comment.id}/{edge}", "POST", message="hi")
    told = value(meta)
    assert told.get("id", told.get("comment_id")) == found.json()["id"]
    assert told["parent_id"] == comment.id
    assert told["from"]["id"] == account.id
    split_right(meta)


async def test_own_reply_untold(build: Build) -> None:
    """Whether Instagram tells of them is not known: it can be told not to."""
    meta = build(Manners(replies_come_back=False))
    comment = said(meta, meta.instagram)
    await meta.ask(meta.instagram, f"{comment.id}/replies", "POST", message="hi")
    assert meta.told == []


async def test_hidden_untold(meta: Meta) -> None:
    """Instagram tells nothing of hiding, showing and deleting."""
    comment = said(meta, meta.instagram)
    for hide in ("true", "false"):
        await meta.ask(meta.instagram, comment.id, "POST", hide=hide)
    await meta.ask(meta.instagram, comment.id, "DELETE")
    assert len(meta.graph.writes) == 3
    assert meta.told == []


async def test_hidden_on_page(meta: Meta) -> None:
    """A Page's feed tells of all three."""
    comment = said(meta, meta.page, "feed-comment")
    for hide in ("true", "false"):
        await meta.ask(meta.page, comment.id, "POST", is_hidden=hide)
    await meta.ask(meta.page, comment.id, "DELETE")
    assert [value(meta, at)["verb"] for at in range(3)] == ["hide", "unhide", "remove"]
    split_right(meta)


async def test_answered_mention_untold(meta: Meta) -> None:
    """Below somebody else's post we are told nothing of our own comment."""
    named = json.loads(happening(meta.scene, meta.facebook, "mention")[0].item)["value"]
    path = f"{meta.facebook.id}/mentions"
    await meta.ask(meta.facebook, path, "POST", message="thanks", **named)
    assert len(meta.graph.writes) == 1
    assert meta.told == []


async def test_untold_writes_echo(meta: Meta) -> None:
    """An echo comes also when the answer was an error."""
    person = heard(meta, meta.instagram)
    meta.graph.faults.add(Fault(after_write=True, code=1, subcode=1357046, times=1), time())
    assert (await send(meta, meta.instagram, {"id": person})).status_code == 500
    assert len(meta.told) == 1


@asynccontextmanager
async def over_a_socket(meta: Meta) -> AsyncIterator[Meta]:
    """The Graph side where connections can end."""
    listener = listen("127.0.0.1", 0)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    async with (
        serve(create_app(meta.graph), listener, http=Droppable),
        httpx.AsyncClient(base_url=url) as client,
    ):
        yield replace(meta, client=client)


async def written(meta: Meta) -> dict[str, Any]:
    """The one write, once it is there."""
    async with asyncio.timeout(10):
        while not len(meta.graph.writes):
            await asyncio.sleep(0)
    (write,) = meta.graph.writes.listed()
    return write


@pytest.mark.parametrize("acted", [True, False])
async def test_dropped(meta: Meta, acted: bool) -> None:
    """A connection may end without an answer, after the write or without it; the next call finds
    another one."""
    comment = said(meta, meta.instagram)
    meta.graph.faults.add(Fault(answer="drop", after_write=acted, times=1, edge="hide"), time())
    async with over_a_socket(meta) as there:
        with pytest.raises(httpx.TransportError):
            await there.ask(meta.instagram, comment.id, "POST", hide="true")
        found = await there.ask(meta.instagram, comment.id, fields="hidden")
    assert found.json()["hidden"] is acted
    assert [each["told"] for each in meta.graph.writes.listed()] == [False] * acted


@pytest.mark.parametrize("answer", ["error", "drop"])
async def test_acts_late(meta: Meta, answer: str) -> None:
    """A write may happen only when its caller has long heard that it failed."""
    comment = said(meta, meta.instagram)
    fault = {"error": Fault(acts_late=True, delay_seconds=0.2, times=1)}
    fault["drop"] = Fault(acts_late=True, delay_seconds=0.2, times=1, answer="drop")
    meta.graph.faults.add(fault[answer], time())
    async with over_a_socket(meta) as there:
        try:
            status = (await there.ask(meta.instagram, comment.id, "POST", hide="true")).status_code
        except httpx.TransportError:
            status = 0
        assert status in (0, 500)
        assert len(meta.graph.writes) == 0
        assert (await written(meta))["told"] is False
    assert comment.hidden


async def test_answers_late(meta: Meta) -> None:
    """A write may happen late and be answered rightly even later."""
    comment = said(meta, meta.instagram)
    fault = Fault(acts_late=True, answer="slow", delay_seconds=0.1, times=1)
    meta.graph.faults.add(fault, time())
    asking = asyncio.ensure_future(meta.ask(meta.instagram, comment.id, "POST", hide="true"))
    assert not comment.hidden
    assert (await asking).json() == {"success": True}
    assert (await written(meta))["told"] is True


async def test_late_in_a_batch(meta: Meta) -> None:
    """In a batch nothing is late, and what was dropped is null."""
    comment = said(meta, meta.instagram)
    operation = {"method": "POST", "relative_url": comment.id, "body": "hide=true"}
    batch = json.dumps([operation])
    meta.graph.faults.add(Fault(acts_late=True, answer="drop", times=1, edge="hide"), time())
    assert (await meta.ask(meta.instagram, "", "POST", batch=batch)).json() == [None]
    assert comment.hidden
