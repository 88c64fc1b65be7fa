"""Sends deliveries as Meta does: signed, on time, and again until they are answered 200."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from time import monotonic, time

import aiohttp

from services.simulator import metrics
from services.simulator.latency import Latencies
from services.simulator.ledger import Ledger
from services.simulator.posting import Target, post
from services.simulator.report import Report, summarise
from services.simulator.retries import Parcel, Retries
from services.simulator.traffic.events import Delivery

_LARGEST_BACKLOG = 100_000
"""With more events waiting nothing new is sent: they are held in memory."""

_LOOK_AGAIN_SECONDS = 0.05


@dataclass(frozen=True, kw_only=True, slots=True)
class Manner:
    """How to send.

    `rate` is events a second, None as fast as answers come. `retry_scale` shortens Meta's retry
    schedule; without `give_up_seconds` retries go on for ever. `rebatch` is the chance that
    retries come in other batches.
    """

    rate: float | None = None
    concurrency: int = 32
    retry_scale: float = 1 / 60
    give_up_seconds: float | None = None
    rebatch: float = 0.0
    seed: int = 1


class Sender:
    """One run of sending, which can be paused and ended from outside."""

    def __init__(self, session: aiohttp.ClientSession, target: Target, manner: Manner) -> None:
        self._session = session
        self._target = target
        self._manner = manner
        self.ledger = Ledger()
        self._latencies = Latencies()
        self._retries = Retries(manner.retry_scale, manner.rebatch, manner.seed)
        self._slots = asyncio.Semaphore(manner.concurrency)
        self._in_flight = 0
        self._started = monotonic()
        self._changed = asyncio.Event()
        self._going = asyncio.Event()
        self._going.set()
        self._ended = asyncio.Event()
        self._idle = asyncio.Event()
        self._abandoned = asyncio.Event()

    async def send(self, deliveries: Iterable[Delivery]) -> Report:
        """Send all of them, and again what needs it, until everything is settled or abandoned."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.stay(deliveries))
            await self.settled()
            self.abandon()
        return self.report()

    async def stay(self, deliveries: Iterable[Delivery]) -> None:
        """Send all of them, and go on to retry what `send_now` sends, until abandoned."""
        self._started = monotonic()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._pace(deliveries, tasks))
            tasks.create_task(self._retry(tasks))

    async def send_now(self, delivery: Delivery) -> str:
        """Send one delivery at once, outside the pace; when it fails it is retried like others.

        Returns the answer's status, `timeout` or `unreachable`.
        """
        self._admit(delivery)
        async with self._slots:
            return await self._attempt(self._retries.first(delivery, monotonic()))

    def send_later(self, delivery: Delivery, delay_seconds: float) -> None:
        """Send one delivery in a while, as if it were a retry: late, and perhaps in other company;
        not any more once abandoned."""
        if self._abandoned.is_set():
            return
        self.ledger.offer(delivery.events)
        self._idle.clear()
        self._retries.put(self._retries.first(delivery, monotonic() + delay_seconds))
        self._changed.set()

    def pause(self) -> None:
        """Send nothing new until `resume`; retries go on."""
        if not self._ended.is_set():
            self._going.clear()

    def resume(self) -> None:
        """Send on at the same pace; the time between is not caught up."""
        self._going.set()

    def end(self) -> None:
        """Send nothing new any more; retries go on until they are settled."""
        self._ended.set()
        self._going.set()
        self._notice()

    def abandon(self) -> None:
        """End, and do not retry any more: what waits stays in the ledger as waiting."""
        self._abandoned.set()
        self.end()

    async def settled(self) -> None:
        """Return when nothing new comes and everything sent has been answered for good."""
        await self._idle.wait()

    @property
    def sending(self) -> bool:
        """Whether there is more to come than retries."""
        return not self._ended.is_set()

    def report(self) -> Report:
        """How things stand."""
        return summarise(self.ledger, self._latencies, monotonic() - self._started)

    async def _pace(self, deliveries: Iterable[Delivery], tasks: asyncio.TaskGroup) -> None:
        due = monotonic()
        for delivery in deliveries:
            due += await self._held_back()
            await self._until(due)
            if self._ended.is_set():
                break
            await self._slots.acquire()
            intended = due if self._manner.rate else monotonic()
            self._admit(delivery)
            tasks.create_task(self._occupied(self._retries.first(delivery, intended)))
            due += len(delivery.events) / self._manner.rate if self._manner.rate else 0.0
        self.end()

    async def _held_back(self) -> float:
        """Wait while paused or while too much waits for an answer; how long it took."""
        if self._going.is_set() and self.ledger.waiting < _LARGEST_BACKLOG:
            return 0.0
        began = monotonic()
        await self._going.wait()
        # Rare, and any of many answers may end it: looking now and then is simpler than an event.
        while self.ledger.waiting >= _LARGEST_BACKLOG and not self._ended.is_set():  # noqa: ASYNC110
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
        return monotonic() - began

    async def _until(self, due: float) -> None:
        delay = due - monotonic()
        if self._manner.rate and delay > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), delay)

    async def _retry(self, tasks: asyncio.TaskGroup) -> None:
        while not self._abandoned.is_set():
            self._changed.clear()
            for parcel in self._retries.take(monotonic()):
                self._in_flight += 1
                await self._slots.acquire()
                fresh = replace(parcel, delivery=parcel.delivery.sent_at(time()))
                tasks.create_task(self._occupied(fresh))
            due = self._retries.next_due
            with suppress(TimeoutError):
                delay = None if due is None else max(0.0, due - monotonic())
                await asyncio.wait_for(self._changed.wait(), delay)

    def _notice(self) -> None:
        self._changed.set()
        quiet = not (self._in_flight or len(self._retries))
        if self._ended.is_set() and (quiet or self._abandoned.is_set()):
            self._idle.set()

    def _admit(self, delivery: Delivery) -> None:
        self._in_flight += 1
        self._idle.clear()
        if not delivery.forged:
            self.ledger.offer(delivery.events)

    async def _occupied(self, parcel: Parcel) -> None:
        try:
            await self._attempt(parcel)
        finally:
            self._slots.release()

    async def _attempt(self, parcel: Parcel) -> str:
        try:
            answer = await post(self._session, self._target, parcel.delivery)
            self._learn(parcel, answer, monotonic())
        finally:
            self._in_flight -= 1
            self._notice()
        return answer

    def _learn(self, parcel: Parcel, answer: str, now: float) -> None:
        delivery = parcel.delivery
        self._latencies.add(now - parcel.due)
        self.ledger.answers[answer] += 1
        metrics.DELIVERIES.labels(answer).inc()
        metrics.LATENCY.observe(now - parcel.due)
        if delivery.forged:
            self.ledger.refuse(delivery.events, accepted=answer == "200")
        elif answer == "200":
            self._accepted(parcel, now)
        elif self._patient(parcel, now):
            self._retries.add(parcel, now)
        else:
            self.ledger.give_up(delivery.events)
        metrics.WAITING.set(self.ledger.waiting)

    def _accepted(self, parcel: Parcel, now: float) -> None:
        self.ledger.acknowledge(parcel.delivery.events)
        metrics.EVENTS.inc(len(parcel.delivery.events))
        if parcel.delivery.again:
            twin = replace(parcel.delivery, again=False)
            self._retries.add(replace(parcel, attempt=0, delivery=twin), now)

    def _patient(self, parcel: Parcel, now: float) -> bool:
        longest = self._manner.give_up_seconds
        return longest is None or now - parcel.since < longest


@asynccontextmanager
async def sender(target: Target, manner: Manner) -> AsyncIterator[Sender]:
    """A sender with its connections, which are kept alive between deliveries."""
    connector = aiohttp.TCPConnector(limit=manner.concurrency)
    async with aiohttp.ClientSession(connector=connector) as session:
        yield Sender(session, target, manner)


async def send_all(deliveries: Iterable[Delivery], target: Target, manner: Manner) -> Report:
    """Send `deliveries`, retry until all are settled, and say how it went."""
    async with sender(target, manner) as sending:
        return await sending.send(deliveries)
