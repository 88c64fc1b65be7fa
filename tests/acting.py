"""A client that writes to the simulator's Graph side, without a network, for whoever tests acts."""

import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from time import time
from typing import Any

import httpx
from msgspec import structs

from services.simulator.accounts import Account
from services.simulator.graph.app import create_app
from services.simulator.graph.faults import Fault
from services.simulator.things import Comment, Message, Person
from services.simulator.traffic.deliveries import happening
from shared.contracts.actions import Action, ActionKind
from shared.contracts.credential import Credential
from shared.graph.client import Graph, graph
from shared.graph.settings import GraphSettings
from tests.graph import Clock
from tests.unit.simulator.conftest import Meta

SETTINGS = GraphSettings(
    graph_instagram_url="http://graph/instagram", graph_facebook_url="http://graph/facebook"
)
_numbers = count(1)


@dataclass(frozen=True)
class SimulatedTokens:
    """The tokens that the simulator made up."""

    accounts: Iterable[Account]

    async def credential(self, platform: str, account: str) -> Credential | None:
        """See TokenSource."""
        for each in self.accounts:
            if (each.platform, each.id) == (platform, account):
                return Credential(app=each.app, login=each.login, token=each.token)
        return None


@dataclass
class Losing(httpx.AsyncBaseTransport):
    """Another transport, whose next `losses` answers to writes are too late, and which refuses
    reads whose URL holds `refused`."""

    inner: httpx.AsyncBaseTransport
    losses: int = 0
    refused: str | None = None
    calls: list[httpx.Request] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer, or let the answer be lost."""
        self.calls.append(request)
        if self.refused and self.refused in str(request.url):
            return httpx.Response(403)
        response = await self.inner.handle_async_request(request)
        if request.method != "GET" and self.losses:
            self.losses -= 1
            raise httpx.ReadTimeout("slow", request=request)
        return response

    @property
    def writes(self) -> list[httpx.Request]:
        """The calls that were no reads."""
        return [call for call in self.calls if call.method != "GET"]


@dataclass(frozen=True)
class Stage:
    """The Graph side and the client that writes to it."""

    meta: Meta
    graph: Graph
    network: Losing
    clock: Clock

    def comment(self, account: Account, kind: str | None = None, text: str = "") -> Comment:
        """Somebody comments just now."""
        self.meta.scene.now = time()
        kind = kind or ("feed-comment" if account.platform == "page" else "comment")
        value = json.loads(happening(self.meta.scene, account, kind, text)[-1].item)["value"]
        found = self.meta.world.comment(value.get("comment_id") or value["id"])
        assert found is not None
        return found

    def person(self, account: Account, at: float | None = None) -> Person:
        """Somebody writes, by default just now."""
        found = self.meta.world.person(account, next(_numbers) % 400)
        self.meta.world.heard(account, found, at or time())
        self.say(account, found, found.id, "hello?", at or time())
        return found

    def say(self, account: Account, person: Person, sender_id: str, text: str, at: float) -> str:
        """One more message in a conversation; gives its id."""
        thread = self.meta.world.thread(person.id)
        assert thread is not None
        recipient_id = person.id if sender_id == account.id else account.id
        mid = f"m_{next(_numbers)}"
        said = Message(mid=mid, sender_id=sender_id, recipient_id=recipient_id, text=text, at=at)
        self.meta.world.add_message(thread, said)
        return mid

    def fail(self, fault: Fault) -> None:
        """Let the Graph side have a fault."""
        self.meta.graph.faults.add(fault, time())

    def ledger(self) -> list[tuple[str, str]]:
        """What happened at Meta, and to what."""
        return [(each["edge"], each["target"]) for each in self.meta.graph.writes.listed()]


@asynccontextmanager
async def stage(meta: Meta) -> AsyncIterator[Stage]:
    """A client for `meta`."""
    network, clock = Losing(httpx.ASGITransport(create_app(meta.graph))), Clock()
    tokens = SimulatedTokens(meta.world.accounts)
    async with graph(SETTINGS, {}, tokens, network, clock) as client:
        yield Stage(meta, client, network, clock)


def action(
    account: Account,
    kind: ActionKind,
    comment: Comment | None = None,
    **more: Any,
) -> Action:
    """An action as a rule asks for it, for a comment if there is one."""
    number = next(_numbers)
    asked = Action(
        id=f"{number}",
        kind=kind,
        platform=account.platform,
        account=account.id,
        thread="thread",
        requested_by="rule",
        requested_at=datetime.now(UTC),
        text=f"thank you {number}" if kind in ("reply", "private_reply", "message") else None,
    )
    if comment is not None:
        asked = structs.replace(
            asked,
            comment_id=comment.id,
            media_id=comment.media_id,
            live=comment.live,
            written_at=datetime.fromtimestamp(comment.at, UTC),
        )
    return structs.replace(asked, **more)
