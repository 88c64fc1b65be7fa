"""One POST to the receiver, signed or forged, and the handshake that comes before all."""

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

import aiohttp

from services.simulator.traffic.events import Delivery, sign

BUDGET_SECONDS = 5.0
"""Meta waits no longer for an answer (platform §3)."""

_SLOW_SECONDS = 1.0
_PIECES = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """The receiver's callback, and the secret of each app by the app's name."""

    url: str
    secrets: Mapping[str, bytes] = field(repr=False)


async def post(session: aiohttp.ClientSession, target: Target, delivery: Delivery) -> str:
    """Send `delivery` once; the answer's status, or `timeout`, or `unreachable`."""
    body = delivery.render()
    secret = target.secrets[delivery.app]
    signatures = _forged(secret, body) if delivery.forged else _signed(secret, body)
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), **signatures}
    budget = aiohttp.ClientTimeout(total=BUDGET_SECONDS + _SLOW_SECONDS * delivery.slow)
    try:
        async with session.post(
            target.url,
            data=_in_pieces(body) if delivery.slow else body,
            headers=headers,
            timeout=budget,
            allow_redirects=False,
        ) as answer:
            await answer.read()
            return str(answer.status)
    except TimeoutError:
        return "timeout"
    except (aiohttp.ClientError, OSError):
        return "unreachable"


async def shake_hands(url: str, verify_token: str) -> str:
    """Do Meta's handshake (platform §1): empty when it went well, else what went wrong."""
    challenge = str(secrets.randbelow(10**10))
    query = {
        "hub.mode": "subscribe",
        "hub.challenge": challenge,
        "hub.verify_token": verify_token,
    }
    budget = aiohttp.ClientTimeout(total=BUDGET_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=budget) as session,
            session.get(url, params=query, allow_redirects=False) as answer,
        ):
            said = await answer.text()
    except TimeoutError:
        return "no answer within 5 seconds"
    except (aiohttp.ClientError, OSError) as exc:
        return f"unreachable ({type(exc).__name__})"
    if answer.status != 200:
        return f"answered {answer.status} instead of 200"
    return "" if said == challenge else "answered 200 without the challenge as the whole body"


def _signed(secret: bytes, body: bytes) -> dict[str, str]:
    older = hmac.digest(secret, body, hashlib.sha1).hex()
    return {"X-Hub-Signature-256": sign(secret, body), "X-Hub-Signature": f"sha1={older}"}


def _forged(secret: bytes, body: bytes) -> dict[str, str]:
    """One of several wrong signatures, the same one for the same body."""
    name = "X-Hub-Signature-256"
    right = sign(secret, body)
    wrong: tuple[dict[str, str], ...] = (
        {},
        {name: sign(b"somebody else's secret", body)},
        {name: sign(secret, body + b" ")},
        {name: right[:-1]},
        {name: right.removeprefix("sha256=")},
        {"X-Hub-Signature": f"sha1={hmac.digest(secret, body, hashlib.sha1).hex()}"},
    )
    return wrong[len(body) % len(wrong)]


async def _in_pieces(body: bytes) -> AsyncIterator[bytes]:
    size = len(body) // _PIECES + 1
    for start in range(0, len(body), size):
        yield body[start : start + size]
        await asyncio.sleep(_SLOW_SECONDS / _PIECES)
