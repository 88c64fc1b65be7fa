"""Carries out what is due: claims it, calls, writes down the answer; and looks for what a call did
that nobody heard of.

What a process leaves behind that is killed (-9), or cut off from Postgres, at any moment:

| killed | Postgres | Meta | what follows |
|---|---|---|---|
| while taking records in | nothing, or all of the batch | nothing | not committed: read again, taken once |
| taken, before the offset is committed | `requested` | nothing | read again, the same id: ignored |
| while claiming | rolled back: `requested` | nothing | claimed by whoever comes next |
| claimed, before the call | `claimed` | nothing | `unknown` after 25 s; read as absent; one more try |
| during the call | `claimed` | done or not, or later | `unknown` after 25 s; present at once, absent after 30 s |
| answered, before it is written down | `claimed` | done or refused | the same |
| while writing it down | all of it or nothing | | the new state stands, or the same as before |
| written down, before it is told | ended, not told | | told by whoever comes next |
| told, before that is noted | ended, not told | | told again with the same id |
| while looking for an unknown one | `unknown`, due in 20 s | | looked for again |
| looked, before it is written down | the same | | the same |

A claim lasts longer than its call, which is given up in time: when an action counts as dead, its
executor does not call any more. What is proven absent is not done by a call that is still to come,
unless Meta takes longer than half a minute over it.

Nothing here waits for an account: each has its own task while something is due, its own number of
calls, and nobody else's locks.
"""  # noqa: E501 (a table)

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

import structlog

from services.executor import metrics, store
from services.executor.gate import CALL_SECONDS
from services.executor.repeating import repeat
from services.executor.results import Later, Result, Unsure
from services.executor.store import Owner
from shared.errors import Transient
from shared.postgres.action_rows import Kept
from shared.postgres.pool import Pool
from shared.stream.delays import Patience

CALLS_OF_ACCOUNT = 8
CALLS = 400
"""So many that accounts whose calls all hang do not keep the others waiting."""

TICK_SECONDS = 0.25
LATEST_START_SECONDS = 5.0
"""A call that could not begin so soon after its claim is left to another time."""

RECORD_SECONDS = 20.0
"""How long an answer is worth a try to write it down; reading back finds the same."""

CarryOut = Callable[[Kept], Awaitable[Result]]

_log = structlog.get_logger()


class Scheduler:
    """One executor's hands; `name` tells it from the others. `carry_out` makes the call for an
    action that is claimed."""

    def __init__(self, pool: Pool, name: str, carry_out: CarryOut) -> None:
        self._pool = pool
        self._name = name
        self._carry_out = carry_out
        self._calls: Counter[Owner] = Counter()
        self._served: set[Owner] = set()
        self._full: set[Owner] = set()
        self._due = asyncio.Event()
        self._claiming = asyncio.Semaphore(4)  # leaves connections to those who write down
        metrics.IN_FLIGHT.labels("call").set_function(self._calls.total)

    def wake(self) -> None:
        """Something may be due now."""
        self._due.set()

    async def run(self, stopping: asyncio.Event) -> None:
        """Carry out what is due until told to stop; then let what has begun come to its end.

        Raises:
            Transient: Postgres was away for too long; in a group.
        """
        self._stopping = stopping
        async with asyncio.TaskGroup() as self._tasks:
            await repeat(self._serve_all, TICK_SECONDS, stopping, self._due)

    async def _serve_all(self) -> None:
        self._due.clear()
        for owner in await store.due_accounts(self._pool):
            self._offer(owner)

    def _offer(self, owner: Owner) -> None:
        if owner not in self._served and not self._stopping.is_set():
            self._served.add(owner)
            self._tasks.create_task(self._serve(owner))

    async def _serve(self, owner: Owner) -> None:
        try:
            while not self._stopping.is_set() and await self._claim(owner):
                pass
        except Transient as exc:
            _log.warning("not_claimed", platform=owner.platform, reason=exc.reason)
        finally:
            self._served.discard(owner)

    async def _claim(self, owner: Owner) -> bool:
        """Start the account's next calls; whether there may be more to do for it at once."""
        async with self._claiming:
            room = min(CALLS_OF_ACCOUNT - self._calls[owner], CALLS - self._calls.total())
            if room <= 0:
                self._full.add(owner)
                return False
            began = asyncio.get_running_loop().time()
            claimed = await store.claim(self._pool, owner, self._name, room)
            for known in claimed.calls:
                self._calls[owner] += 1
                self._tasks.create_task(self._call(owner, known, began))
        return claimed.progress

    async def _call(self, owner: Owner, known: Kept, began: float) -> None:
        try:
            await self._record(known, await self._result(known, began))
        finally:
            self._calls[owner] -= 1
            if not self._calls[owner]:
                del self._calls[owner]
            if owner in self._full:
                self._full.discard(owner)
                self._offer(owner)

    async def _result(self, known: Kept, began: float) -> Result:
        if asyncio.get_running_loop().time() > began + LATEST_START_SECONDS:
            return Later("held_up", 0.0)
        try:
            async with asyncio.timeout_at(began + CALL_SECONDS):
                return await self._carry_out(known)
        except TimeoutError:
            return Unsure("slow")

    async def _record(self, known: Kept, result: Result) -> None:
        patience = Patience(RECORD_SECONDS, most_seconds=1.0)
        while True:
            try:
                await store.record(self._pool, known, result)
            except Transient as exc:
                try:
                    seconds = patience.wait_after(exc)
                except Transient:
                    metrics.LOST.inc()
                    return
                await asyncio.sleep(seconds)
            else:
                return
