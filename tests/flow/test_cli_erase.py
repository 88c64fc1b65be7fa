"""`parley erase`: what it shows, asks, tells others, and waits for."""

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from pydantic import SecretStr

from services.persister.__main__ import consumer as persisting
from shared import topics
from shared.contracts.erasure import Erasure
from shared.contracts.raw import RawEvent
from shared.postgres.pool import Pool
from shared.stream import kafka
from shared.stream.browse import browse
from shared.stream.embedded import EmbeddedBroker
from tests.cli import comment, ended, parley, put, spawn
from tests.erasing import ANA, US, life, rows, town
from tests.heard import outgoing

PERSON = ("--person", f"instagram/{US}/{ANA.id}")


def settings(broker: EmbeddedBroker, database: SecretStr) -> dict[str, str]:
    """Where the command finds Kafka and Postgres."""
    return {"kafka": broker.servers, "postgres": database.get_secret_value()}


async def requests(broker: EmbeddedBroker) -> list[Erasure]:
    """What those who keep copies are told."""
    found = [record async for record in browse(broker.servers, topics.ERASURES.name)]
    return [msgspec.json.decode(record.value or b"", type=Erasure) for record in found]


async def test_dry_run(embedded_broker: EmbeddedBroker, pool: Pool, database: SecretStr) -> None:
    """It shows how many rows would go, and by which day Kafka has none of it; nothing goes."""
    await town(pool)
    before = await rows(pool, str(ANA.id))
    given = settings(embedded_broker, database)
    ran = await parley("erase", *PERSON, "--dry-run", "-o", "json", **given)
    assert ran.code == 0, ran.err
    tables = {each["table"]: each["rows"] for each in ran.json["tables"]}
    assert tables["events"] == 6
    days = {each["topic"]: each["gone_by"] for each in ran.json["topics"]}
    assert days.keys() == {topic.name for topic in topics.ALL if topic is not topics.ERASURES}
    month = (datetime.now(UTC) + timedelta(days=37)).date().isoformat()
    assert days["parley.dead.enricher.v1"] == month
    assert await rows(pool, str(ANA.id)) == before
    assert await requests(embedded_broker) == []


async def test_person(embedded_broker: EmbeddedBroker, pool: Pool, database: SecretStr) -> None:
    """What is about a person goes, and those who keep copies are told; in other accounts nothing
    changes."""
    await town(pool)
    words = (*PERSON, "--reason", "ticket 7", "--yes")
    ran = await parley("erase", *words, **settings(embedded_broker, database))
    assert ran.code == 0, ran.err
    assert await rows(pool, US, str(ANA.id)) == {}
    assert await rows(pool, str(ANA.id))
    (request,) = await requests(embedded_broker)
    assert (request.platform, request.account) == ("instagram", US)
    assert (request.person, request.reason) == (ANA.id, "ticket 7")
    assert request.id in ran.err


async def test_account(embedded_broker: EmbeddedBroker, pool: Pool, database: SecretStr) -> None:
    """A whole account goes, with its token; a request without a person says so."""
    await town(pool)
    words = ("--account", f"instagram/{US}", "--yes", "-o", "json")
    ran = await parley("erase", *words, **settings(embedded_broker, database))
    assert ran.code == 0, ran.err
    assert ran.json["erased"]["accounts"] == 1
    assert await rows(pool, US) == {}
    (request,) = await requests(embedded_broker)
    assert (request.account, request.person) == (US, None)


async def test_not_asked(embedded_broker: EmbeddedBroker, pool: Pool, database: SecretStr) -> None:
    """Where nobody can be asked, nothing is done without --yes."""
    await town(pool)
    ran = await parley("erase", *PERSON, **settings(embedded_broker, database))
    assert ran.code == 2
    assert await rows(pool, US, str(ANA.id))
    assert await requests(embedded_broker) == []


async def test_not_read_yet(embedded_broker: EmbeddedBroker, database: SecretStr) -> None:
    """What a service has yet to read could bring them back: it says so, and fails in part."""
    await put(embedded_broker.servers, comment(1))
    ran = await parley(
        "erase", *PERSON, "--yes", "--wait", "0", **settings(embedded_broker, database)
    )
    assert ran.code == 3
    assert ran.err.splitlines()[-1].startswith("The enricher has not read all")


async def test_read_meanwhile(
    embedded_broker: EmbeddedBroker, pool: Pool, database: SecretStr
) -> None:
    """What was on its way when the erasing began is waited for, and goes too."""
    servers, stopping = embedded_broker.servers, asyncio.Event()
    (broken,) = (event for event in life(US, ANA) if isinstance(event, RawEvent))
    await put(servers, outgoing(broken))
    process = await spawn("erase", *PERSON, "--yes", **settings(embedded_broker, database))
    names = [topic.name for topic in topics.read_by("persister")]
    async with (
        kafka.reader(servers, "persister", names) as reader,
        kafka.writer(servers) as writer,
        asyncio.TaskGroup() as tasks,
    ):
        while not await requests(embedded_broker):
            await asyncio.sleep(0.05)
        tasks.create_task(persisting(pool, reader, writer).run(stopping))
        ran = await ended(process)
        stopping.set()
    assert ran.code == 0, ran.err
    assert await rows(pool, str(ANA.id)) == {}
    assert await pool.fetchval("SELECT count(*) FROM erased") == 1


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--account", f"instagram/{US}", *PERSON),
        ("--person", f"instagram/{US}"),
        ("--person", f"instagram/{US}/ana"),
        ("--account", US),
    ],
)
async def test_wrong(
    embedded_broker: EmbeddedBroker, database: SecretStr, words: tuple[str, ...]
) -> None:
    """What names nobody, or two, is wrong usage."""
    ran = await parley("erase", *words, "--yes", **settings(embedded_broker, database))
    assert ran.code == 2
    assert len(ran.err.splitlines()) == 1
