"""`parley tail` and `topics` on a broker."""

import asyncio
import json
import signal
import sys

import pytest

from shared import topics
from shared.stream import closing
from shared.stream.embedded import EmbeddedBroker
from tests.cli import comment, ended, environment, parley, put, spawn
from tests.kafka import RealBroker


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
    process = await spawn("tail", "comments", "--from-beginning", "-v", kafka=servers)
    assert process.stdout
    assert process.stderr
    async with asyncio.timeout(60):
        await process.stdout.readuntil(b"ce_id: instagram:17:comment:1\n")
        await put(servers, comment(2))
        await process.stdout.readuntil(b"ce_id: instagram:17:comment:2\n")
    process.send_signal(signal.SIGINT)
    ran = await ended(process)
    assert (ran.code, ran.err) == (0, "")


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
    out, err = await asyncio.wait_for(process.communicate(), 60)
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


async def test_topics_embedded(embedded_broker: EmbeddedBroker) -> None:
    """The embedded broker cannot be asked for its topics, and the command says so, also where a
    reader has had aiokafka mended before."""
    closing.mend()
    ran = await parley("topics", "apply", "--yes", kafka=embedded_broker.servers)
    assert ran.code == 1
    assert ran.err.startswith("The embedded broker has no such calls")
