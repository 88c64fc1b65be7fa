"""Requests over a real socket: what is too large, broken or cut off is an answer like any other."""

import httpx
import pytest

from shared.graph.exchange import Reply, exchange
from shared.graph.transport import open_transport
from tests.sockets import says, serving


async def ask(url: str, max_bytes: int = 1000) -> Reply | str:
    """One request."""
    async with httpx.AsyncClient(transport=open_transport(), trust_env=False) as http:
        return await exchange(http, http.build_request("GET", url), max_bytes)


async def test_reply() -> None:
    """A reply comes with its status, headers and body."""
    async with serving(
        says(b"HTTP/1.1 404 x\r\nX-App-Usage: {}\r\nContent-Length: 2\r\n\r\n{}")
    ) as url:
        reply = await ask(url)
    assert isinstance(reply, Reply)
    assert (reply.status, reply.headers.get("x-app-usage"), reply.body) == (404, "{}", b"{}")


async def test_announced_too_large() -> None:
    """A body that is announced as too large is not read."""
    async with serving(says(b"HTTP/1.1 200 x\r\nContent-Length: 1000000\r\n\r\n")) as url:
        assert await ask(url) == "too_large"


async def test_endless() -> None:
    """A body that does not end is read up to the limit only."""
    chunk = b"1000\r\n" + b"x" * 4096 + b"\r\n"
    head = b"HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n"
    async with serving(says(head, *[chunk] * 5000)) as url:
        assert await ask(url) == "too_large"


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 x\r\nContent-Length: 50\r\n\r\nshort",
        b"HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 x\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnogz",
        b"HTTP/1.1 200 x\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
    ],
)
async def test_no_http(said: bytes) -> None:
    """Whatever is no answer is none, and no exception."""
    async with serving(says(said)) as url:
        assert await ask(url) == "unavailable"


async def test_nobody_there() -> None:
    """A refused connection is no answer, and nothing was sent."""
    async with serving(says()) as url:
        pass
    assert await ask(url) == "unreached"
