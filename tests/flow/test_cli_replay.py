"""`parley replay`: stored events on their topics again, and what readers make of them."""

import asyncio
import signal
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from pydantic import SecretStr

from services.moderator.__main__ import consumer as moderating
from services.persister.__main__ import consumer as persisting
from services.persister.events import Event
from services.persister.store import save
from shared import topics
from shared.contracts.enriched import Comment, EnrichedComment
from shared.contracts.raw import RawEvent
from shared.contracts.records import Record
from shared.contracts.wire import decode, key_of
from shared.postgres.pool import Pool
from shared.stream.browse import browse
from shared.stream.consumer import Consumer
from shared.stream.embedded import EmbeddedBroker
from shared.stream.memory import MemoryBroker
from tests.cli import ended, parley, spawn
from tests.heard import ACCOUNT, ANA, comment, kept, message, outgoing, raw
from tests.moderating import a_rule, import_rules
from tests.streams import until

DAY = ("--from", "2026-11-20", "--to", "2026-11-21")
RAW = msgspec.json.Decoder(RawEvent)
ITEM = b'{"id": "1","text":"exact \\ud83d bytes" ,"n":12345678901234567890123}'


async def store(pool: Pool, *events: Event) -> None:
    """Let the persister write `events` down."""
    await save(pool, kept(events))


async def published(servers: str) -> dict[str, list[Record]]:
    """What is on each raw topic."""
    return {
        topic.name: [record async for record in browse(servers, topic.name)] for topic in topics.RAW
    }


def events_in(found: dict[str, list[Record]]) -> list[RawEvent]:
    """The events in these records."""
    records = [record for of_topic in found.values() for record in of_topic]
    return [decode(record, RAW) for record in records]


def crowd(count: int) -> list[Event]:
    """Comments by the second."""
    return [comment(f"c{n:03}", seconds=n) for n in range(count)]


async def test_again(embedded_broker: EmbeddedBroker, pool: Pool, database: SecretStr) -> None:
    """Every kind of event is on its raw topic again as it was, to the byte, marked as a replay."""
    changed = raw("change", "c1", item=b'{"field":"likes"}', thread=ACCOUNT)
    said: list[Event] = [comment(item=ITEM), message(), changed]
    await store(pool, *said)
    ran = await parley("replay", *DAY, **settings(embedded_broker, database))

    assert ran.code == 0, ran.err
    found = await published(embedded_broker.servers)
    assert {topic: len(records) for topic, records in found.items()} == {
        "parley.comments.v1": 1,
        "parley.mentions.v1": 0,
        "parley.messages.v1": 1,
        "parley.other.v1": 1,
    }
    before = [event if isinstance(event, RawEvent) else event.event for event in said]
    again = {event.id: event for event in events_in(found)}
    for event in before:
        assert again[event.id] == msgspec.structs.replace(event, origin="replay")
    record = found["parley.comments.v1"][0]
    assert (record.key, record.header("ce_id")) == (
        f"{ACCOUNT}:{before[0].thread}".encode(),
        before[0].id.encode(),
    )


async def test_window(embedded_broker: EmbeddedBroker, pool: Pool, database: SecretStr) -> None:
    """Time, account and kind narrow what is replayed; the end of the time is not in it."""
    other = comment("foreign", account="99")
    await store(pool, *crowd(10), message(), other)
    words = ("--from", "2026-11-20T12:00:02", "--to", "2026-11-20T12:00:05Z")
    only = ("--account", f"instagram/{ACCOUNT}", "--kind", "comment")
    ran = await parley("replay", *words, *only, "-o", "json", **settings(embedded_broker, database))
    assert ran.json["replayed"] == 3
    ids = [event.id for event in events_in(await published(embedded_broker.servers))]
    assert sorted(ids) == [f"instagram:{ACCOUNT}:comment:c{n:03}" for n in (2, 3, 4)]


async def test_dry_run(embedded_broker: EmbeddedBroker, pool: Pool, database: SecretStr) -> None:
    """It counts by kind, account and day, and publishes nothing."""
    await store(pool, *crowd(3), comment("late", seconds=-86400), message())
    words = ("--from", "2026-11-19", "--to", "2026-11-21", "--dry-run", "-o", "json")
    ran = await parley("replay", *words, **settings(embedded_broker, database))
    assert ran.json == [
        {"kind": "comment", "account": f"instagram/{ACCOUNT}", "day": "2026-11-19", "events": 1},
        {"kind": "comment", "account": f"instagram/{ACCOUNT}", "day": "2026-11-20", "events": 3},
        {"kind": "message", "account": f"instagram/{ACCOUNT}", "day": "2026-11-20", "events": 1},
    ]
    assert events_in(await published(embedded_broker.servers)) == []


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
async def test_interrupted(
    embedded_broker: EmbeddedBroker, pool: Pool, database: SecretStr, how: signal.Signals
) -> None:
    """Whoever is interrupted, or killed, can go on behind what it said last: nothing is left
    out."""
    await store(pool, *crowd(60))
    given = settings(embedded_broker, database)
    process = await spawn("replay", *DAY, "--rate", "5", **given)
    assert process.stderr is not None
    line = (await process.stderr.readline()).decode()
    process.send_signal(how)
    ran = await ended(process)
    assert ran.code == (3 if how is signal.SIGINT else -signal.SIGKILL)
    last = (ran.err if how is signal.SIGINT else line).split()[-1]
    assert 0 < len(events_in(await published(embedded_broker.servers))) < 60

    ran = await parley("replay", *DAY, "--after", last, **given)

    assert ran.code == 0, ran.err
    ids = {event.id for event in events_in(await published(embedded_broker.servers))}
    assert len(ids) == 60


async def test_kafka_away(embedded_broker: EmbeddedBroker, pool: Pool, database: SecretStr) -> None:
    """When Kafka goes away it says how far it came, and how to go on."""
    await store(pool, *crowd(60))
    process = await spawn("replay", *DAY, "--rate", "5", **settings(embedded_broker, database))
    assert process.stderr is not None
    await process.stderr.readline()
    embedded_broker.go_down()
    ran = await ended(process)
    assert ran.code == 3
    assert f"--after instagram:{ACCOUNT}:comment:c0" in ran.err


@pytest.mark.parametrize(
    "words",
    [
        ("--from", "yesterday", "--to", "2026-11-21"),
        ("--from", "2026-11-21", "--to", "2026-11-20"),
        (*DAY, "--after", "instagram:17:comment:never"),
    ],
)
async def test_wrong(
    embedded_broker: EmbeddedBroker, database: SecretStr, words: tuple[str, ...]
) -> None:
    """What is no time, no span of it, or no event is wrong usage."""
    ran = await parley("replay", *words, **settings(embedded_broker, database))
    assert ran.code == 2
    assert len(ran.err.splitlines()) == 1


async def test_persister(embedded_broker: EmbeddedBroker, pool: Pool, database: SecretStr) -> None:
    """What is replayed and read again by the persister changes no row."""
    said = [*crowd(5), raw("change", "c1", thread=ACCOUNT)]
    await store(pool, *said)
    before = await dumps(pool)
    ran = await parley("replay", *DAY, **settings(embedded_broker, database))
    assert ran.code == 0, ran.err
    replayed = events_in(await published(embedded_broker.servers))
    assert {event.origin for event in replayed} == {"replay"}

    by_id = {event.event.id: event for event in said if isinstance(event, EnrichedComment)}
    again = [
        msgspec.structs.replace(by_id[event.id], event=event) if event.id in by_id else event
        for event in replayed
    ]
    await work("persister", persisting, pool, again)

    assert await dumps(pool) == before


async def test_moderator(pool: Pool) -> None:
    """A replayed event that rules have never seen, however young, moves none of them to act."""
    await import_rules(pool, a_rule())
    now = datetime.now(UTC)
    young: dict[str, Any] = {"occurred_at": now, "received_at": now}
    fresh, old = spam("fresh", **young), spam("old", **young, origin="replay")

    broker = await work("moderator", moderating, pool, [old, fresh])

    rows = await pool.fetch("SELECT event_id, excuse FROM decisions")
    excuses = {row["event_id"]: row["excuse"] for row in rows}
    assert excuses == {old.event.id: "historic", fresh.event.id: None}
    assert {record.key for record in broker.records(topics.ACTIONS.name)} == {key_of(fresh.event)}


async def work(
    group: str, consumer: Callable[..., Consumer[Any]], pool: Pool, events: Sequence[Event]
) -> MemoryBroker:
    """Let a service work through `events`; the broker it read them from."""
    broker, stopping = MemoryBroker(), asyncio.Event()
    names = [topic.name for topic in topics.read_by(group)]
    async with broker.reader(group, names) as reader, broker.writer() as writer:
        await writer.write([outgoing(event) for event in events])
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(consumer(pool, reader, writer).run(stopping))
            await until(lambda: sum(broker.committed[group].values()) == len(events))
            stopping.set()
    return broker


async def dumps(pool: Pool) -> list[Any]:
    """All rows of what the persister writes, with what Postgres knows of their changes."""
    return [
        await pool.fetch("SELECT *, xmin FROM events ORDER BY id"),
        await pool.fetch("SELECT *, xmin FROM comments ORDER BY id"),
        await pool.fetch("SELECT *, xmin FROM people ORDER BY id"),
    ]


def spam(name: str, **envelope: Any) -> EnrichedComment:
    """A comment that a rule would hide."""
    return comment(name, comment=Comment(id=name, text="spam", author=ANA), **envelope)


def settings(broker: EmbeddedBroker, database: SecretStr) -> dict[str, str]:
    """Where the command finds Kafka and Postgres."""
    return {"kafka": broker.servers, "postgres": database.get_secret_value()}
