"""A small world with its Graph side, and a receiver that fails as often as it is told."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import msgspec
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from services.simulator.accounts import Account, accounts
from services.simulator.graph.answers import Graph, Manners
from services.simulator.graph.app import create_app
from services.simulator.posting import Target
from services.simulator.traffic.events import Event, sign
from services.simulator.traffic.scene import Scene
from services.simulator.world import World
from shared.service.http import listen, serve

STARTED_AT = 1_795_000_000.0
SECRET = b"a secret"
SECRETS = {"instagram": [SECRET], "facebook": [SECRET]}


@dataclass(frozen=True)
class Meta:
    """A world, its Graph side, a client for it, and what webhooks tell of writes."""

    world: World
    graph: Graph
    client: httpx.AsyncClient
    scene: Scene
    told: list[Event]

    @property
    def instagram(self) -> Account:
        """An account with Instagram Login."""
        return self.world.accounts[0]

    @property
    def facebook(self) -> Account:
        """An Instagram account with Facebook Login."""
        return self.world.accounts[1]

    @property
    def page(self) -> Account:
        """A Page."""
        return self.world.accounts[2]

    async def ask(
        self, account: Account, path: str, method: str = "GET", **params: str
    ) -> httpx.Response:
        """One call in the name of `account`."""
        headers = {"Authorization": f"Bearer {account.token}"}
        url = f"/{account.login}/v26.0/{path}"
        if method == "POST":
            return await self.client.post(url, data=params, headers=headers)
        return await self.client.request(method, url, params=params, headers=headers)


Build = Callable[[Manners], Meta]


@pytest.fixture
async def build() -> AsyncIterator[Build]:
    """Makes a Graph side with certain manners."""
    clients = []

    def made(manners: Manners) -> Meta:
        world = World(1, accounts(1))
        told: list[Event] = []
        graph = Graph(world, SECRETS, manners, lambda event, _: told.append(event))
        transport = httpx.ASGITransport(create_app(graph))
        client = httpx.AsyncClient(transport=transport, base_url="http://graph")
        clients.append(client)
        return Meta(world, graph, client, Scene(world, 1, STARTED_AT), told)

    yield made
    for client in clients:
        await client.aclose()


@pytest.fixture
def meta(build: Build) -> Meta:
    """A Graph side as it is by default."""
    return build(Manners())


@dataclass
class Receiver:
    """Answers what `statuses` hold, then 200; `taken` are the bodies it answered 200."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    verify_token: str = "open sesame"
    taken: list[bytes] = field(default_factory=list)
    refused: list[bytes] = field(default_factory=list)
    grown: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def target(self) -> Target:
        """How to send to it."""
        return Target(url=self.url, secrets={"instagram": SECRET, "facebook": SECRET})

    async def has_taken(self, count: int) -> None:
        """Return once it has answered that many with 200."""
        async with self.grown:
            await self.grown.wait_for(lambda: len(self.taken) >= count)

    def entries(self) -> list[Any]:
        """The entries of all bodies it took."""
        return [entry for body in self.taken for entry in msgspec.json.decode(body)["entry"]]

    async def deliver(self, request: Request) -> Response:
        """Answer one POST."""
        body = await request.body()
        if request.headers.get("x-hub-signature-256") != sign(SECRET, body):
            self.refused.append(body)
            return Response(status_code=401)
        status = self.statuses.pop(0) if self.statuses else 200
        if status == 200:
            async with self.grown:
                self.taken.append(body)
                self.grown.notify_all()
        return Response(status_code=status)

    async def subscribe(self, request: Request) -> Response:
        """Answer the handshake."""
        if request.query_params["hub.verify_token"] != self.verify_token:
            return Response(status_code=403)
        return PlainTextResponse(request.query_params["hub.challenge"])


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver on a socket."""
    made = Receiver()
    routes = [
        Route("/", made.deliver, methods=["POST"]),
        Route("/", made.subscribe, methods=["GET"]),
    ]
    listener = listen("127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    async with serve(Starlette(routes=routes), listener):
        yield made
