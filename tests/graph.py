"""A Graph on a plain function in place of the network, for every test that needs one."""

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import parse_qs

import httpx
import pytest

from shared.contracts.credential import Credential, Login
from shared.errors import Transient
from shared.graph.client import Graph, graph
from shared.graph.queries import Failed, Found, Query
from shared.graph.settings import GraphSettings

TOKEN = "IGAAtoken0secret"

Answering = Callable[[httpx.Request], object]
"""Returns a response, or an awaitable of one."""


@dataclass
class Tokens:
    """Every account has a token, but those in `missing`; notes what it was asked."""

    login: Login = "instagram"
    missing: frozenset[str] = frozenset()
    asked: list[str] = field(default_factory=list)
    token: str = TOKEN
    away: bool = False

    async def credential(self, platform: str, account: str) -> Credential | None:
        """See TokenSource."""
        self.asked.append(f"{platform}:{account}")
        if self.away:
            raise Transient("postgres_connection")
        if account in self.missing:
            return None
        return Credential(app="shop", login=self.login, token=f"{self.token}{account}")


@dataclass
class Clock:
    """Seconds that pass when told to."""

    now: float = 1000.0

    def __call__(self) -> float:
        """The time."""
        return self.now


class OpenGraph(Protocol):
    """Opens a Graph that lives as long as the test."""

    async def __call__(
        self,
        answer: Answering,
        tokens: Tokens | None = None,
        secrets: Mapping[str, Sequence[str]] | None = None,
        clock: Callable[[], float] | None = None,
    ) -> Graph:
        """A Graph that asks `answer`."""


@pytest.fixture
async def open_graph() -> AsyncIterator[OpenGraph]:
    """Opens Graphs on transport functions."""
    async with AsyncExitStack() as stack:

        async def opened(
            answer: Answering,
            tokens: Tokens | None = None,
            secrets: Mapping[str, Sequence[str]] | None = None,
            clock: Callable[[], float] | None = None,
        ) -> Graph:
            transport = httpx.MockTransport(answer)  # type: ignore[arg-type]
            opening = graph(
                GraphSettings(), secrets or {}, tokens or Tokens(), transport, clock or Clock()
            )
            return await stack.enter_async_context(opening)

        yield opened


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still."""
    return Clock()


def media(media_id: str) -> Query:
    """The query for one media."""
    return Query("media", "instagram", media_id, (("fields", "id"),))


def read_batch(request: httpx.Request) -> list[str]:
    """The relative URLs in a batch request."""
    form = parse_qs(request.content.decode())
    return [operation["relative_url"] for operation in json.loads(form["batch"][0])]


def operation(
    body: object, code: int = 200, headers: Mapping[str, str] | None = None
) -> dict[str, object]:
    """One operation's result in a batch."""
    named = [{"name": name, "value": value} for name, value in (headers or {}).items()]
    return {"code": code, "headers": named, "body": json.dumps(body)}


def failure(code: int, subcode: int | None = None) -> dict[str, object]:
    """The body of an error as Graph writes it."""
    said: dict[str, object] = {"message": "no", "code": code}
    if subcode:
        said["error_subcode"] = subcode
    return {"error": said}


def error(code: int, subcode: int | None = None, status: int = 400) -> httpx.Response:
    """An error as Graph answers it."""
    return httpx.Response(status, json=failure(code, subcode))


def outcomes(answers: Sequence[Found | Failed]) -> list[str]:
    """The answers in a word each."""
    return ["found" if isinstance(answer, Found) else answer.reason for answer in answers]
