"""Graph's batch requests: up to 50 reads in one, each with an answer of its own (platform §6.4)."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote, urlencode

import msgspec

from shared.graph.exchange import Reply
from shared.graph.queries import Query
from shared.meta import lenient

LARGEST = 50


def encode(queries: Sequence[Query], fields: Sequence[tuple[str, str]]) -> bytes:
    """The form to post; `fields` are those that hold for every operation, the token among them."""
    operations = [{"method": "GET", "relative_url": query.relative_url} for query in queries]
    batch = msgspec.json.encode(operations).decode()
    return urlencode([*fields, ("batch", batch)], quote_via=quote).encode()


def decode(answer: object, count: int) -> list[Reply | None] | None:
    """Each operation's reply, None for those Graph did not get to; None if this is no batch."""
    if not isinstance(answer, list):
        return None
    replies = [_reply(operation) for operation in answer[:count]]
    return replies + [None] * (count - len(replies))


def _reply(operation: object) -> Reply | None:
    if not isinstance(operation, dict):
        return None
    status = lenient.number(operation, "code")
    body = operation.get("body")
    if status is None or body is None:
        return None
    written = body.encode(errors="replace") if isinstance(body, str) else msgspec.json.encode(body)
    return Reply(status, _headers(operation.get("headers")), written)


def _headers(found: object) -> Mapping[str, str]:
    if not isinstance(found, list):
        return {}
    return {
        name.lower(): value
        for header in found
        if isinstance(header, dict)
        and isinstance(name := header.get("name"), str)
        and isinstance(value := header.get("value"), str)
    }
