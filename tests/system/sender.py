"""Meta's side: signed deliveries to every receiver, and again, later, whatever is not answered 200
(platform §3); never more than the system bears."""

import asyncio
import hashlib
import heapq
import hmac
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import aiohttp

from tests.system.ledger import SLOW_SECONDS, Answer, Delivery, Ledger
from tests.system.traffic import Traffic

PATIENCE_SECONDS = 5.0
"""Meta waits no longer for an answer (platform §3)."""

RETRY_SECONDS = (0.0, 0.2, 0.5, 1.0, 2.0)
"""At once, then less and less often; the last one repeats. Meta's hours are seconds here."""

MOST_WAITING = 6_000
MOST_BEHIND = 8_000
"""Events without a 200, and events with one that are not persisted. The bound on the second is what
can be worked off in the half minute that recovery may take."""

_SIZES = (1, 1, 1, 2, 5, 10, 25, 50, 100, 100)
_WORKERS = 12
_LOOK_SECONDS = 0.02
_CATCH_UP_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where to send to, and how to sign. `untouched` says whether the receiver of this index was
    neither ended nor frozen nor cut off, since that moment."""

    urls: list[str]
    secret: str
    untouched: Callable[[int, float], bool]


class Sender:
    """Sends at `rate` events a second while the system keeps up; `behind` says how many
    acknowledged events are not persisted."""

    def __init__(
        self,
        target: Target,
        traffic: Traffic,
        ledger: Ledger,
        rng: Random,
        rate: float,
        behind: Callable[[], int],
    ) -> None:
        self._target = target
        self._traffic = traffic
        self._ledger = ledger
        self._rng = rng
        self._rate = rate
        self._behind = behind
        self._turns = itertools.count()
        self._again: list[tuple[float, int, Delivery]] = []
        self._due = time.monotonic()
        self._under_way = 0
        self.sending = True

    async def run(self) -> None:
        """Send until told to stop, and then until everything has its 200; ends when cancelled."""
        limit = aiohttp.ClientTimeout(total=PATIENCE_SECONDS)
        connector = aiohttp.TCPConnector(limit=0)
        async with (
            aiohttp.ClientSession(timeout=limit, connector=connector) as session,
            asyncio.TaskGroup() as workers,
        ):
            for _ in range(_WORKERS):
                workers.create_task(self._work(session))

    def probe(self) -> Delivery:
        """One more delivery, at once, however far behind the system is."""
        delivery = self._ledger.new(min(10, self._traffic.room(self._ledger.sent)))
        heapq.heappush(self._again, (0.0, next(self._turns), delivery))
        return delivery

    async def _work(self, session: aiohttp.ClientSession) -> None:
        while self.sending or self._ledger.waiting:
            delivery = self._next()
            if delivery is None:
                await asyncio.sleep(_LOOK_SECONDS)
            else:
                await self._try(session, delivery)

    def _next(self) -> Delivery | None:
        now = time.monotonic()
        if self._again and self._again[0][0] <= now:
            return heapq.heappop(self._again)[-1]
        if not self.sending or self._due > now or self._full():
            return None
        count = min(self._rng.choice(_SIZES), self._traffic.room(self._ledger.sent))
        self._due = max(self._due, now - _CATCH_UP_SECONDS) + count / self._rate
        return self._ledger.new(count)

    def _full(self) -> bool:
        return self._ledger.waiting >= MOST_WAITING or self._behind() >= MOST_BEHIND

    async def _try(self, session: aiohttp.ClientSession, delivery: Delivery) -> None:
        body = self._traffic.body(delivery.first, delivery.count)
        signature = hmac.digest(self._target.secret.encode(), body, hashlib.sha256).hex()
        headers = {
            "X-Hub-Signature-256": f"sha256={signature}",
            "Content-Type": "application/json",
        }
        to = self._rng.randrange(len(self._target.urls))
        began = time.monotonic()
        try:
            async with session.post(self._target.urls[to], data=body, headers=headers) as answer:
                status = answer.status
        except (aiohttp.ClientError, OSError):  # a TimeoutError is an OSError
            status = 0
        now = time.monotonic()
        late = now - began > SLOW_SECONDS and self._target.untouched(to, began)
        self._ledger.answered(delivery, Answer(status, began, now - began, late))
        if status != 200:
            delay = RETRY_SECONDS[min(delivery.attempts, len(RETRY_SECONDS)) - 1]
            delay *= self._rng.uniform(0.5, 1.5)
            heapq.heappush(self._again, (now + delay, next(self._turns), delivery))
