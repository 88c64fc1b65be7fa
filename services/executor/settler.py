"""Looks after what nobody else does: claims of the dead, actions past their time, and what an
unknown call did."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

import structlog

from services.executor import measuring, metrics, recovery
from services.executor.recovery import READ_SECONDS, READS_OF_ACCOUNT, Unknown
from services.executor.repeating import repeat
from services.executor.sightings import Unreadable, Verdict
from services.executor.store import Owner
from shared.errors import Transient
from shared.postgres.pool import Pool

LOOKING_SECONDS = READ_SECONDS - 2.0
_READ_EVERY_SECONDS = 0.5
_SWEEP_EVERY_SECONDS = 1.0
_MEASURE_EVERY_SECONDS = 5.0

ReadBack = Callable[[Unknown], Awaitable[Verdict]]

_log = structlog.get_logger()


class Settler:
    """`read_back` asks Meta what a call did."""

    def __init__(self, pool: Pool, read_back: ReadBack) -> None:
        self._pool = pool
        self._read_back = read_back
        self._reading: Counter[Owner] = Counter()
        metrics.IN_FLIGHT.labels("read").set_function(self._reading.total)

    async def run(self, stopping: asyncio.Event) -> None:
        """Look after them until told to stop, and finish what is being read.

        Raises:
            Transient: Postgres was away for too long; in a group.
        """
        async with asyncio.TaskGroup() as self._tasks:
            for step, seconds in (
                (self._start_readings, _READ_EVERY_SECONDS),
                (self._sweep, _SWEEP_EVERY_SECONDS),
                (self._measure, _MEASURE_EVERY_SECONDS),
            ):
                self._tasks.create_task(repeat(step, seconds, stopping))

    async def _sweep(self) -> None:
        dead = await recovery.bury_dead(self._pool)
        if dead:
            _log.warning("executor_died", actions=dead)
        await recovery.end_expired(self._pool)

    async def _measure(self) -> None:
        await measuring.measure(self._pool)
        await recovery.lift(self._pool)

    async def _start_readings(self) -> None:
        busy = [owner for owner, count in self._reading.items() if count >= READS_OF_ACCOUNT]
        for unknown in await recovery.due_readings(self._pool, busy):
            action = unknown.known.action
            owner = Owner(action.platform, action.account)
            self._reading[owner] += 1
            self._tasks.create_task(self._read(owner, unknown))

    async def _read(self, owner: Owner, unknown: Unknown) -> None:
        try:
            await recovery.settle(self._pool, unknown, await self._verdict(unknown))
        except Transient as exc:  # somebody looks again when READ_SECONDS are over
            _log.warning("not_settled", platform=owner.platform, reason=exc.reason)
        finally:
            self._reading[owner] -= 1
            if not self._reading[owner]:
                del self._reading[owner]

    async def _verdict(self, unknown: Unknown) -> Verdict:
        try:
            async with asyncio.timeout(LOOKING_SECONDS):
                known = await recovery.look(self._pool, unknown)
                return known or await self._read_back(unknown)
        except TimeoutError:
            return Unreadable("slow")
