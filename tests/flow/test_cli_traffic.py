"""`parley trigger` and `simulate` against a real receiver on a socket."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from services.receiver.intake import Intake
from services.receiver.serving import serve_deliveries
from shared import topics
from shared.meta.signature import Keyring
from shared.service.http import listen
from shared.stream.memory import MemoryBroker
from tests.cli import ended, parley, spawn

SECRET = "a-secret"
APPS = json.dumps({"shop": {"secrets": [SECRET], "verify_token": "t"}})


@dataclass(frozen=True)
class Receiver:
    """A running receiver and what it wrote."""

    url: str
    broker: MemoryBroker

    def ids(self) -> list[str]:
        """The ids of all events it accepted."""
        found = [record for topic in topics.RAW for record in self.broker.records(topic.name)]
        return sorted((record.header("ce_id") or b"").decode() for record in found)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver on a socket, above topics in memory."""
    broker = MemoryBroker()
    async with broker.writer() as writer:
        intake = Intake(Keyring.of({"shop": [SECRET]}), writer)
        listener = listen("127.0.0.1", 0)
        async with serve_deliveries(listener, intake, (b"t",)):
            url = f"http://127.0.0.1:{listener.getsockname()[1]}/webhooks/meta"
            yield Receiver(url, broker)


async def test_trigger(receiver: Receiver) -> None:
    """One webhook is signed and accepted, and the ids it shows are those that arrived."""
    ran = await parley(
        *("trigger", "comment", "--text", "hi \x1b[31m", "--count", "2", "-o", "json"),
        *("--url", receiver.url),
        apps=APPS,
    )
    assert ran.code == 0, ran.err
    assert [each["status"] for each in ran.json] == ["200", "200"]
    assert sorted(id_ for each in ran.json for id_ in each["events"]) == receiver.ids()
    assert b"hi " in (receiver.broker.records("parley.comments.v1")[0].value or b"")


async def test_trigger_account(receiver: Receiver) -> None:
    """A webhook can be made for an account of one's own, twice the same."""
    words = ("trigger", "message", "--account", "17841499", "--duplicate", "--url", receiver.url)
    ran = await parley(*words, "-o", "json", apps=APPS)
    first, second = ran.json
    assert first == second
    assert first["account"] == "17841499"
    assert receiver.ids() == first["events"] * 2


async def test_trigger_forged(receiver: Receiver) -> None:
    """A bad signature is expected to be refused, and nothing arrives."""
    words = ("trigger", "comment", "--bad-signature", "--url", receiver.url)
    ran = await parley(*words, apps=APPS)
    assert (ran.code, receiver.ids()) == (0, [])
    assert "401" in ran.out


async def test_trigger_other_secret(receiver: Receiver) -> None:
    """Being refused is a failure that says which setting differs."""
    other = json.dumps({"shop": {"secrets": ["x"], "verify_token": "t"}})
    ran = await parley("trigger", "comment", "--url", receiver.url, apps=other)
    assert ran.code == 1
    assert ran.err.startswith("The receiver does not know the secret")


async def test_trigger_nobody() -> None:
    """Where nothing listens the command says so in one line."""
    ran = await parley("trigger", "comment", "--url", "http://127.0.0.1:1/", apps=APPS)
    assert ran.code == 1
    assert ran.err == "Nothing answers at http://127.0.0.1:1/: does the receiver run there?\n"


async def test_trigger_list() -> None:
    """The kinds are listed one a line, without asking for one."""
    ran = await parley("trigger", "--list")
    assert ran.code == 0
    assert {"comment", "message", "mention"} <= set(ran.out.split())


async def test_simulate(receiver: Receiver) -> None:
    """All events of a run arrive, and the summary counts them by their ids."""
    words = ("simulate", "--total", "80", "--rate", "400", "--url", receiver.url, "-o", "json")
    ran = await ended(await spawn(*words, apps=APPS))
    assert ran.code == 0, ran.err
    assert ran.json["latency_seconds"]["p99"] > 0
    assert ran.json["events"]["acknowledged"] == len(set(receiver.ids())) > 0


async def test_simulate_refused(receiver: Receiver) -> None:
    """What is not acknowledged in the end makes the run fail."""
    other = json.dumps({"shop": {"secrets": ["x"], "verify_token": "t"}})
    words = ("simulate", "--total", "3", "--give-up", "0.1", "--url", receiver.url)
    ran = await ended(await spawn(*words, apps=other))
    assert ran.code == 1
    assert "given up" in ran.out
