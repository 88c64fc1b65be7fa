"""The enricher between topics in memory, with Graph as a plain function."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec

from services.enricher.directory import Directory
from services.enricher.enrich import GROUP, Enricher, lane, take
from services.enricher.library import Library
from shared import topics
from shared.contracts import wire
from shared.contracts.credential import Credential, Login
from shared.contracts.enriched import (
    EnrichedComment,
    EnrichedEvent,
    EnrichedMention,
    EnrichedMessage,
    Enrichment,
)
from shared.contracts.raw import RawEvent
from shared.contracts.records import Record
from shared.errors import Transient
from shared.graph.client import graph
from shared.graph.settings import GraphSettings
from shared.postgres.accounts import Account
from shared.stream.consumer import Consumer
from shared.stream.dead_letters import DeadLetters
from shared.stream.memory import MemoryBroker
from tests.enricher import ACCOUNT
from tests.graph import Clock, failure, operation, read_batch
from tests.streams import until

COMPLETE = Enrichment(status="complete")
TRACE = b"00-" + b"a" * 32 + b"-" + b"b" * 16 + b"-01"


def partial(*reasons: str) -> Enrichment:
    """What an event is marked with that goes on without all it was worth."""
    return Enrichment(status="partial", reasons=reasons)


@dataclass
class Api:
    """Graph: objects by path, errors by path, and everything that was asked."""

    objects: dict[str, object] = field(default_factory=dict)
    requests: int = 0
    asked: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)
    wait: asyncio.Event | None = None
    slow_account: str = ""
    refused_field: str = ""

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer a read or a batch of them."""
        self.requests += 1
        self.hosts.add(request.url.host)
        if request.method == "GET":
            await self._delay(request.headers["authorization"])
            code, body = self._answer(str(request.url.raw_path.decode()).removeprefix("/v26.0/"))
            return httpx.Response(code, json=body)
        await self._delay(parse_qs(request.content.decode())["access_token"][0])
        found = [self._answer(url) for url in read_batch(request)]
        return httpx.Response(200, json=[operation(body, code) for code, body in found])

    async def _delay(self, token: str) -> None:
        if self.slow_account and token.endswith(self.slow_account):
            await asyncio.Event().wait()

    def _answer(self, url: str) -> tuple[int, object]:
        path = urlsplit(url).path
        self.asked.append(path)
        if self.refused_field and self.refused_field in url:
            return 400, failure(100)
        found = self.objects.get(path)
        if found is None:
            return 400, failure(100, 33)
        return (400 if "error" in msgspec.json.encode(found).decode() else 200), found


@dataclass
class Accounts:
    """Connected accounts, and whether the place where they are kept is there."""

    known: dict[str, Account] = field(default_factory=dict)
    away: bool = False
    without_token: bool = False

    async def find(self, platform: str, account: str) -> Account | None:
        """See Directory."""
        del platform
        if self.away:
            raise Transient("postgres_connection")
        return self.known.get(account)

    async def credential(self, platform: str, account: str) -> Credential | None:
        """See TokenSource."""
        del platform
        found = None if self.without_token else self.known.get(account)
        return Credential(found.app, found.login, f"token{account}") if found else None


def connected(
    account_id: str = ACCOUNT, login: Login = "instagram", platform: str = "instagram", **more: str
) -> Account:
    """An account that somebody has connected."""
    fields = {"app": "shop", "username": "our.shop", "name": "Our Shop", "scoped_id": "9001"}
    return Account(platform=platform, id=account_id, login=login, **{**fields, **more})  # type: ignore[arg-type]


_Enriched = TypeVar("_Enriched", EnrichedComment, EnrichedMention, EnrichedMessage)

_DECODERS: dict[str, msgspec.json.Decoder[EnrichedEvent]] = {
    topics.COMMENTS_ENRICHED.name: msgspec.json.Decoder(EnrichedComment),
    topics.MENTIONS_ENRICHED.name: msgspec.json.Decoder(EnrichedMention),
    topics.MESSAGES_ENRICHED.name: msgspec.json.Decoder(EnrichedMessage),
}


@dataclass
class Line:
    """The enricher at work between topics."""

    broker: MemoryBroker
    clock: Clock
    seen: set[tuple[object, ...]] = field(default_factory=set)

    def fresh(self) -> list[Record]:
        """All that came out and was not looked at yet."""
        records = [record for topic in _DECODERS for record in self.broker.records(topic)]
        return [record for record in records if record[:3] not in self.seen]

    async def next(self, count: int) -> list[EnrichedEvent]:
        """The next events to come out, in order within each thread."""
        await until(lambda: len(self.fresh()) >= count)
        records = self.fresh()
        self.seen |= {record[:3] for record in records}
        return [
            wire.decode(record, _DECODERS[record.topic])  # type: ignore[type-var]
            for record in records
        ]

    async def work(self, *events: RawEvent) -> list[EnrichedEvent]:
        """What the enricher makes of `events`."""
        await self.broker.append([wire.raw_record(event, TRACE) for event in events])
        return await self.next(len(events))

    async def one(self, kind: type[_Enriched], event: RawEvent) -> _Enriched:
        """What the enricher makes of one event."""
        (found,) = await self.work(event)
        assert isinstance(found, kind)
        return found


@asynccontextmanager
async def enriching(api: Api, accounts: Accounts) -> AsyncIterator[Line]:
    """The enricher, running."""
    broker, clock, stopping = MemoryBroker(), Clock(), asyncio.Event()
    async with AsyncExitStack() as stack:
        writer = await stack.enter_async_context(broker.writer())
        names = [topic.name for topic in topics.read_by(GROUP)]
        reader = await stack.enter_async_context(broker.reader(GROUP, names))
        transport = httpx.MockTransport(api)
        asking = graph(GraphSettings(), {}, accounts, transport)
        library = Library(await stack.enter_async_context(asking))
        enricher = Enricher(Directory(accounts, clock), library, writer)
        dead = DeadLetters(writer=writer, group=GROUP, topic=topics.DEAD_ENRICHER.name)
        consumer = Consumer(
            reader, dead, take, enricher.handle, lane, blameless=frozenset({"forged"})
        )
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        tasks.create_task(consumer.run(stopping))
        yield Line(broker, clock)
        stopping.set()


COMMENT = {
    "id": "C1",
    "text": "hi",
    "from": {"id": "880001", "username": "ana"},
    "media": {"id": "M1", "media_product_type": "FEED"},
}
SHOWN = {
    "id": "M1",
    "caption": "Spring",
    "media_type": "IMAGE",
    "media_url": "https://cdn.test/1",
    "permalink": "https://instagram.test/p/1",
    "timestamp": "2025-11-19T10:00:00+0000",
    "username": "our.shop",
    "owner": {"id": ACCOUNT},
    "like_count": 3,
    "comments_count": 4,
}


def one_account(**more: str) -> Accounts:
    """The usual account, connected."""
    return Accounts({ACCOUNT: connected(**more)})  # type: ignore[arg-type]
