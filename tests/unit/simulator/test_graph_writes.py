"""The Graph side's writes: what they do, what they refuse, and the ledger that has them all."""

import json
from time import time
from typing import Any

import httpx
import pytest

from services.simulator.accounts import Account
from services.simulator.graph.faults import Fault
from services.simulator.things import LIVE_SECONDS, Comment
from services.simulator.traffic.deliveries import happening
from tests.unit.simulator.conftest import Meta


def said(meta: Meta, account: Account, kind: str = "comment") -> Comment:
    """Somebody comments just now."""
    meta.scene.now = time()
    happening(meta.scene, account, kind)
    return meta.scene.recent_comments[account.id][-1]


def heard(meta: Meta, account: Account, at: float | None = None) -> str:
    """Somebody writes, by default just now; gives the person's id."""
    meta.scene.now = at or time()
    item = json.loads(happening(meta.scene, account, "message")[0].item)
    person: str = item["sender"]["id"]
    return person


async def send(
    meta: Meta, account: Account, recipient: dict[str, str], text: str = "hello", **more: str
) -> httpx.Response:
    """Send a message."""
    message = json.dumps({"text": text})
    fields = {"recipient": json.dumps(recipient), "message": message, **more}
    return await meta.ask(account, f"{account.id}/messages", "POST", **fields)


def code(answer: httpx.Response) -> tuple[int, int | None]:
    """The error in an answer."""
    error: dict[str, Any] = answer.json()["error"]
    return error["code"], error.get("error_subcode")


async def test_reply(meta: Meta) -> None:
    """A reply appears below the comment and in the ledger."""
    comment = said(meta, meta.instagram)
    path = f"{comment.id}/replies"
    id_ = (await meta.ask(meta.instagram, path, "POST", message="danke ❤️")).json()["id"]
    found = (await meta.ask(meta.instagram, path, fields="id,text,from")).json()["data"]
    assert [(each["id"], each["text"]) for each in found] == [(id_, "danke ❤️")]
    assert found[0]["from"]["id"] == meta.instagram.id
    write = meta.graph.writes.listed()[0]
    assert (write["edge"], write["target"], write["told"]) == ("reply", comment.id, True)
    assert (write["created"], write["text"]) == (id_, "danke ❤️")


async def test_reply_to_reply(meta: Meta) -> None:
    """A reply to a reply hangs below the first comment."""
    said(meta, meta.instagram)
    below = said(meta, meta.instagram, "reply")
    await meta.ask(meta.instagram, f"{below.id}/replies", "POST", message="hi")
    assert meta.world.below(below.parent_id)[0].text == "hi"


async def test_reply_refused(meta: Meta) -> None:
    """Hidden comments, empty messages and others' comments get no reply, nor a line in the
    ledger."""
    comment = said(meta, meta.instagram)
    path = f"{comment.id}/replies"
    assert code(await meta.ask(meta.instagram, path, "POST", message=" ")) == (100, None)
    assert code(await meta.ask(meta.facebook, path, "POST", message="hi")) == (100, 33)
    await meta.ask(meta.instagram, comment.id, "POST", hide="true")
    assert code(await meta.ask(meta.instagram, path, "POST", message="hi")) == (100, None)
    assert [each["edge"] for each in meta.graph.writes.listed()] == ["hide"]


async def test_hide(meta: Meta) -> None:
    """Hiding shows in reads and can be undone."""
    comment = said(meta, meta.instagram)
    for value, shown in (("true", True), ("false", False)):
        await meta.ask(meta.instagram, comment.id, "POST", hide=value)
        found = await meta.ask(meta.instagram, comment.id, fields="hidden")
        assert found.json()["hidden"] is shown
    assert [each["edge"] for each in meta.graph.writes.listed()] == ["hide", "unhide"]


async def test_hide_wrong_name(meta: Meta) -> None:
    """The other platform's name for it is taken, and does nothing."""
    comment = said(meta, meta.page, "feed-comment")
    assert (await meta.ask(meta.page, comment.id, "POST", hide="true")).json() == {"success": True}
    assert not comment.hidden
    await meta.ask(meta.page, comment.id, "POST", is_hidden="true")
    assert comment.hidden


async def test_hide_own(meta: Meta) -> None:
    """Own comments cannot be hidden."""
    comment = said(meta, meta.instagram, "own-comment")
    assert code(await meta.ask(meta.instagram, comment.id, "POST", hide="true")) == (100, None)


async def test_delete(meta: Meta) -> None:
    """A deleted comment is gone, also for the second delete."""
    comment = said(meta, meta.instagram)
    path = comment.id
    assert (await meta.ask(meta.instagram, path, "DELETE")).json() == {"success": True}
    assert code(await meta.ask(meta.instagram, path)) == (100, 33)
    assert code(await meta.ask(meta.instagram, path, "DELETE")) == (100, 33)


async def test_message(meta: Meta) -> None:
    """A message within the window is sent, and can be read back."""
    person = heard(meta, meta.instagram)
    found = (await send(meta, meta.instagram, {"id": person})).json()
    assert found["recipient_id"] == person
    back = await meta.ask(meta.instagram, found["message_id"], fields="message,to")
    assert back.json()["message"] == "hello"
    assert back.json()["to"]["data"][0]["id"] == person


async def test_message_as_json(meta: Meta) -> None:
    """The body may be JSON."""
    body = {"recipient": {"id": heard(meta, meta.page)}, "message": {"text": "hi"}}
    headers = {"Authorization": f"Bearer {meta.page.token}"}
    found = await meta.client.post("/facebook/v26.0/me/messages", json=body, headers=headers)
    assert found.json()["message_id"]


async def test_window(meta: Meta) -> None:
    """After 24 hours only a person may answer, after 7 days nobody."""
    person = heard(meta, meta.instagram, time() - 2 * 86_400)
    recipient = {"id": person}
    assert code(await send(meta, meta.instagram, recipient)) == (10, 2534022)
    assert (await send(meta, meta.instagram, recipient, tag="HUMAN_AGENT")).status_code == 200
    assert code(await send(meta, meta.instagram, recipient, tag="ACCOUNT_UPDATE")) == (100, None)
    old = heard(meta, meta.facebook, time() - 8 * 86_400)
    answer = await send(meta, meta.facebook, {"id": old}, tag="HUMAN_AGENT")
    assert code(answer) == (10, 2534022)


async def test_message_length(meta: Meta) -> None:
    """Instagram counts bytes, a Page characters."""
    person = {"id": heard(meta, meta.instagram)}
    assert (await send(meta, meta.instagram, person, "é" * 500)).status_code == 200
    assert code(await send(meta, meta.instagram, person, "é" * 501)) == (100, 2534015)
    person = {"id": heard(meta, meta.page)}
    assert (await send(meta, meta.page, person, "é" * 2_000)).status_code == 200
    assert code(await send(meta, meta.page, person, "é" * 2_001)) == (100, 2534015)


async def test_unknown_recipient(meta: Meta) -> None:
    """Somebody else's person is nobody, in each platform's words."""
    stranger = {"id": heard(meta, meta.facebook)}
    assert code(await send(meta, meta.instagram, stranger)) == (100, 2534014)
    assert code(await send(meta, meta.page, stranger)) == (100, 2018001)
    assert code(await send(meta, meta.page, {})) == (100, None)


async def test_private_reply_once(meta: Meta) -> None:
    """There is one private reply for a comment, and it tells who the person is."""
    comment = said(meta, meta.instagram)
    recipient = {"comment_id": comment.id}
    found = await send(meta, meta.instagram, recipient)
    assert found.json()["recipient_id"] == comment.author.id
    assert code(await send(meta, meta.instagram, recipient)) == (100, 2534025)
    assert [each["edge"] for each in meta.graph.writes.listed()] == ["private_reply"]


async def test_private_reply_in_time(meta: Meta) -> None:
    """After seven days there is none any more."""
    comment = said(meta, meta.instagram)
    comment.at -= 7 * 86_400 + 1
    answer = await send(meta, meta.instagram, {"comment_id": comment.id})
    assert code(answer) == (100, 2534025)


async def test_private_reply_while_live(meta: Meta) -> None:
    """A live comment gets its private reply during the broadcast only."""
    meta.scene.now = time()
    for age, expected in ((0.0, 200), (LIVE_SECONDS + 1, 400)):
        event = happening(meta.scene, meta.instagram, "live-comment", "hi")[0]
        comment = meta.world.comment(event.expected_id.rpartition(":")[2])
        assert comment is not None
        comment.at -= age
        answer = await send(meta, meta.instagram, {"comment_id": comment.id})
        assert answer.status_code == expected


async def test_private_reply_opens(meta: Meta) -> None:
    """A private reply opens a conversation that can be read; the person has agreed to nothing."""
    comment = said(meta, meta.instagram)
    await send(meta, meta.instagram, {"comment_id": comment.id}, "psst")
    path, fields = f"{meta.instagram.id}/conversations", "messages{message}"
    found = await meta.ask(meta.instagram, path, fields=fields, user_id=comment.author.id)
    messages = found.json()["data"][0]["messages"]["data"]
    assert [each["message"] for each in messages] == ["psst"]
    assert code(await meta.ask(meta.instagram, comment.author.id)) == (230, None)
    assert code(await send(meta, meta.instagram, {"id": comment.author.id})) == (10, 2534022)


async def test_answer_mention(meta: Meta) -> None:
    """Where the account was mentioned it can answer."""
    value = json.loads(happening(meta.scene, meta.facebook, "mention")[0].item)["value"]
    path = f"{meta.facebook.id}/mentions"
    found = await meta.ask(meta.facebook, path, "POST", message="thanks", **value)
    assert meta.world.below(value["comment_id"])[0].id == found.json()["id"]


async def test_fields_on_write(meta: Meta) -> None:
    """A write with `fields` happens, and is answered with an error all the same."""
    comment = said(meta, meta.instagram)
    path = f"{comment.id}/replies"
    answer = await meta.ask(meta.instagram, path, "POST", message="hi", fields="id")
    assert code(answer) == (20, 1772107)
    assert [each["told"] for each in meta.graph.writes.listed()] == [False]
    assert len(meta.world.below(comment.id)) == 1


async def test_write_then_error(meta: Meta) -> None:
    """Told so, the Graph side sends a message and reports an error."""
    person = heard(meta, meta.instagram)
    meta.graph.faults.add(Fault(after_write=True, code=1, subcode=1357046, times=1), time())
    assert code(await send(meta, meta.instagram, {"id": person})) == (1, 1357046)
    write = meta.graph.writes.listed()[0]
    assert (write["target"], write["told"]) == (person, False)
    assert (await send(meta, meta.instagram, {"id": person})).status_code == 200


async def test_write_prevented(meta: Meta) -> None:
    """An ordinary fault prevents the write."""
    comment = said(meta, meta.instagram)
    meta.graph.faults.add(Fault(edge="reply", code=2, times=1), time())
    path = f"{comment.id}/replies"
    assert code(await meta.ask(meta.instagram, path, "POST", message="hi")) == (2, None)
    assert meta.graph.writes.listed() == []


@pytest.mark.parametrize(("method", "path"), [("POST", "me/wishes"), ("DELETE", "me")])
async def test_unknown_write(meta: Meta, method: str, path: str) -> None:
    """What cannot be written is an error."""
    assert code(await meta.ask(meta.instagram, path, method)) == (100, 33)
