"""One HTTP request to Graph and its answer: bounded in time and size, and never an exception."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import aiohttp
import httpx

REQUEST_SECONDS = 3.0

Silence = Literal["slow", "unavailable", "unreached", "too_large"]
"""`unreached` is the one that says that nothing was sent."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What Graph answered, read whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


async def exchange(
    http: httpx.AsyncClient,
    request: httpx.Request,
    max_bytes: int,
    seconds: float = REQUEST_SECONDS,
) -> Reply | Silence:
    """The reply to `request`, or why there is none. A larger one is not read to its end."""
    try:
        async with asyncio.timeout(seconds):
            response = await http.send(request, stream=True)
            try:
                body = await _read(response, max_bytes)
            finally:
                await response.aclose()
    except (TimeoutError, httpx.ReadTimeout, httpx.WriteTimeout, httpx.PoolTimeout):
        return "slow"
    # The transport lets some of aiohttp's own exceptions through, for answers that are no HTTP.
    except (httpx.HTTPError, aiohttp.ClientError, OSError) as exc:
        return "unreached" if _nothing_was_sent(exc) else "unavailable"
    return "too_large" if body is None else Reply(response.status_code, response.headers, body)


def _nothing_was_sent(exc: Exception) -> bool:
    # The transport makes a ConnectTimeout also of a connection that was lost after sending.
    return isinstance(exc, httpx.ConnectError) or isinstance(
        exc.__cause__, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError
    )


async def _read(response: httpx.Response, max_bytes: int) -> bytes | None:
    announced = response.headers.get("content-length", "")
    if announced.isdigit() and len(announced) < 20 and int(announced) > max_bytes:
        return None
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > max_bytes:
            return None
    return bytes(body)
