"""`POST /`: up to fifty calls in one, each counted as its own (platform §6.4)."""

from dataclasses import replace
from time import time
from typing import Any

from services.simulator.graph import errors
from services.simulator.graph.answers import Graph
from services.simulator.graph.calls import Call, Reply, decoded
from services.simulator.graph.errors import Failure
from services.simulator.traffic.events import meta_json

LARGEST = 50
_SECONDS = 10.0
"""Operations that are not finished by then come back as null."""


def answer(graph: Graph, call: Call) -> Reply:
    """The reply to a batch; its operations fail one by one, not together."""
    if call.login == "instagram" and not graph.manners.batch_on_instagram:
        return graph.refuse(call, errors.NO_BATCH)
    holder = graph.holder(call)
    if isinstance(holder, Failure):
        return graph.refuse(call, holder)
    operations = _operations(call)
    if not operations:
        return graph.refuse(call, errors.BATCH_UNREADABLE)
    if len(operations) > LARGEST:
        return graph.refuse(call, errors.BATCH_TOO_LARGE)
    replies = [_at_once(graph.answer(operation)) for operation in operations]
    with_headers = call.text("include_headers").lower() != "false"
    results = [_result(reply, with_headers=with_headers) for reply in replies]
    slowest = max(reply.delay_seconds for reply in replies)
    reply = Reply(200, results, graph.quotas.headers(holder, "batch", time()))
    return replace(reply, delay_seconds=min(slowest, _SECONDS))


def _operations(call: Call) -> list[Call]:
    batch: Any = call.params["batch"]
    if isinstance(batch, str):
        batch = decoded(batch.encode())
    if not isinstance(batch, list) or not all(isinstance(each, dict) for each in batch):
        return []
    return [
        call.operation(
            str(each.get("method", "GET")).upper(),
            str(each.get("relative_url", "")),
            str(each.get("body", "")),
        )
        for each in batch
    ]


def _at_once(reply: Reply) -> Reply:
    """What a fault would carry out late: a batch is answered as a whole."""
    late = reply.late() if reply.late else reply
    return reply if reply.told else late


def _result(reply: Reply, *, with_headers: bool) -> dict[str, Any] | None:
    if reply.dropped or reply.delay_seconds > _SECONDS:
        return None
    raw = isinstance(reply.body, bytes)
    body = reply.body if raw else meta_json(reply.body, escape_slashes=True)
    result: dict[str, Any] = {"code": reply.status, "body": body.decode()}
    if with_headers:
        named = {"Content-Type": reply.content_type, **reply.headers}
        result["headers"] = [{"name": name, "value": value} for name, value in named.items()]
    return result
