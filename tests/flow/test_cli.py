"""The `parley` command as people and programs run it: a process, its output, its exit code."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec import Raw, structs
from pydantic import SecretStr

from services.cli.work import connected_writer
from services.receiver.app import create_app
from services.receiver.intake import Intake
from shared import topics
from shared.contracts.dead import DeadLetter, bury
from shared.contracts.raw import RawEvent
from shared.contracts.records import Outgoing, Record
from shared.contracts.wire import raw_record
from shared.meta.signature import Keyring
from shared.service.http import listen, serve
from shared.stream.browse import browse
from shared.stream.embedded import EmbeddedBroker
from shared.stream.memory import MemoryBroker
from tests.kafka import RealBroker


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 (whatever the command printed)
        return json.loads(self.out)


def environment(**settings: str) -> dict[str, str]:
    """The environment without any PARLEY_* variable but `settings`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PARLEY_")}
    return kept | {f"PARLEY_{name.upper()}": value for name, value in settings.items()}


async def parley(*words: str, stdin: str = "", **settings: str) -> Ran:
    """Run `parley` to its end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.cli",
        *words,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment(**settings),
    )
    out, err = await asyncio.wait_for(process.communicate(stdin.encode()), 60)
    return Ran(process.returncode or 0, out.decode(), err.decode())


async def test_migrates(empty_database: SecretStr) -> None:
    """A new database is brought to the newest revision, and the status says so before and after."""
    url = empty_database.get_secret_value()
    before = await parley("db", "status", "-o", "json", postgres=url)
    assert (before.code, before.json["current"]) == (1, None)
    assert (await parley("db", "migrate", "--postgres", url)).code == 0
    after = await parley("db", "status", "-o", "json", postgres=url)
    assert (after.code, after.json["pending"]) == (0, [])
    assert after.json["current"] == after.json["newest"]
    again = await parley("db", "migrate", postgres=url)
    assert (again.code, again.out, again.err) == (0, "", "The schema is up to date.\n")


async def test_waits_for_database() -> None:
    """A database that does not come up is said in one line after the wait."""
    away = "postgresql://nobody:secret@127.0.0.1:1/parley"
    ran = await parley("db", "migrate", "--wait", "1", postgres=away)
    assert ran.code == 1
    assert ran.err.startswith("Postgres can't be reached")
    assert len(ran.err.splitlines()) == 1
    assert "secret" not in ran.err


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
        intake = Intake(Keyring.of({"shop": [SECRET]}), writer, topics.MAX_BODY_BYTES)
        listener = listen("127.0.0.1", 0)
        async with serve(create_app(intake, (b"t",)), listener, http="httptools"):
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
    assert b"hi " in receiver.broker.records("parley.comments.v1")[0].value


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
    ran = await parley(*words, apps=APPS)
    assert ran.code == 0, ran.err
    assert ran.json["latency_seconds"]["p99"] > 0
    assert ran.json["events"]["acknowledged"] == len(set(receiver.ids())) > 0


async def test_simulate_refused(receiver: Receiver) -> None:
    """What is not acknowledged in the end makes the run fail."""
    other = json.dumps({"shop": {"secrets": ["x"], "verify_token": "t"}})
    words = ("simulate", "--total", "3", "--give-up", "0.1", "--url", receiver.url)
    ran = await parley(*words, apps=other)
    assert ran.code == 1
    assert "given up" in ran.out


ABOUT = DeadLetter(
    topic="parley.comments.v1",
    partition=0,
    offset=0,
    group="enricher",
    reason="undecodable",
    failed_at=datetime(2026, 11, 20, tzinfo=UTC),
)


def comment(number: int, account: str = "17") -> Outgoing:
    """A comment as the receiver writes it, of somebody who plays with terminals."""
    event = RawEvent(
        id=f"instagram:{account}:comment:{number}",
        kind="comment",
        platform="instagram",
        account=account,
        thread=str(number),
        app="shop",
        container="changes",
        field="comments",
        occurred_at=datetime(2026, 11, 20, tzinfo=UTC),
        time_source="event",
        received_at=datetime(2026, 11, 20, tzinfo=UTC),
        item=Raw(b'{"text":"clear \xc2\x9b2J"}'),
    )
    return raw_record(event, b"00-" + b"1" * 32 + b"-" + b"2" * 16 + b"-01")


async def put(servers: str, *records: Outgoing) -> None:
    """Write records one after the other."""
    async with connected_writer(servers) as writer:
        for record in records:
            await writer.write([record])


async def bury_all(servers: str, *records: Outgoing, reason: str = "undecodable") -> None:
    """Put records into the enricher's dead letters."""
    dead = []
    for at, each in enumerate(records):
        was = Record(each.topic, 0, at, 0, each.key, each.value, each.headers)
        letter = structs.replace(ABOUT, offset=at, reason=reason)
        dead.append(bury(was, letter, "parley.dead.enricher.v1"))
    await put(servers, *dead)


async def listed(servers: str, *selectors: str) -> list[dict[str, Any]]:
    """The enricher's open letters."""
    ran = await parley("dlq", "list", "enricher", "-o", "json", *selectors, kafka=servers)
    assert ran.code == 0, ran.err
    found: list[dict[str, Any]] = ran.json
    return found


async def everything(servers: str, topic: str) -> list[Record]:
    """All of a topic."""
    return [record async for record in browse(servers, topic)]


async def test_tail_last(embedded_broker: EmbeddedBroker) -> None:
    """The latest records are shown, a line each, and nobody's words reach the terminal raw."""
    servers = embedded_broker.servers
    await put(servers, comment(1), comment(2), comment(3))
    ran = await parley("tail", "comments", "--last", "2", kafka=servers)
    assert ran.code == 0, ran.err
    assert len(ran.out.splitlines()) == 2
    assert '{"text":"clear \\x9b2J"}' in ran.out
    assert "\x9b" not in ran.out


async def test_tail_json(embedded_broker: EmbeddedBroker) -> None:
    """For programs each line is a record, whole; filters choose."""
    servers = embedded_broker.servers
    await put(servers, comment(1), comment(2, "18"))
    words = ("tail", "parley.comments.v1", "--last", "9", "--account", "18", "-o", "json")
    (line,) = (await parley(*words, "--kafka", servers)).out.splitlines()
    record = json.loads(line)
    assert record["value"]["id"] == record["headers"]["ce_id"] == "instagram:18:comment:2"
    assert record["key"] == "18:2"


async def test_tail_follows(embedded_broker: EmbeddedBroker) -> None:
    """It goes on with what comes later, and Ctrl-C ends it well."""
    servers = embedded_broker.servers
    await put(servers, comment(1))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.cli", "tail", "comments", "--from-beginning", "-v"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment(kafka=servers),
    )
    assert process.stdout
    assert process.stderr
    async with asyncio.timeout(30):
        await process.stdout.readuntil(b"ce_id: instagram:17:comment:1\n")
        await put(servers, comment(2))
        await process.stdout.readuntil(b"ce_id: instagram:17:comment:2\n")
        process.send_signal(signal.SIGINT)
        assert await process.wait() == 0
        assert await process.stderr.read() == b""


async def test_tail_closed_pipe(embedded_broker: EmbeddedBroker) -> None:
    """A reader that has seen enough, like `head`, ends it without a word."""
    servers = embedded_broker.servers
    await put(servers, *(comment(number) for number in range(50)))
    command = f"{sys.executable} -m services.cli tail comments --from-beginning | head -n 1"
    process = await asyncio.create_subprocess_shell(
        command,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment(kafka=servers),
    )
    out, err = await asyncio.wait_for(process.communicate(), 30)
    assert (len(out.splitlines()), err) == (1, b"")


async def test_kafka_away() -> None:
    """Without Kafka a command says so in one line."""
    ran = await parley("tail", "comments", "--last", "1", kafka="127.0.0.1:1")
    assert ran.code == 1
    assert ran.err.startswith("Kafka can't be reached")
    assert len(ran.err.splitlines()) == 1


async def test_no_kafka_setting() -> None:
    """A missing setting is wrong usage, and named."""
    ran = await parley("tail", "comments")
    assert ran.code == 2
    assert ran.err.startswith("PARLEY_KAFKA: not set")


async def test_unknown_topic() -> None:
    """A topic we do not have is wrong usage, and those we have are named."""
    ran = await parley("tail", "coments", kafka="127.0.0.1:1")
    assert ran.code == 2
    assert "comments.enriched" in ran.err


async def test_dry_run(embedded_broker: EmbeddedBroker) -> None:
    """Without --yes nothing is written anywhere."""
    servers = embedded_broker.servers
    await bury_all(servers, comment(1))
    ran = await parley("dlq", "retry", "enricher", kafka=servers)
    assert ran.code == 0
    assert "instagram:17:comment:1" in ran.out
    assert "Nothing was done" in ran.err
    assert await everything(servers, "parley.comments.v1") == []
    assert len(await listed(servers)) == 1


async def test_retry(embedded_broker: EmbeddedBroker) -> None:
    """A retried record is back on its topic as it was, its letter is closed, others stay open."""
    servers = embedded_broker.servers
    original = comment(1)
    await bury_all(servers, original)
    await bury_all(servers, comment(2), reason="forged")
    words = ("dlq", "retry", "enricher", "--reason", "undecodable", "--yes")
    ran = await parley(*words, kafka=servers)
    assert (ran.code, ran.err) == (0, "1 of 1 retried.\n")
    (back,) = await everything(servers, "parley.comments.v1")
    assert (back.key, back.value) == (original.key, original.value)
    assert [*back.headers] == [*original.headers, ("parley-dlq-attempt", b"1")]
    assert [letter["reason"] for letter in await listed(servers)] == ["forged"]


async def test_drop(embedded_broker: EmbeddedBroker) -> None:
    """A letter that is named is closed, and comes back nowhere."""
    servers = embedded_broker.servers
    await bury_all(servers, comment(1), comment(2))
    first, second = await listed(servers)
    ran = await parley("dlq", "drop", "enricher", first["letter"], "--yes", kafka=servers)
    assert ran.code == 0, ran.err
    assert await listed(servers) == [second]
    assert await everything(servers, "parley.comments.v1") == []


async def test_retry_foreign(embedded_broker: EmbeddedBroker) -> None:
    """A letter that names a topic its group does not read is left alone, and that is said."""
    servers = embedded_broker.servers
    stray = comment(1)
    was = Record(stray.topic, 0, 0, 0, stray.key, stray.value, stray.headers)
    letter = structs.replace(ABOUT, topic="parley.comments.enriched.v1")
    await put(servers, bury(was, letter, "parley.dead.enricher.v1"))
    ran = await parley("dlq", "retry", "enricher", "--yes", kafka=servers)
    assert ran.code == 3
    assert "names no topic that the enricher reads" in ran.err
    assert len(await listed(servers)) == 1


async def test_show_letter(embedded_broker: EmbeddedBroker) -> None:
    """One letter is shown whole; what it says cannot steer the terminal."""
    servers = embedded_broker.servers
    await bury_all(servers, comment(1))
    (letter,) = await listed(servers)
    ran = await parley("dlq", "show", "enricher", letter["letter"], kafka=servers)
    assert ran.code == 0, ran.err
    assert "undecodable" in ran.out
    assert '"text": "clear \\x9b2J"' in ran.out
    assert "\x9b" not in ran.out


@pytest.mark.parametrize(("place", "code"), [("9:9", 1), ("x", 2)])
async def test_show_nothing(embedded_broker: EmbeddedBroker, place: str, code: int) -> None:
    """A letter that is not there is a failure; what can be no letter is wrong usage."""
    ran = await parley("dlq", "show", "enricher", place, kafka=embedded_broker.servers)
    assert ran.code == code
    assert place in ran.err


async def test_topics_list() -> None:
    """The catalogue is shown without any Kafka."""
    ran = await parley("topics", "list", "-o", "json")
    assert {row["topic"] for row in ran.json} == {topic.name for topic in topics.ALL}


@pytest.mark.kafka
async def test_topics_apply(real_broker: RealBroker) -> None:
    """Applying shows its plan, asks where nobody can answer, acts with --yes, and settles."""
    unasked = await parley("topics", "apply", kafka=real_broker.servers)
    assert unasked.code == 2
    assert "add --yes" in unasked.err
    assert (await parley("topics", "apply", "--yes", kafka=real_broker.servers)).code == 0
    again = await parley("topics", "apply", kafka=real_broker.servers)
    assert (again.code, again.err) == (0, "Nothing to do.\n")
    shown = await parley("topics", "list", "--kafka", real_broker.servers, "-o", "json")
    assert {row["state"] for row in shown.json} == {"as it should be"}
