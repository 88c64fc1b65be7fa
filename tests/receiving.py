"""A receiver on a socket, and Meta's side of it, for tests."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from services.receiver.connections import Connections
from services.receiver.intake import Intake
from services.receiver.serving import serve_deliveries
from shared import topics
from shared.contracts.records import Outgoing
from shared.errors import Transient
from shared.meta.signature import Keyring
from shared.service.http import listen

SECRET = "the-newest-secret"
OLD_SECRET = "the-previous-secret"
OTHER_SECRET = "another-app's-secret"
TOKEN = "verify-me-é"
COMMENT = {
    "object": "instagram",
    "entry": [
        {
            "id": "17841400000000001",
            "time": 1763600000,
            "changes": [
                {
                    "field": "comments",
                    "value": {"id": "1799", "text": "hi", "media": {"id": "1801"}},
                }
            ],
        }
    ],
}


@dataclass
class Kept:
    """A writer that keeps what it is given, or answers with what it is told to."""

    records: list[Outgoing] = field(default_factory=list)
    trouble: Transient | None = None

    def write(self, records: Sequence[Outgoing]) -> asyncio.Future[None]:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self.trouble:
            done.set_exception(self.trouble)
        else:
            self.records += records
            done.set_result(None)
        return done


@dataclass
class Answered:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Door:
    port: int
    writer: Kept
    connections: Connections

    async def send(self, raw: bytes, *, then_close: bool = False) -> Answered:
        """Send bytes as they are and read one answer."""
        reader, stream = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            stream.write(raw)
            if then_close:
                stream.write_eof()
            return await read_answer(reader)
        finally:
            stream.close()

    async def post(self, body: bytes, signature: str | None = None, **more: str) -> Answered:
        return await self.send(request(body, signature, **more))

    async def get(self, path: str, method: str = "GET") -> Answered:
        return await self.send(f"{method} {path} HTTP/1.1\r\nhost: x\r\n\r\n".encode())


async def read_answer(reader: asyncio.StreamReader) -> Answered:
    """One HTTP answer with a content-length."""
    head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 15)).decode("latin-1")
    status, *lines = head.strip().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Answered(int(status.split()[1]), headers, body)


def sign(body: bytes, secret: str = SECRET) -> str:
    """The header Meta would send."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def request(body: bytes, signature: str | None = None, **more: str) -> bytes:
    """A whole POST; rightly signed unless a signature is given, unsigned when that is empty."""
    signed = sign(body) if signature is None else signature
    headers = {"host": "x", "content-length": str(len(body)), **more}
    if signed:
        headers["X-Hub-Signature-256"] = signed
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST /webhooks/meta HTTP/1.1\r\n{lines}\r\n".encode("latin-1") + body


@asynccontextmanager
async def receiver(
    max_body_bytes: int = topics.MAX_BODY_BYTES, *, below_asgi: bool = True
) -> AsyncIterator[Door]:
    """A receiver on a free port."""
    writer = Kept()
    keyring = Keyring.of({"shop": [SECRET, OLD_SECRET], "page": [OTHER_SECRET]})
    intake = Intake(keyring, writer)
    listener = listen("127.0.0.1", 0)
    tokens = (b"another", TOKEN.encode())
    async with serve_deliveries(
        listener, intake, tokens, max_body_bytes=max_body_bytes, below_asgi=below_asgi
    ) as connections:
        yield Door(listener.getsockname()[1], writer, connections)


def body_of(value: object) -> bytes:
    """JSON as bytes."""
    return json.dumps(value).encode()
