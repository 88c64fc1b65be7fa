"""`parley dlq`: a ledger on a broker, from burial to resolution."""

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec import structs

from shared.contracts.dead import DeadLetter, bury
from shared.contracts.records import Outgoing, Record
from shared.stream.browse import browse
from shared.stream.embedded import EmbeddedBroker
from tests.cli import comment, parley, put

ABOUT = DeadLetter(
    topic="parley.comments.v1",
    partition=0,
    offset=0,
    group="enricher",
    reason="undecodable",
    failed_at=datetime(2026, 11, 20, tzinfo=UTC),
)


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
