"""`parley audit`: every record on the raw topics is accounted for, also while traffic flows."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from msgspec import structs
from pydantic import SecretStr

from services.persister.__main__ import consumer as persisting
from services.persister.store import save
from shared import topics
from shared.contracts.dead import DeadLetter, bury
from shared.contracts.records import Outgoing, Position, Record
from shared.contracts.wire import raw_record
from shared.postgres.erasure.erase import Subject, erase
from shared.postgres.pool import Pool
from shared.stream import admin, kafka
from shared.stream.embedded import EmbeddedBroker
from tests.cli import Ran, ended, parley, put, spawn
from tests.heard import ACCOUNT, NOON, comment, kept, outgoing, raw
from tests.kafka import RealBroker
from tests.streams import take


@pytest.fixture
def settings(embedded_broker: EmbeddedBroker, database: SecretStr) -> dict[str, str]:
    """Where the command finds Kafka and Postgres."""
    return {"kafka": embedded_broker.servers, "postgres": database.get_secret_value()}


def received(name: str, **envelope: Any) -> Outgoing:
    """A comment as the receiver writes it."""
    return raw_record(comment(name, **envelope).event, b"")


async def read_all(servers: str, group: str, *names: str, count: int) -> None:
    """Let `group` commit that it has read so many records, whatever it made of them."""
    async with kafka.reader(servers, group, names) as reader:
        records = await take(reader, count)
        ends = {Position(each.topic, each.partition): each.offset + 1 for each in records}
        await reader.commit(ends)


def total(ran: Ran, fate: str) -> int:
    """How many records had this fate."""
    return sum(row[fate] for row in ran.json["rows"])


async def test_all_there(
    embedded_broker: EmbeddedBroker, pool: Pool, settings: dict[str, str]
) -> None:
    """What is in the log is accounted for, by kind and account; what came twice is two records."""
    change = raw("change", "x", thread=ACCOUNT)
    await save(pool, kept([comment("c1"), comment("c2"), change]))
    records = [received("c1"), received("c1"), received("c2"), outgoing(change)]
    await put(embedded_broker.servers, *records)
    ran = await parley("audit", "-o", "json", **settings)
    assert ran.code == 0, ran.err
    nothing = {"dead": 0, "waiting": 0, "erased": 0, "missing": 0}
    account = f"instagram/{ACCOUNT}"
    assert ran.json["rows"] == [
        {"kind": "change", "account": account, "on_kafka": 1, "persisted": 1, **nothing},
        {"kind": "comment", "account": account, "on_kafka": 3, "persisted": 3, **nothing},
    ]


async def test_waiting(embedded_broker: EmbeddedBroker, settings: dict[str, str]) -> None:
    """What the enricher, and what the persister has yet to read, waits."""
    servers = embedded_broker.servers
    await put(servers, received("c1"))
    await read_all(servers, "enricher", topics.COMMENTS.name, count=1)
    await put(servers, outgoing(comment("c1")), received("c2"), outgoing(raw("change", "x")))
    ran = await parley("audit", "-o", "json", **settings)
    assert ran.code == 0, ran.err
    assert (total(ran, "on_kafka"), total(ran, "waiting")) == (3, 3)


async def test_missing(embedded_broker: EmbeddedBroker, settings: dict[str, str]) -> None:
    """What a service has read and made nothing of is missing, and named."""
    servers = embedded_broker.servers
    await put(servers, received("c1"), received("c2"))
    await read_all(servers, "enricher", topics.COMMENTS.name, count=2)
    await put(servers, outgoing(comment("c2")), outgoing(raw("change", "x")))
    await read_all(servers, "persister", topics.COMMENTS_ENRICHED.name, topics.OTHER.name, count=2)
    ran = await parley("audit", **settings)
    assert ran.code == 1
    for name in ("comment:c1", "comment:c2", "change:x"):
        assert f"missing: instagram:{ACCOUNT}:{name}" in ran.err
    assert "3 events are not accounted for" in ran.err


async def test_dead(embedded_broker: EmbeddedBroker, settings: dict[str, str]) -> None:
    """What a service gave up with a reason is accounted for."""
    servers, gone = embedded_broker.servers, received("c1")
    await put(servers, gone)
    await read_all(servers, "enricher", topics.COMMENTS.name, count=1)
    letter = DeadLetter(
        topic=gone.topic, partition=0, offset=0, group="enricher", reason="x", failed_at=NOON
    )
    now = int(time.time() * 1000)
    was = Record(gone.topic, 0, 0, now, gone.key, gone.value, gone.headers)
    await put(servers, bury(was, letter, topics.DEAD_ENRICHER.name))
    ran = await parley("audit", "-o", "json", **settings)
    assert (ran.code, total(ran, "dead")) == (0, 1)


async def test_erased(
    embedded_broker: EmbeddedBroker, pool: Pool, settings: dict[str, str]
) -> None:
    """What was erased on request is still on Kafka, and no gap."""
    await save(pool, kept([comment("c1")]))
    await put(embedded_broker.servers, received("c1"))
    await read_all(embedded_broker.servers, "enricher", topics.COMMENTS.name, count=1)
    await erase(pool, Subject("instagram", ACCOUNT), lambda *_: None)
    ran = await parley("audit", "-o", "json", **settings)
    assert (ran.code, total(ran, "erased")) == (0, 1)


async def test_narrowed(embedded_broker: EmbeddedBroker, settings: dict[str, str]) -> None:
    """Only the account that was asked for counts, and only what was written since."""
    old = received("old")._replace(timestamp_ms=int(time.time() * 1000) - 7_200_000)
    records = [received("c1"), received("c2", account="99"), old]
    await put(embedded_broker.servers, *records)
    words = ("--since", "1h", "--account", f"instagram/{ACCOUNT}")
    ran = await parley("audit", *words, "-o", "json", **settings)
    assert total(ran, "on_kafka") == 1


@pytest.mark.parametrize(
    ("counted", "began", "code", "lost"),
    [(2, 60, 0, 0), (5, 60, 1, 3), (5, 7200, 0, None)],
    ids=["all there", "fewer there", "began too early"],
)
async def test_receivers(
    embedded_broker: EmbeddedBroker,
    settings: dict[str, str],
    *,
    counted: int,
    began: int,
    code: int,
    lost: int | None,
) -> None:
    """What receivers say they put on Kafka is there: replays do not make up for it."""
    replayed = structs.replace(comment("c3").event, origin="replay")
    records = [received("c1"), received("c2"), raw_record(replayed, b"")]
    await put(embedded_broker.servers, *records)
    async with metrics(counted, time.time() - began) as url:
        words = ("--since", "1h", "--metrics", url)
        ran = await parley("audit", *words, "-o", "json", **settings)
    assert (ran.code, ran.json["lost"]) == (code, lost), ran.err
    assert ran.json["received"]["refused"] == {"bad_signature": 2}


async def test_silent_receiver(settings: dict[str, str]) -> None:
    """A receiver that does not answer leaves nothing to compare with."""
    ran = await parley("audit", "--metrics", "http://127.0.0.1:1/metrics", **settings)
    assert ran.code == 1
    assert "--metrics" in ran.err


async def test_traffic(
    embedded_broker: EmbeddedBroker, pool: Pool, settings: dict[str, str]
) -> None:
    """While events flow nothing is ever called missing."""
    servers, stopping = embedded_broker.servers, asyncio.Event()
    names = [topic.name for topic in topics.read_by("persister")]
    async with (
        kafka.reader(servers, "persister", names) as reader,
        kafka.writer(servers) as writer,
        asyncio.TaskGroup() as tasks,
    ):
        tasks.create_task(persisting(pool, reader, writer).run(stopping))
        pouring = tasks.create_task(pour(servers))
        # In processes of their own: here the persister logs to standard output.
        found = [await ended(await spawn("audit", "-o", "json", **settings)) for _ in range(4)]
        pouring.cancel()
        stopping.set()
    assert [ran.code for ran in found] == [0] * 4, found[-1].err
    assert total(found[-1], "on_kafka") > total(found[0], "on_kafka")


async def pour(servers: str) -> None:
    """Write events until it is enough."""
    for start in range(0, 1_000_000, 50):
        batch: Sequence[Outgoing] = [
            outgoing(raw("change", str(n), thread=str(n))) for n in range(start, start + 50)
        ]
        await put(servers, *batch)


@asynccontextmanager
async def metrics(events: int, began: float) -> AsyncIterator[str]:
    """A receiver's metrics on a socket."""
    text = (
        "# TYPE parley_webhook_events_total counter\n"
        f'parley_webhook_events_total{{kind="comment"}} {events}\n'
        "# TYPE parley_webhook_requests_total counter\n"
        'parley_webhook_requests_total{outcome="accepted"} 9\n'
        'parley_webhook_requests_total{outcome="bad_signature"} 2\n'
        "# TYPE process_start_time_seconds gauge\n"
        f"process_start_time_seconds {began}\n"
    )

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 200 OK\r\ncontent-length: {len(text)}\r\nconnection: close\r\n\r\n"
        writer.write((head + text).encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}/metrics"


@pytest.mark.kafka
async def test_since(real_broker: RealBroker, database: SecretStr) -> None:
    """A real broker knows from where on to read: what is older is not counted there either."""
    await admin.apply(real_broker.servers, topics.ALL)
    account = str(time.time_ns())
    age = 7_200_000
    old = [received(f"old{n}", account=account, thread=str(n)) for n in range(30)]
    new = [received(f"new{n}", account=account, thread=str(n)) for n in range(30)]
    now = int(time.time() * 1000)
    await put(real_broker.servers, *(each._replace(timestamp_ms=now - age) for each in old), *new)
    given = {"kafka": real_broker.servers, "postgres": database.get_secret_value()}
    words = ("--account", f"instagram/{account}", "-o", "json")
    counted = [
        total(await parley("audit", "--since", since, *words, **given), "on_kafka")
        for since in ("1h", "3h")
    ]
    assert counted == [30, 60]
