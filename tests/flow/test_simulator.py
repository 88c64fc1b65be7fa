"""The simulator as a service: it greets, sends to a real receiver, and serves the Graph client."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from services.enricher import questions
from services.receiver.intake import Intake
from services.receiver.serving import serve_deliveries
from services.simulator.__main__ import main
from services.simulator.accounts import Account, accounts
from services.simulator.config import SimulatorConfig
from services.simulator.world import World
from shared import topics
from shared.contracts.credential import Credential
from shared.graph.client import graph
from shared.graph.queries import Found
from shared.graph.settings import GraphSettings
from shared.meta.signature import Keyring
from shared.service.http import listen
from shared.stream.memory import MemoryBroker

SECRETS = {"instagram": ["one secret"], "facebook": ["another secret"]}
TOKEN = "open sesame"
APPS = {name: {"secrets": found, "verify_token": TOKEN} for name, found in SECRETS.items()}


@dataclass(frozen=True)
class Running:
    """A simulator and the topics that its receiver writes to."""

    broker: MemoryBroker
    control: httpx.AsyncClient
    graph_url: str
    stopping: asyncio.Event

    def arrived(self) -> set[str]:
        """The ids of all events on the topics."""
        records = [record for topic in topics.RAW for record in self.broker.records(topic.name)]
        return {(record.header("ce_id") or b"").decode() for record in records}

    async def ready(self) -> None:
        """Return once it says it is."""
        async with asyncio.timeout(30):
            while (await self.control.get("/readyz")).status_code != 200:
                pass

    async def ledger(self) -> Any:
        """What it says of its events, with all ids."""
        return (await self.control.get("/ledger", params={"ids": "1"})).json()

    async def settle(self) -> dict[str, int]:
        """Return what became of all events once they are sent and answered."""
        async with asyncio.timeout(60):
            while (await self.ledger())["sending"]:
                pass
        counts: dict[str, int] = (await self.control.post("/stop-sending")).json()["events"]
        return counts


def free_port() -> int:
    """A port that nobody listens on."""
    with listen("127.0.0.1", 0) as taken:
        port: int = taken.getsockname()[1]
        return port


@asynccontextmanager
async def receiver(broker: MemoryBroker, verify_token: str = TOKEN) -> AsyncIterator[str]:
    """A receiver over topics in memory; gives its callback."""
    async with broker.writer(deadline_seconds=0.05) as writer:
        intake = Intake(Keyring.of(SECRETS), writer)
        listener = listen("127.0.0.1", 0)
        port = listener.getsockname()[1]
        tokens = (verify_token.encode(),)
        async with serve_deliveries(listener, intake, tokens):
            yield f"http://127.0.0.1:{port}/webhooks/meta"


@asynccontextmanager
async def simulator(broker: MemoryBroker, url: str, **more: object) -> AsyncIterator[Running]:
    """The whole service, stopped at the end as by SIGTERM."""
    ports = {"simulator_port": free_port(), "admin_port": free_port()}
    settings = {"apps": json.dumps(APPS), "simulator_receiver_url": url, **ports, **more}
    config = SimulatorConfig.model_validate({"simulator_retry_scale": 0.001, **settings})
    stopping = asyncio.Event()
    transport = httpx.AsyncHTTPTransport(retries=10)
    base = f"http://127.0.0.1:{ports['admin_port']}"
    async with (
        httpx.AsyncClient(transport=transport, base_url=base, timeout=60) as control,
        asyncio.TaskGroup() as tasks,
    ):
        tasks.create_task(main(config, stopping))
        graph_url = f"http://127.0.0.1:{ports['simulator_port']}"
        yield Running(broker, control, graph_url, stopping)
        stopping.set()


@pytest.mark.parametrize("profile", ["smoke", "busy", "chaos"])
async def test_conserves(profile: str) -> None:
    """What was acknowledged is exactly what is on the topics; nothing forged is."""
    broker = MemoryBroker()
    sending = {
        "simulator_profile": profile,
        "simulator_total": 1_500,
        "simulator_rate": 5_000.0,
        "simulator_accounts": 6,
    }
    async with receiver(broker) as url, simulator(broker, url, **sending) as running:
        await running.ready()
        counts = await running.settle()
        assert counts["sent"] == counts["acknowledged"] > 1_000
        ids = (await running.ledger())["ids"]
        assert set(ids["acknowledged"]) == running.arrived()
        assert not set(ids["refused"]) & running.arrived()
        assert counts["forged_and_accepted"] == 0


async def test_outage() -> None:
    """Kafka goes and comes back: what was sent meanwhile is retried until it is there."""
    broker = MemoryBroker()
    broker.go_down()
    sending = {"simulator_total": 60, "simulator_rate": 5_000.0}
    async with receiver(broker) as url, simulator(broker, url, **sending) as running:
        await running.ready()
        async with asyncio.timeout(30):
            while "503" not in (await running.control.get("/report")).json()["answers"]:
                pass
        assert running.arrived() == set()
        broker.come_up()
        counts = await running.settle()
        assert counts["waiting"] == 0
        assert set((await running.ledger())["ids"]["acknowledged"]) == running.arrived()


async def test_refused_handshake() -> None:
    """A receiver that knows another verify token gets nothing, and readiness says why."""
    broker = MemoryBroker()
    async with receiver(broker, "another") as url, simulator(broker, url) as running:
        answer = await running.control.get("/readyz")
        assert (answer.status_code, answer.text) == (503, "[-] greeted\nnot ready\n")
        assert (await running.ledger())["events"]["sent"] == 0


async def test_stops_while_sending() -> None:
    """Stopped in the middle, it waits for the answers under way: what it counted has arrived."""
    broker = MemoryBroker()
    async with receiver(broker) as url:
        with capture_logs() as logs:
            async with simulator(broker, url, simulator_rate=2_000.0) as running:
                await running.ready()
                async with asyncio.timeout(30):
                    while not running.arrived():
                        await running.control.get("/livez")
        summary = next(line for line in logs if line["event"] == "sent")
        assert summary["acknowledged"] == len(running.arrived())


async def test_trigger() -> None:
    """One event can be sent by hand, twice, forged, or in the wrong order."""
    broker = MemoryBroker()
    sending = {"simulator_total": 0}
    async with receiver(broker) as url, simulator(broker, url, **sending) as running:
        await running.ready()
        answer = await running.control.post("/trigger", json={"kind": "comment", "text": "hi 👋"})
        assert answer.json()["deliveries"][0]["status"] == "200"
        assert set(answer.json()["deliveries"][0]["events"]) == running.arrived()
        asked = {"kind": "message", "duplicate": True, "count": 2}
        found = (await running.control.post("/trigger", json=asked)).json()["deliveries"]
        assert [found[0], found[2]] == [found[1], found[3]]
        asked = {"kind": "message", "bad_signature": True}
        found = (await running.control.post("/trigger", json=asked)).json()["deliveries"]
        assert found[0]["status"] == "401"
        asked = {"kind": "edit", "out_of_order": True, "account": accounts(1)[1].id}
        found = (await running.control.post("/trigger", json=asked)).json()["deliveries"]
        assert ":message-edit:" in found[0]["events"][0]
        assert ":message:" in found[1]["events"][0]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/trigger", {"kind": "earthquake"}),
        ("/trigger", {"kind": "feed-comment", "account": accounts(1)[0].id}),
        ("/trigger", {}),
        ("/faults", {"probability": 2}),
        ("/faults", {"colour": "red"}),
    ],
)
async def test_bad_request(path: str, body: dict[str, object]) -> None:
    """What the control panel does not understand is refused with a reason."""
    broker = MemoryBroker()
    async with receiver(broker) as url, simulator(broker, url, simulator_total=0) as running:
        await running.ready()
        answer = await running.control.post(path, json=body)
        assert answer.status_code == 400
        assert answer.json()["error"]


async def test_control() -> None:
    """Faults come and go, calls are counted, sending is paused and resumed."""
    broker = MemoryBroker()
    account = accounts(1)[0]
    async with receiver(broker) as url, simulator(broker, url, simulator_rate=1.0) as running:
        await running.ready()
        control = running.control
        assert (await control.post("/pause")).json() == {"sending": False}
        placed = (await control.post("/faults", json={"code": 4, "status": 403})).json()
        me = f"{running.graph_url}/instagram/v26.0/me?access_token={account.token}"
        assert (await control.get(me)).json()["error"]["code"] == 4
        assert (await control.delete(f"/faults/{placed[0]['id']}")).json() == []
        assert (await control.delete("/faults/99")).status_code == 404
        assert (await control.get(me)).status_code == 200
        assert (await control.get("/calls")).json() == {account.id: {"account": 2}}
        assert (await control.get("/writes")).json() == []
        assert (await control.delete("/faults")).json() == []
        assert (await control.post("/resume")).json() == {"sending": True}


@dataclass(frozen=True)
class Tokens:
    """The tokens of the simulator's accounts."""

    known: Mapping[str, Account]

    async def credential(self, platform: str, account: str) -> Credential | None:
        """See TokenSource."""
        found = self.known[account]
        assert found.platform == platform
        return Credential(app=found.app, login=found.login, token=found.token)


async def test_echoes() -> None:
    """A message that was sent by the API is told by a webhook, which the ledger knows of."""
    broker = MemoryBroker()
    account = accounts(1)[2]
    async with receiver(broker) as url, simulator(broker, url, simulator_total=0) as running:
        await running.ready()
        person = (await _item(running, "message", account))["sender"]["id"]
        content = {"recipient": {"id": person}, "message": {"text": "hi"}}
        path = f"{running.graph_url}/facebook/v26.0/me/messages?access_token={account.token}"
        mid = (await running.control.post(path, json=content)).json()["message_id"]
        echo = f"page:{account.id}:message:{mid}"
        async with asyncio.timeout(30):
            while echo not in (await running.ledger())["ids"]["acknowledged"]:
                pass
        assert echo in running.arrived()
        assert (await running.control.get("/writes")).json()[0]["created"] == mid


async def test_graph_client() -> None:
    """The product's own Graph client gets an answer to each of the enricher's full questions."""
    broker = MemoryBroker()
    everyone = accounts(1)
    async with receiver(broker) as url, simulator(broker, url, simulator_total=0) as running:
        await running.ready()
        items = {
            kind: await _item(running, kind, account)
            for kind, account in [
                ("comment", everyone[0]),
                ("message", everyone[0]),
                ("mention", everyone[1]),
                ("caption-mention", everyone[1]),
                ("feed-comment", everyone[2]),
            ]
        }
        settings = GraphSettings(
            graph_instagram_url=f"{running.graph_url}/instagram",
            graph_facebook_url=f"{running.graph_url}/facebook",
        )
        wanted = {
            everyone[0]: [
                questions.media(World(1, everyone).media(everyone[0], 0).id),
                questions.comment(items["comment"]["id"]),
                questions.profile(items["message"]["sender"]["id"]),
            ],
            everyone[1]: [
                questions.mentioned_comment(everyone[1].id, items["mention"]["comment_id"]),
                questions.mentioned_media(everyone[1].id, items["caption-mention"]["media_id"]),
            ],
            everyone[2]: [
                questions.post(items["feed-comment"]["post_id"]),
                questions.page_comment(items["feed-comment"]["comment_id"]),
            ],
        }
        tokens = Tokens({account.id: account for account in everyone})
        async with graph(settings, SECRETS, tokens) as client:
            for account, asked in wanted.items():
                queries = [each.full for each in asked if each]
                assert len(queries) == len(asked)
                together = await client.ask(account.platform, account.id, queries)
                assert all(isinstance(each, Found) for each in together), together
                singly = await client.ask(account.platform, account.id, queries[:1])
                assert singly == together[:1]


async def _item(running: Running, kind: str, account: Account) -> Any:
    asked = {"kind": kind, "account": account.id}
    sent = (await running.control.post("/trigger", json=asked)).json()["deliveries"][0]
    id_ = sent["events"][-1].encode()
    records = [record for topic in topics.RAW for record in running.broker.records(topic.name)]
    value = next(record.value for record in records if record.header("ce_id") == id_)
    item = json.loads(value or b"")["item"]
    return item.get("value", item)
