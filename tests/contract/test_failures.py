"""Members and brokers that come, go and die in the middle of work, on a real Kafka."""

import asyncio
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from shared import topics
from shared.contracts.records import Outgoing
from shared.errors import Transient
from shared.stream.browse import browse
from tests.kafka import RealBroker
from tests.streams import ReadyWriter, Stream, real_stream, until

pytestmark = pytest.mark.kafka

ROOT = Path(__file__).parent.parent.parent

Notes = Counter[tuple[int, int]]


@pytest.fixture
def stream(real_broker: RealBroker) -> Stream:
    """The real one only."""
    return real_stream(real_broker)


class Member:
    """A consumer process and what it has noted."""

    def __init__(self, stream: Stream, topic: str, path: Path) -> None:
        self._path = path
        command = [sys.executable, "-m", "tests.contract.member"]
        arguments = [stream.servers, f"{topic}.group", topic, str(path)]
        self.process = subprocess.Popen([*command, *arguments], cwd=ROOT)

    def notes(self) -> Notes:
        """How often it handled which partition's which offset; a torn last line does not count."""
        if not self._path.exists():
            return Counter()
        *lines, _ = self._path.read_text().split("\n")
        pairs = (line.split() for line in lines)
        return Counter((int(partition), int(offset)) for partition, offset in pairs)

    def end(self, how: signal.Signals) -> None:
        """Send a signal and wait for the end."""
        self.process.send_signal(how)
        self.process.wait(60)


@contextmanager
def member(stream: Stream, topic: str, path: Path) -> Iterator[Member]:
    """A member that is gone when the block ends."""
    member = Member(stream, topic, path)
    try:
        yield member
    finally:
        if member.process.poll() is None:
            member.end(signal.SIGKILL)


@asynccontextmanager
async def traffic(stream: Stream, topic: str) -> AsyncIterator[None]:
    """Records to all partitions for as long as the block runs."""
    stopping = asyncio.Event()
    async with stream.writer() as writer, asyncio.TaskGroup() as tasks:
        tasks.create_task(_write_until(stopping, writer, topic))
        yield
        stopping.set()


async def _write_until(stopping: asyncio.Event, writer: ReadyWriter, topic: str) -> None:
    keys = [b"key %d" % number for number in range(100)]
    while not stopping.is_set():
        await writer.write([Outgoing(topic, key, b"v", []) for key in keys])
        await asyncio.sleep(0.05)


async def places(stream: Stream, topic: str) -> set[tuple[int, int]]:
    """Every partition and offset there is."""
    return {(record.partition, record.offset) async for record in browse(stream.servers, topic)}


def partitions(notes: Notes) -> set[int]:
    """Those a member handled records of."""
    return {partition for partition, _ in notes}


async def test_member_killed(stream: Stream, tmp_path: Path) -> None:
    """A second member takes half of the partitions, and all when the first one is killed in the
    middle of its work; no record is skipped."""
    topic = await stream.topic()
    with member(stream, topic, tmp_path / "first") as first:
        async with traffic(stream, topic):
            await until(lambda: len(partitions(first.notes())) == topics.PARTITIONS)
            with member(stream, topic, tmp_path / "second") as second:
                await until(lambda: len(partitions(second.notes())) == topics.PARTITIONS / 2)
                first.end(signal.SIGKILL)
                await until(lambda: len(partitions(second.notes())) == topics.PARTITIONS)
        with member(stream, topic, tmp_path / "third") as third:
            every = await places(stream, topic)
            await until(lambda: first.notes() + second.notes() + third.notes() >= Counter(every))


async def test_members_come_and_go(stream: Stream, tmp_path: Path) -> None:
    """Members that join and leave in order finish and commit what they have begun; no record is
    skipped, and few are handled twice: those that were settled behind one that was not."""
    topic = await stream.topic()
    with member(stream, topic, tmp_path / "first") as first:
        async with traffic(stream, topic):
            await until(first.notes)
            with member(stream, topic, tmp_path / "second") as second:
                await until(lambda: len(partitions(second.notes())) == topics.PARTITIONS / 2)
                first.end(signal.SIGTERM)
                await until(lambda: len(partitions(second.notes())) == topics.PARTITIONS)
                second.end(signal.SIGTERM)
        with member(stream, topic, tmp_path / "third") as third:
            every = Counter(await places(stream, topic))
            await until(lambda: first.notes() + second.notes() + third.notes() >= every)
            handled = first.notes() + second.notes() + third.notes()
    assert (handled - every).total() < every.total() / 10


async def test_broker_killed(stream: Stream) -> None:
    """A broker that is killed in the middle of writes and comes back has all it acknowledged, in
    order."""
    topic, acknowledged = await stream.topic(), list[int]()
    killed = asyncio.Event()

    async def write() -> None:
        for number in range(100_000):
            try:
                await writer.write([Outgoing(topic, b"key", b"%d" % number, [])])
            except Transient:
                continue
            acknowledged.append(number)
            if killed.is_set() and number > last + 100:
                return

    async with stream.writer(deadline_seconds=0.5) as writer, asyncio.TaskGroup() as tasks:
        tasks.create_task(write())
        await until(lambda: len(acknowledged) > 200)
        await stream.go_down()
        await stream.come_up()
        last = acknowledged[-1]
        killed.set()
    found = [int(record.value or b"") async for record in browse(stream.servers, topic)]
    assert set(acknowledged) <= set(found)
    assert found == sorted(set(found))
