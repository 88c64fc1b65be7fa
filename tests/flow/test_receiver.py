"""The receiver as Meta meets it: on a socket, with its statuses."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from services.receiver import connection
from shared import topics
from shared.errors import Transient
from tests.receiving import (
    COMMENT,
    OLD_SECRET,
    OTHER_SECRET,
    Door,
    body_of,
    read_answer,
    receiver,
    request,
    sign,
)


@pytest.fixture(params=[True, False], ids=["below-asgi", "asgi"])
async def door(request: pytest.FixtureRequest) -> AsyncIterator[Door]:
    """A receiver with the usual limits, whichever way it answers."""
    async with receiver(below_asgi=request.param) as opened:
        yield opened


async def test_accepted(door: Door) -> None:
    """A signed delivery is answered 200 once its events are written."""
    body = body_of(COMMENT)
    answer = await door.post(body)
    assert answer.status == 200
    (record,) = door.writer.records
    assert record.topic == "parley.comments.v1"
    assert dict(record.headers)["ce_id"] == b"instagram:17841400000000001:comment:1799"
    assert json.loads(record.value or b"")["item"] == COMMENT["entry"][0]["changes"][0]  # type: ignore[index]


@pytest.mark.parametrize(("secret", "app"), [(OLD_SECRET, "shop"), (OTHER_SECRET, "page")])
async def test_every_secret_counts(door: Door, secret: str, app: str) -> None:
    """A previous secret and another app's are accepted, and which app it was is kept."""
    body = body_of(COMMENT)
    assert (await door.post(body, sign(body, secret))).status == 200
    assert json.loads(door.writer.records[0].value or b"")["app"] == app


@pytest.mark.parametrize(
    "signature",
    ["", "sha256=", "sha256=zz", "sha1=" + "0" * 40, "sha256=" + "0" * 64, "é" * 70, "x" * 5000],
)
async def test_badly_signed(door: Door, signature: str) -> None:
    """Without a right signature the answer is 401 and nothing is written."""
    answer = await door.post(body_of(COMMENT), signature or "")
    assert answer.status == 401
    assert not door.writer.records


async def test_unsigned(door: Door) -> None:
    """No signature header at all: 401."""
    raw = request(body_of(COMMENT), "none").replace(b"X-Hub-Signature-256: none\r\n", b"")
    assert (await door.send(raw)).status == 401


@pytest.mark.parametrize(
    "body", [b"", b"hi", b'"text"', b"17", b"null", b"{", b"[1,", b'{"a":NaN}', b'{"a":"\xff"}']
)
async def test_not_json(door: Door, body: bytes) -> None:
    """What is signed but no JSON object or array is answered 400."""
    assert (await door.post(body)).status == 400


@pytest.mark.parametrize("body", [{}, [], {"object": "moon"}, {"object": "instagram", "entry": 7}])
async def test_strange_is_accepted(door: Door, body: object) -> None:
    """A 200 is not withheld for what we do not understand (design §4.2)."""
    assert (await door.post(body_of(body))).status == 200


async def test_too_large_announced(door: Door) -> None:
    """A body over the cap is answered 413, and its sender lives to read it."""
    answer = await door.post(b"x" * (topics.MAX_BODY_BYTES + 1))
    assert answer.status == 413
    assert answer.headers["connection"] == "close"


async def test_too_large_expecting(door: Door) -> None:
    """Who asks first is refused before sending anything."""
    raw = request(b"", "none", **{"content-length": "99999999999", "expect": "100-continue"})
    head = raw.replace(b"content-length: 0\r\n", b"")
    assert (await door.send(head)).status == 413


async def test_too_large_chunked() -> None:
    """A chunked body is counted as it comes."""
    async with receiver(max_body_bytes=1000) as door:
        chunk = b"200\r\n" + b"x" * 512 + b"\r\n"
        head = b"POST /webhooks/meta HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
        assert (await door.send(head + chunk * 3 + b"0\r\n\r\n")).status == 413


async def test_largest(door: Door) -> None:
    """A body of exactly the cap is accepted."""
    body = body_of({"object": "instagram", "entry": [], "pad": ""})
    body = body.replace(b'""', b'"' + b"x" * (topics.MAX_BODY_BYTES - len(body)) + b'"')
    assert len(body) == topics.MAX_BODY_BYTES
    assert (await door.post(body)).status == 200


async def test_chunked(door: Door) -> None:
    """A chunked body is verified as a whole."""
    body = body_of(COMMENT)
    head = f"POST /webhooks/meta HTTP/1.1\r\nhost: x\r\nX-Hub-Signature-256: {sign(body)}\r\n"
    chunks = b"".join(b"1\r\n" + bytes([byte]) + b"\r\n" for byte in body)
    raw = head.encode() + b"transfer-encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"
    assert (await door.send(raw)).status == 200


async def test_slow_body(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """A body that does not come is answered 408."""
    monkeypatch.setattr(connection, "BODY_SECONDS", 0.05)
    raw = request(body_of(COMMENT))
    answer = await door.send(raw[:-10])
    assert answer.status == 408
    assert answer.headers["connection"] == "close"


async def test_cut_off(door: Door) -> None:
    """A sender that goes away in mid-body leaves nothing behind, and the next one is served."""
    reader, stream = await asyncio.open_connection("127.0.0.1", door.port)
    stream.write(request(body_of(COMMENT))[:-10])
    stream.close()
    assert not await reader.read()
    assert (await door.post(body_of(COMMENT))).status == 200


@pytest.mark.parametrize("reason", ["not_acknowledged", "overloaded", "not_connected"])
async def test_not_durable(door: Door, reason: str) -> None:
    """When Kafka did not acknowledge, the answer is 503 and says when to come again."""
    door.writer.trouble = Transient(reason)
    answer = await door.post(body_of(COMMENT))
    assert answer.status == 503
    assert int(answer.headers["retry-after"]) > 0
    assert answer.body == reason.encode()


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_other_methods(door: Door, method: str) -> None:
    """Other methods are answered 405 with what is allowed."""
    answer = await door.get("/webhooks/meta", method)
    assert answer.status == 405
    assert {"get", "post"} <= set(answer.headers["allow"].split(", "))


async def test_handshake(door: Door) -> None:
    """The challenge comes back as the exact string, in plain text."""
    query = (
        "hub.mode=subscribe&hub.challenge=0012345678901234567890&hub.verify_token=verify-me-%C3%A9"
    )
    answer = await door.get(f"/webhooks/meta?{query}")
    assert answer.status == 200
    assert answer.body == b"0012345678901234567890"
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    "query",
    [
        "hub.mode=subscribe&hub.challenge=1&hub.verify_token=wrong",
        "hub.mode=unsubscribe&hub.challenge=1&hub.verify_token=another",
        "hub.mode=subscribe&hub.challenge=1&hub.verify_token=",
    ],
)
async def test_wrong_handshake(door: Door, query: str) -> None:
    """A wrong verify token or mode is answered 403, and the challenge is not echoed."""
    answer = await door.get(f"/webhooks/meta?{query}")
    assert answer.status == 403
    assert b"1" not in answer.body


async def test_handshakes_are_told(door: Door) -> None:
    """Who subscribes an app sees in the logs and metrics why it fails, but not with which token."""

    def counted() -> float:
        labels = {"outcome": "wrong_verify_token"}
        return REGISTRY.get_sample_value("parley_webhook_handshakes_total", labels) or 0

    before = counted()
    with capture_logs() as logs:
        await door.get("/webhooks/meta?hub.mode=subscribe&hub.challenge=1&hub.verify_token=hunter2")
    assert counted() == before + 1
    assert [entry["reason"] for entry in logs] == ["wrong_verify_token"]
    assert "hunter2" not in str(logs)


async def test_trailing_slash(door: Door) -> None:
    """The callback URL works with a slash at its end: a redirect would lose POSTs (B28)."""
    raw = request(body_of(COMMENT)).replace(b"/webhooks/meta ", b"/webhooks/meta/ ")
    assert (await door.send(raw)).status == 200


async def test_elsewhere(door: Door) -> None:
    """Other paths are answered 404."""
    assert (await door.get("/")).status == 404


async def test_pipelined(door: Door) -> None:
    """Requests sent at once over one connection are answered in order."""
    reader, stream = await asyncio.open_connection("127.0.0.1", door.port)
    stream.write(request(body_of(COMMENT)) + request(b"no") + request(body_of(COMMENT)))
    statuses = [(await read_answer(reader)).status for _ in range(3)]
    stream.close()
    assert statuses == [200, 400, 200]


async def test_refusals_do_not_fill_the_logs(door: Door) -> None:
    """However many a stranger causes, they are a line now and then for each reason."""
    with capture_logs() as logs:
        for _ in range(20):
            await door.post(body_of(COMMENT), "sha256=" + "0" * 64)
    assert [(entry["event"], entry["status"]) for entry in logs] == [("refused", 401)]


async def test_leaving(door: Door) -> None:
    """Who keeps a connection is told with the next answer, whatever that is, that it ends."""
    stays = [await door.post(body_of(COMMENT)), await door.get("/webhooks/meta")]
    door.connections.take_leave()
    leaves = [await door.post(body_of(COMMENT)), await door.get("/webhooks/meta")]
    assert [answer.status for answer in stays + leaves] == [200, 403, 200, 403]
    assert all("connection" not in answer.headers for answer in stays)
    assert all(answer.headers["connection"] == "close" for answer in leaves)


async def test_nothing_leaks(door: Door) -> None:
    """After all kinds of refusals no byte is counted as held any more."""
    await door.post(b"x" * (topics.MAX_BODY_BYTES + 1))
    await door.post(b"hi")
    assert REGISTRY.get_sample_value("parley_webhook_in_flight_bytes") == 0
