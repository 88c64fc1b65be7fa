"""Every payload file through all processes: from a signed POST to its row in Postgres."""

import asyncio
import hashlib
import hmac
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from pydantic import SecretStr

from services.cli.stack import APPS, Options, Stack, stack
from shared import topics
from shared.errors import Rejected
from shared.meta.split import split
from shared.postgres.pool import Pool, connect
from shared.stream.browse import browse
from tests.kafka import RealBroker

PAYLOADS = Path(__file__).parents[1] / "payloads"
SECRET = APPS["instagram"]["secrets"][0].encode()
SETTLE_SECONDS = 60

pytestmark = pytest.mark.xdist_group("stack")


def bodies(largest: int) -> Iterator[bytes]:
    """The deliveries in files, and two of almost `largest` bytes."""
    for path in sorted(PAYLOADS.rglob("*.json")):
        if not path.name.endswith(".expect.json"):
            yield path.read_bytes()
    room = largest - 1000
    for name, text in ((b"escapes", b"\\u00e9" * (room // 6)), (b"letters", b"x" * room)):
        yield (
            b'{"object":"instagram","entry":[{"id":"17841499900000001","time":1763600000,"changes":'
            b'[{"field":"comments","value":{"id":"large-%s","text":"%s"}}]}]}' % (name, text)
        )


def expected(body: bytes) -> dict[str, bytes]:
    """The events of a body by id, with Meta's bytes; nothing for what is refused."""
    try:
        events = split(body, "instagram", datetime.now(UTC))
    except Rejected:
        return {}
    return {event.id: bytes(event.item) for event in reversed(events)}


async def post_all(running: Stack, largest: int) -> dict[str, bytes]:
    """Post every body, twice; what the first delivery of each id held."""
    kept: dict[str, bytes] = {}
    async with aiohttp.ClientSession() as session:
        for body in bodies(largest):
            wanted = expected(body)
            kept = wanted | kept
            signature = "sha256=" + hmac.new(SECRET, body, hashlib.sha256).hexdigest()
            headers = {"X-Hub-Signature-256": signature}
            for _ in range(2):
                async with session.post(
                    running.webhook_url, data=io.BytesIO(body), headers=headers
                ) as answer:
                    assert answer.status == (200 if wanted else 400), body[:200]
    return kept


async def persisted(pool: Pool, ids: list[str]) -> dict[str, bytes]:
    """What the event log holds of `ids`, once it holds them all or a minute has passed."""
    found: dict[str, bytes] = {}
    try:
        async with asyncio.timeout(SETTLE_SECONDS):
            while len(found) < len(ids):
                rows = await pool.fetch("SELECT id, item FROM events WHERE id = ANY($1)", ids)
                found = {row["id"]: row["item"] for row in rows}
    except TimeoutError:
        pass
    return found


async def check(options: Options, largest: int) -> None:
    """Post, wait, compare: nothing is missing, changed, doubled or dead-lettered."""
    async with stack(options) as running:
        kept = await post_all(running, largest)
        # Postgres' text cannot hold a NUL, so ids that have one are stored in another form.
        comparable = {id_: item for id_, item in kept.items() if "\0" not in id_}
        async with connect(SecretStr(running.postgres), "tests") as pool:
            found = await persisted(pool, list(comparable))
            assert set(comparable) - set(found) == set()
            assert [id_ for id_, item in comparable.items() if found[id_] != item] == []
            doubled = await pool.fetch("SELECT id FROM events GROUP BY id HAVING count(*) > 1")
            assert doubled == []
        for dead in topics.DEAD:
            reasons = [record.headers async for record in browse(running.kafka, dead.name)]
            assert reasons == []
        assert running.fallen() == []


async def test_every_payload_becomes_a_row() -> None:
    """On the embedded servers, whose Kafka drops what is larger than a megabyte or two."""
    await check(Options(rate=1.0), 1_000_000)


@pytest.mark.kafka
async def test_every_payload_on_real_kafka(real_broker: RealBroker, database: SecretStr) -> None:
    """On a real Kafka, up to the largest body there may be."""
    options = Options(rate=1.0, kafka=real_broker.servers, postgres=database.get_secret_value())
    await check(options, topics.MAX_BODY_BYTES)
