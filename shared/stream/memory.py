"""Topics in memory: the same promises as Kafka, for tests of whatever stands on it."""

import asyncio
import contextlib
import itertools
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence

from shared import topics
from shared.contracts.records import Offsets, Outgoing, Position, Record
from shared.errors import Transient
from shared.stream.partitions import hash_of


class MemoryBroker:
    """Partitions as lists of records, and what groups have committed.

    `go_down` and `come_up` do to writers and readers what a broker that goes away does.
    """

    def __init__(self, created: Collection[topics.Topic] = topics.ALL) -> None:
        self.committed: dict[str, dict[Position, int]] = defaultdict(dict)
        self.partitions: dict[Position, list[Record]] = {}
        self.grown = asyncio.Condition()
        self.up = asyncio.Event()
        self.up.set()
        self._members: dict[str, list[MemoryReader]] = defaultdict(list)
        self._keyless = itertools.count()
        for topic in created:
            self.create(topic.name, topic.partitions)

    def create(self, name: str, partitions: int = topics.PARTITIONS) -> None:
        """Add a topic."""
        for index in range(partitions):
            self.partitions[Position(name, index)] = []

    def go_down(self) -> None:
        """Acknowledge and deliver nothing until `come_up`."""
        self.up.clear()

    def come_up(self) -> None:
        """Undo `go_down`."""
        self.up.set()

    def records(self, topic: str) -> list[Record]:
        """All of a topic, partition by partition."""
        of_topic = [self.partitions[position] for position in self.positions({topic})]
        return list(itertools.chain.from_iterable(of_topic))

    def positions(self, names: Collection[str]) -> list[Position]:
        """The partitions of these topics."""
        return sorted(position for position in self.partitions if position.topic in names)

    @contextlib.asynccontextmanager
    async def writer(
        self, *, deadline_seconds: float = 3.5, max_in_flight_bytes: int = 64_000_000
    ) -> AsyncIterator["MemoryWriter"]:
        """As `kafka.writer`."""
        async with contextlib.AsyncExitStack() as stack:
            # Its own stack: a TaskGroup around the yield would wrap the caller's exceptions.
            tasks = await stack.enter_async_context(asyncio.TaskGroup())
            yield MemoryWriter(self, tasks, deadline_seconds, max_in_flight_bytes)

    @contextlib.asynccontextmanager
    async def reader(self, group: str, topics: Collection[str]) -> AsyncIterator["MemoryReader"]:
        """As `kafka.reader`."""
        reader = MemoryReader(self, group, topics)
        members = self._members[group]
        members.append(reader)
        await self._rebalance(members)
        try:
            yield reader
        finally:
            await reader.give_back()
            members.remove(reader)
            await self._rebalance(members)

    async def append(self, records: Sequence[Outgoing]) -> None:
        """Store `records`."""
        counts = {topic: len(self.positions({topic})) for topic, *_ in records}
        for topic, key, value, headers, timestamp in records:
            where = hash_of(key) if key is not None else next(self._keyless)
            position = Position(topic, where % counts[topic])
            stored = self.partitions[position]
            written = int(time.time() * 1000) if timestamp is None else timestamp
            stored.append(Record(*position, len(stored), written, key, value, tuple(headers)))
        async with self.grown:
            self.grown.notify_all()

    async def _rebalance(self, members: "Sequence[MemoryReader]") -> None:
        for member in members:
            await member.give_back()
        for number, member in enumerate(members):
            member.take(self.positions(member.topics)[number :: len(members)])


class MemoryWriter:
    """A Writer on a MemoryBroker."""

    def __init__(
        self,
        broker: MemoryBroker,
        tasks: asyncio.TaskGroup,
        deadline_seconds: float,
        max_in_flight_bytes: int,
    ) -> None:
        self._broker = broker
        self._tasks = tasks
        self._deadline_seconds = deadline_seconds
        self._max_in_flight_bytes = max_in_flight_bytes
        self.in_flight_bytes = 0

    def ready(self) -> bool:
        """As `KafkaWriter.ready`."""
        return self._broker.up.is_set()

    def write(self, records: Sequence[Outgoing]) -> asyncio.Future[None]:
        """See `Writer.write`."""
        if self.in_flight_bytes >= self._max_in_flight_bytes:
            raise Transient("overloaded")
        if not {record.topic for record in records} <= {p.topic for p in self._broker.partitions}:
            raise Transient("unknown_topic")
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._tasks.create_task(self._write(records, done))
        return done

    async def _write(self, records: Sequence[Outgoing], done: asyncio.Future[None]) -> None:
        size = sum(len(record.value or b"") for record in records)
        self.in_flight_bytes += size
        try:
            async with asyncio.timeout(self._deadline_seconds):
                await self._broker.up.wait()
            await self._broker.append(records)
        except TimeoutError:
            if not done.done():
                done.set_exception(Transient("not_acknowledged"))
        else:
            if not done.done():
                done.set_result(None)
        finally:
            self.in_flight_bytes -= size


async def _nothing_to_finish() -> None:
    """The hook before anyone has set one."""


class MemoryReader:
    """A Reader on a MemoryBroker."""

    def __init__(self, broker: MemoryBroker, group: str, topics: Collection[str]) -> None:
        self.topics = frozenset(topics)
        self._broker = broker
        self._committed = broker.committed[group]
        self._hook: Callable[[], Awaitable[None]] = _nothing_to_finish
        self._next: dict[Position, int] = {}
        self._joined = False

    def on_revoke(self, hook: Callable[[], Awaitable[None]]) -> None:
        """See `Reader.on_revoke`."""
        self._hook = hook

    def joined(self) -> bool:
        """See `Reader.joined`."""
        return self._joined

    def ends(self) -> Mapping[Position, int]:
        """See `Reader.ends`."""
        return {position: len(self._broker.partitions[position]) for position in self._next}

    async def read(self, max_records: int, wait_seconds: float) -> Sequence[Record]:
        """See `Reader.read`."""
        if not max_records:
            return ()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_seconds):
                await self._broker.up.wait()
                async with self._broker.grown:
                    await self._broker.grown.wait_for(lambda: self._waiting() and self._joined)
        return self._take(max_records) if self._joined and self._broker.up.is_set() else ()

    async def commit(self, offsets: Offsets) -> None:
        """See `Reader.commit`."""
        if not self._broker.up.is_set():
            raise Transient("commit_failed")
        held = offsets.keys() & self._next.keys()
        self._committed.update({position: offsets[position] for position in held})

    async def give_back(self) -> None:
        """Let what has begun finish, then own nothing."""
        self._joined = False
        await self._hook()
        self._next = {}

    def take(self, positions: Sequence[Position]) -> None:
        """Own `positions`, from what the group has committed on."""
        self._next = {position: self._committed.get(position, 0) for position in positions}
        self._joined = True

    def _waiting(self) -> bool:
        partitions = self._broker.partitions
        return any(len(partitions[where]) > start for where, start in self._next.items())

    def _take(self, max_records: int) -> list[Record]:
        taken: list[Record] = []
        for position, start in self._next.items():
            stored = self._broker.partitions[position]
            chunk = stored[start : start + max_records - len(taken)]
            taken += chunk
            self._next[position] = start + len(chunk)
        return taken
