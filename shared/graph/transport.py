"""How requests leave: many connections at once, and each request once."""

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

_CONNECTIONS = 1000
"""Far above what all accounts ask at once, so that slow ones do not keep others waiting."""

_IDLE_SECONDS = 5.0


def open_transport() -> AiohttpTransport:
    """The network, for one client."""
    return AiohttpTransport(client=_session)


def _session() -> aiohttp.ClientSession:
    context = httpx.create_ssl_context(trust_env=False)
    connector = aiohttp.TCPConnector(
        limit=_CONNECTIONS, keepalive_timeout=_IDLE_SECONDS, ssl=context
    )
    return aiohttp.ClientSession(connector=connector, middlewares=(_once,))


async def _once(
    request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    # aiohttp would send a DELETE a second time by itself when the connection is lost.
    try:
        return await send(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as exc:
        if request.method == "GET":
            raise
        raise aiohttp.ClientConnectionError("lost") from exc
