"""The Graph side's reads: tokens, objects, field selection, paging, batches."""

import hashlib
import hmac
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from services.simulator.accounts import Account
from services.simulator.graph import batch
from services.simulator.graph.answers import Manners
from services.simulator.graph.calls import Call
from services.simulator.graph.faults import Fault
from services.simulator.graph.fields import parse
from services.simulator.traffic.deliveries import happening
from services.simulator.traffic.kinds import KINDS
from tests.unit.simulator.conftest import SECRET, Build, Meta


def happened(meta: Meta, account: Account, kind: str) -> dict[str, Any]:
    """Let something happen; gives the webhook's value, or the item of `messaging[]`."""
    item: dict[str, Any] = json.loads(happening(meta.scene, account, kind)[-1].item)
    value: dict[str, Any] = item.get("value", item)
    return value


def error(body: dict[str, Any]) -> tuple[int, int | None]:
    """An error's code and subcode."""
    found = body["error"]
    assert found["message"]
    assert found["fbtrace_id"]
    return found["code"], found.get("error_subcode")


async def test_token_places(meta: Meta) -> None:
    """A token may come in the header, as Bearer or OAuth, or as a parameter."""
    token = meta.instagram.token
    for headers in ({"Authorization": f"Bearer {token}"}, {"Authorization": f"OAuth {token}"}):
        assert (await meta.client.get("/instagram/me", headers=headers)).status_code == 200
    found = await meta.client.get("/instagram/v26.0/me", params={"access_token": token})
    assert found.json() == {"id": meta.instagram.scoped_id}


@pytest.mark.parametrize("token", ["", "nonsense"])
async def test_bad_token(meta: Meta, token: str) -> None:
    """Without a valid token of that host there is only error 190."""
    found = await meta.client.get("/facebook/v26.0/me", params={"access_token": token})
    assert found.status_code == 400
    assert error(found.json()) == (190, None)
    assert found.json()["error"]["type"] == "OAuthException"


async def test_other_host(meta: Meta) -> None:
    """A token of one host is worth nothing on the other."""
    params = {"access_token": meta.instagram.token}
    found = await meta.client.get("/facebook/v26.0/me", params=params)
    assert error(found.json()) == (190, None)


async def test_proof(build: Build) -> None:
    """A proof is checked when it is sent, and required when that is switched on."""
    meta = build(Manners(require_proof=True))
    assert error((await meta.ask(meta.page, "me")).json()) == (100, None)
    assert error((await meta.ask(meta.page, "me", appsecret_proof="0" * 64)).json())[0] == 100
    proof = hmac.digest(SECRET, meta.page.token.encode(), hashlib.sha256).hex()
    found = await meta.ask(meta.page, "me", appsecret_proof=proof)
    assert found.json() == {"name": meta.page.name, "id": meta.page.id}


async def test_two_ids(meta: Meta) -> None:
    """Instagram Login tells the app-scoped id as `id` and the one of webhooks as `user_id`."""
    found = await meta.ask(meta.instagram, "me", fields="id,user_id,username")
    account = meta.instagram
    expected = {"id": account.scoped_id, "user_id": account.id, "username": account.username}
    assert found.json() == expected


async def test_page_behind(meta: Meta) -> None:
    """With Facebook Login `me` is the Page, which names its Instagram account."""
    found = await meta.ask(meta.facebook, "me", fields="name,instagram_business_account")
    assert found.json()["instagram_business_account"] == {"id": meta.facebook.id}
    found = await meta.ask(meta.facebook, meta.facebook.id, fields="username")
    assert found.json() == {"username": meta.facebook.username, "id": meta.facebook.id}


async def test_media(meta: Meta) -> None:
    """The media of a comment's webhook can be read, with the fields that were asked for only."""
    value = happened(meta, meta.instagram, "comment")
    media_id = value["media"]["id"]
    fields = "id,media_type,media_product_type,permalink,timestamp,username,owner{id}"
    found = (await meta.ask(meta.instagram, media_id, fields=fields)).json()
    assert set(found) == set(fields.replace("{id}", "").split(","))
    assert found["owner"] == {"id": meta.instagram.id}
    assert found["timestamp"].endswith("+0000")


async def test_comment(meta: Meta) -> None:
    """A comment is told with what the webhook left out, nested as asked."""
    value = happened(meta, meta.instagram, "comment")
    id_ = value.get("id") or value["comment_id"]
    fields = "text,timestamp,from{username},media{media_product_type}"
    found = (await meta.ask(meta.instagram, id_, fields=fields)).json()
    assert found["text"] == value["text"]
    assert found["from"]["username"] == value["from"]["username"]
    assert found["media"] == {
        "media_product_type": value["media"]["media_product_type"],
        "id": value["media"]["id"],
    }


async def test_others_cannot(meta: Meta) -> None:
    """Another account's objects do not exist for a token, as ones that were never there."""
    value = happened(meta, meta.instagram, "comment")
    for id_ in (value.get("id") or value["comment_id"], value["media"]["id"], "18099999"):
        found = await meta.ask(meta.facebook, id_)
        assert (found.status_code, error(found.json())) == (400, (100, 33))


async def test_error_type(meta: Meta) -> None:
    """graph.instagram.com names its errors differently."""
    found = await meta.ask(meta.instagram, "18099999")
    assert found.json()["error"]["type"] == "IGApiException"


async def test_mentions(meta: Meta) -> None:
    """A mention's comment and media are found through the account, and in no other way."""
    account = meta.facebook
    value = happened(meta, account, "mention")
    media_id, comment_id = value["media_id"], value["comment_id"]
    fields = f"mentioned_comment.comment_id({comment_id}){{id,text,timestamp,media{{id,caption}}}}"
    found = (await meta.ask(account, account.id, fields=fields)).json()["mentioned_comment"]
    assert found["id"] == comment_id
    assert f"@{account.username}" in found["text"]
    assert found["media"]["id"] == media_id
    fields = f"mentioned_media.media_id({media_id}){{caption,username}}"
    found = (await meta.ask(account, account.id, fields=fields)).json()["mentioned_media"]
    assert found["username"] != account.username
    assert error((await meta.ask(account, media_id)).json()) == (100, 33)
    assert error((await meta.ask(account, comment_id)).json()) == (100, 33)


async def test_profile_consent(meta: Meta) -> None:
    """Who only commented cannot be looked up; who wrote can."""
    person = happened(meta, meta.instagram, "message")["sender"]["id"]
    fields = "name,username,profile_pic,follower_count,is_user_follow_business"
    found = (await meta.ask(meta.instagram, person, fields=fields)).json()
    assert set(found) == {*fields.split(","), "id"}
    silent = meta.world.person(meta.instagram, 499).id
    assert error((await meta.ask(meta.instagram, silent, fields="name")).json()) == (230, None)


async def test_page_post(meta: Meta) -> None:
    """A Page's post and comment are told in the Page's words."""
    value = happened(meta, meta.page, "feed-comment")
    post = await meta.ask(meta.page, value["post_id"], fields="message,created_time,from,comments")
    assert post.json()["from"] == {"name": meta.page.name, "id": meta.page.id}
    assert [each["id"] for each in post.json()["comments"]["data"]] == [value["comment_id"]]
    comment = await meta.ask(meta.page, value["comment_id"])
    assert comment.json()["message"] == value["message"]


async def test_page_mention(meta: Meta) -> None:
    """A Page may read the post and the comment it is named in."""
    value = happened(meta, meta.page, "page-mention")
    assert (await meta.ask(meta.page, value["post_id"])).status_code == 200
    assert (await meta.ask(meta.page, value["comment_id"])).json()["message"] == value["message"]


async def test_conversations(meta: Meta) -> None:
    """From the conversations one gets to the messages, and to each of them."""
    item = happened(meta, meta.instagram, "message")
    params = {"platform": "instagram", "fields": "id,updated_time"}
    found = (await meta.ask(meta.instagram, "me/conversations", **params)).json()["data"]
    fields = "messages{id,created_time,from,to,message}"
    thread = (await meta.ask(meta.instagram, found[0]["id"], fields=fields)).json()
    message = thread["messages"]["data"][0]
    assert message["id"] == item["message"]["mid"]
    assert message["message"] == item["message"]["text"]
    assert message["from"]["id"] == item["sender"]["id"]
    again = await meta.ask(meta.instagram, message["id"], fields="message,from")
    assert again.json()["from"]["id"] == item["sender"]["id"]


async def test_unknown_field(meta: Meta) -> None:
    """A field that such an object does not have is an error."""
    media_id = meta.world.media(meta.instagram, 1).id
    assert error((await meta.ask(meta.instagram, media_id, fields="id,soul")).json()) == (100, None)


@pytest.mark.parametrize("fields", ["id,", "media{id", "id}", "{}", "a{b}{c}", ","])
async def test_broken_fields(meta: Meta, fields: str) -> None:
    """A selection that cannot be read is an error, not a crash."""
    assert error((await meta.ask(meta.instagram, "me", fields=fields)).json()) == (2500, None)


def test_parse() -> None:
    """Selections nest and take arguments."""
    found = parse("id, comments.limit(2).after(a=){text,from{id}}")
    assert found is not None
    assert found[1].arguments == {"limit": "2", "after": "a="}
    assert found[1].inside[1].inside[0].name == "id"


async def test_paging(meta: Meta) -> None:
    """Following `paging.next` until it is absent gives everything once."""
    seen: list[str] = []
    params = {"access_token": meta.instagram.token, "fields": "id", "limit": "15"}
    url = f"/instagram/v26.0/{meta.instagram.id}/media"
    while url:
        page = (await meta.client.get(url, params=params)).json()
        seen += [each["id"] for each in page["data"]]
        url = page["paging"].get("next", "")
        params = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert len(seen) == len(set(seen)) == 40


async def test_comments_of_media(meta: Meta) -> None:
    """Comments of a media come newest first, at most 50, without replies and live ones."""
    for _ in range(120):
        happened(meta, meta.instagram, "comment")
        happened(meta, meta.instagram, "reply")
    media_id = meta.world.media(meta.instagram, 0).id
    found = (await meta.ask(meta.instagram, f"{media_id}/comments", limit="200")).json()
    ids = [each["id"] for each in found["data"]]
    assert ids == sorted(ids, reverse=True)
    assert len(ids) <= 50


async def test_ids_removed(meta: Meta) -> None:
    """The multi-get by `ids` is gone."""
    found = await meta.client.get(
        "/facebook/v26.0/", params={"ids": "1,2", "access_token": meta.page.token}
    )
    assert error(found.json()) == (100, None)


async def test_batch(meta: Meta) -> None:
    """Operations of a batch succeed and fail each for itself, and each is counted as a call."""
    media_id = meta.world.media(meta.facebook, 3).id
    urls = [f"{media_id}?fields=id,permalink", "v26.0/18099999", "me?fields=soul"]
    asked = json.dumps([{"method": "GET", "relative_url": url} for url in urls])
    found = await meta.ask(meta.facebook, "", "POST", batch=asked, include_headers="false")
    results = found.json()
    assert [each["code"] for each in results] == [200, 400, 400]
    assert json.loads(results[0]["body"])["id"] == media_id
    assert error(json.loads(results[1]["body"])) == (100, 33)
    assert "headers" not in results[0]
    assert sum(meta.graph.quotas.calls()[meta.facebook.id].values()) == 3


async def test_batch_headers(meta: Meta) -> None:
    """With headers, every operation tells the usage."""
    found = await meta.ask(meta.page, "", "POST", batch='[{"method":"GET","relative_url":"me"}]')
    names = {each["name"] for each in found.json()[0]["headers"]}
    assert {"X-App-Usage", "X-Business-Use-Case-Usage"} <= names


@pytest.mark.parametrize("asked", ["", "{}", "[]", "[1]", "nonsense"])
async def test_batch_unreadable(meta: Meta, asked: str) -> None:
    """What is no batch is refused as a whole."""
    found = await meta.ask(meta.page, "", "POST", batch=asked)
    assert error(found.json()) == (100, None)


async def test_batch_too_slow(meta: Meta) -> None:
    """An operation that is not finished in time is null, its neighbours are not."""
    meta.graph.faults.add(Fault(answer="slow", delay_seconds=60, times=1), 0.0)
    call = Call(
        login="facebook",
        method="POST",
        base="http://graph",
        path=(),
        params={"batch": '[{"relative_url":"me"},{"relative_url":"me"}]'},
        token=meta.page.token,
    )
    results = batch.answer(meta.graph, call).body
    assert results[0] is None
    assert results[1]["code"] == 200


async def test_batch_limit(meta: Meta) -> None:
    """Fifty operations are the most."""
    asked = json.dumps([{"method": "GET", "relative_url": "me"}] * 51)
    found = await meta.ask(meta.page, "", "POST", batch=asked)
    assert found.json()["error"]["type"] == "GraphBatchException"


async def test_batch_switched_off(build: Build) -> None:
    """graph.instagram.com may be one that takes no batches."""
    meta = build(Manners(batch_on_instagram=False))
    asked = '[{"method":"GET","relative_url":"me"}]'
    assert error((await meta.ask(meta.instagram, "", "POST", batch=asked)).json())[0] == 100
    assert (await meta.ask(meta.page, "", "POST", batch=asked)).status_code == 200


async def test_debug_token(meta: Meta) -> None:
    """An app learns about a token with its own id and secret."""
    params = {"input_token": meta.page.token, "access_token": f"facebook|{SECRET.decode()}"}
    found = (await meta.client.get("/facebook/v26.0/debug_token", params=params)).json()["data"]
    assert found["is_valid"] is True
    assert "pages_messaging" in found["scopes"]
    params["input_token"] = "nonsense"
    found = (await meta.client.get("/facebook/v26.0/debug_token", params=params)).json()["data"]
    assert found["is_valid"] is False


@pytest.mark.parametrize("kind", KINDS)
async def test_whatever_happened(meta: Meta, kind: str) -> None:
    """Whatever a webhook names can be looked up, or is an error as Meta's."""
    account = next(each for each in meta.world.accounts if KINDS[kind].fits(each))
    for event in happening(meta.scene, account, kind):
        value = json.loads(event.item)
        value = value.get("value", value)
        named = value if isinstance(value, dict) else {}
        ids = [named.get(name) for name in ("id", "comment_id", "post_id", "media_id")]
        for id_ in filter(None, [*ids, named.get("sender", {}).get("id")]):
            found = await meta.ask(account, str(id_))
            assert found.status_code == 200 or error(found.json())
