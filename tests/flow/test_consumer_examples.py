"""The consumers that deploy/consuming.md shows, run as they are: each prints every event once."""

import asyncio
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from shared import topics
from shared.topics import Topic
from tests.cli import put
from tests.debian import unpacked
from tests.heard import comment, outgoing
from tests.streams import WAIT_SECONDS, Stream

EXAMPLES = Path(__file__).parents[2] / "deploy" / "examples"
GUIDE = EXAMPLES.parent / "consuming.md"
CACHE = (Path(__file__).parents[2] / ".cache").resolve()


@pytest.fixture
async def names(kafka_stream: Stream) -> list[str]:
    """The names of comments on their topic, each of which is there twice."""
    await kafka_stream.create(topics.COMMENTS_ENRICHED.name)
    names = [f"{uuid.uuid4().hex}-{n}" for n in range(5)]
    said = [outgoing(comment(name)) for name in (*names, *names)]
    stranger = said[0]._replace(headers=[*said[0].headers, ("ce_type", b"parley.comment.new.v1")])
    await put(kafka_stream.servers, stranger, *said)
    return names


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """A folder with what package-lock.json names, installed once for all runs."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("needs node and npm")
    folder = CACHE / "examples"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for name in ("package.json", "package-lock.json", "consumer.mjs"):
            shutil.copy(EXAMPLES / name, folder)
        if not (folder / "node_modules" / "kafkajs").exists():
            command = [npm, "ci", "--no-audit", "--no-fund", "--silent"]
            if subprocess.run(command, cwd=folder, check=False).returncode:
                pytest.skip("needs a registry from which npm can fetch kafkajs")
    return folder


@asynccontextmanager
async def running(
    *command: str | Path, **variables: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """An example at work until the block ends."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=dict(os.environ) | variables,
        # A shell starts what it puts into the background with Ctrl-C ignored, and so would we be.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        await process.wait()


async def printed(process: asyncio.subprocess.Process, names: list[str]) -> list[str]:
    """The ends of the ids that it prints, until all of `names` were among them."""
    assert process.stdout is not None
    found: list[str] = []
    async with asyncio.timeout(WAIT_SECONDS):
        while not set(names) <= set(found):
            line = await process.stdout.readline()
            assert line, "it ended"
            found.append(line.decode().split()[0].rpartition(":")[2])
    return [name for name in found if name in names]


async def test_python(kafka_stream: Stream, names: list[str], tmp_path: Path) -> None:
    """Each event is handled once, also when it begins anew from the first record."""
    given = {"KAFKA": kafka_stream.servers, "INBOX": str(tmp_path / "inbox.db")}
    script = EXAMPLES / "consumer.py"
    async with running(sys.executable, script, **given) as process:
        assert sorted(await printed(process, names)) == sorted(names)
    late = uuid.uuid4().hex
    await put(kafka_stream.servers, outgoing(comment(names[0])), outgoing(comment(late)))
    async with running(sys.executable, script, **given) as process:
        assert await printed(process, [late]) == [late]


async def test_javascript(kafka_stream: Stream, names: list[str], node_modules: Path) -> None:
    """KafkaJS reads what we write, and each event is printed once."""
    given = {"KAFKA": kafka_stream.servers}
    async with running("node", node_modules / "consumer.mjs", **given) as process:
        assert sorted(await printed(process, names)) == sorted(names)


async def test_kcat(kafka_stream: Stream, names: list[str]) -> None:
    """With -e kcat ends behind what there is; each event is printed once, with its value."""
    environment = {"KAFKA": kafka_stream.servers, **kcat()}
    async with running(EXAMPLES / "kcat.sh", "-e", **environment) as process:
        out, _ = await asyncio.wait_for(process.communicate(), WAIT_SECONDS)
    lines = [line for line in out.decode().splitlines() if line.split()[0][-34:] in names]
    assert sorted(line.split()[0][-34:] for line in lines) == sorted(names)
    assert all('"text":"love it"' in line for line in lines)


def kcat() -> Mapping[str, str]:
    """The environment in which there is a kcat: the machine's, or Debian's from the cache."""
    if shutil.which("kcat"):
        return {}
    package = unpacked("kcat", "kcat", "librdkafka1", "libyajl2")
    if package is None:
        pytest.skip("needs kcat, or apt to fetch Debian's package of it")
    (libraries,) = package.glob("usr/lib/*-linux-gnu")
    path = f"{package / 'usr' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return {"PATH": path, "LD_LIBRARY_PATH": str(libraries)}


@pytest.mark.parametrize("topic", topics.ALL, ids=lambda topic: topic.name)
def test_topics(topic: Topic) -> None:
    """The guide's table of topics is that of the code."""
    row = f"| `{topic.name}` | {topic.holds} | {topic.key} | {topic.retention.days} days |"
    assert row in GUIDE.read_text().splitlines()


@pytest.mark.parametrize("name", ["consumer.py", "consumer.mjs", "kcat.sh"])
def test_shown(name: str) -> None:
    """The guide shows where each example is, and none is longer than a person reads at once."""
    assert f"(examples/{name})" in GUIDE.read_text()
    assert len((EXAMPLES / name).read_text().splitlines()) <= 36
