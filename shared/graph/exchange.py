"""One HTTP request to Graph and its answer: bounded in time and size, and never an exception."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import aiohttp
import httpx

REQUEST_SECONDS = 3.0

Silence = Literal["slow", "unavailable", "too_large"]


@dataclass(frozen=True, slots=True)
class Reply:
    """What Graph answered, read whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


async def exchange(
    http: httpx.AsyncClient, request: httpx.Request, max_bytes: int
) -> Reply | Silence:
    """The reply to `request`, or why there is none. A larger one is not read to its end."""
    try:
        async with asyncio.timeout(REQUEST_SECONDS):
            response = await http.send(request, stream=True)
            try:
                body = await _read(response, max_bytes)
            finally:
                await response.aclose()
    except (TimeoutError, httpx.ReadTimeout, httpx.WriteTimeout, httpx.PoolTimeout):
        return "slow"
    # The transport lets some of aiohttp's own exceptions through, for answers that are no HTTP.
    except (httpx.HTTPError, aiohttp.ClientError, OSError):
        return "unavailable"
    return "too_large" if body is None else Reply(response.status_code, response.headers, body)


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
