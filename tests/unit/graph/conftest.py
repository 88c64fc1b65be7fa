"""A Graph on a plain function in place of the network."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from shared.contracts.credential import Credential, Login
from shared.graph.client import Graph, graph
from shared.graph.queries import Query
from shared.graph.settings import GraphSettings

TOKEN = "IGAAtoken0secret"


@dataclass
class Tokens:
    """Every account has a token, but those in `missing`; counts how often it was asked."""

    login: Login = "instagram"
    missing: frozenset[str] = frozenset()
    asked: list[str] = field(default_factory=list)
    token: str = TOKEN

    async def credential(self, platform: str, account: str) -> Credential | None:
        """See TokenSource."""
        self.asked.append(f"{platform}:{account}")
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


Open = Callable[..., Awaitable[Graph]]


@pytest.fixture
async def open_graph() -> AsyncIterator[Open]:
    """Opens a Graph on a transport function; it lives as long as the test."""
    async with AsyncExitStack() as stack:

        async def opened(
            answer: Callable[[httpx.Request], Any],
            tokens: Tokens | None = None,
            secrets: dict[str, Sequence[str]] | None = None,
            clock: Callable[[], float] | None = None,
        ) -> Graph:
            return await stack.enter_async_context(
                graph(
                    GraphSettings(),
                    secrets or {},
                    tokens or Tokens(),
                    httpx.MockTransport(answer),
                    clock or Clock(),
                )
            )

        yield opened


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still."""
    return Clock()


@pytest.fixture
def make_tokens() -> type[Tokens]:
    """The token source of these tests."""
    return Tokens


@pytest.fixture
def ask_media() -> Callable[[str], Query]:
    """The query for one media."""

    def make(media_id: str) -> Query:
        return Query("media", "instagram", media_id, (("fields", "id"),))

    return make


@pytest.fixture
def read_batch() -> Callable[[httpx.Request], list[str]]:
    """The relative URLs in a batch request."""

    def read(request: httpx.Request) -> list[str]:
        form = parse_qs(request.content.decode())
        return [operation["relative_url"] for operation in json.loads(form["batch"][0])]

    return read
