"""Tells every change of an action's state on `parley.outcomes.v1`: what is not noted as told is
told, again after a crash, with the same ids."""

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec

from services.executor import metrics
from services.executor import statements as sql
from services.executor.repeating import repeat
from shared.contracts import wire
from shared.contracts.actions import Outcome
from shared.contracts.records import Outgoing
from shared.contracts.traces import following
from shared.errors import Transient
from shared.postgres.action_rows import columns
from shared.postgres.pool import Pool, transient_failures
from shared.stream.protocols import Writer

TOGETHER = 500
LAST_SECONDS = 5.0
"""How long the last ones are told for when the service stops."""

_EVERY_SECONDS = 0.2
_decode = msgspec.json.Decoder(Outcome).decode


class Teller:
    """Tells in a task of its own: calls do not wait for Kafka."""

    def __init__(self, pool: Pool, writer: Writer) -> None:
        self._pool = pool
        self._writer = writer

    async def run(self, finished: asyncio.Event) -> None:
        """Tell until nothing more will happen, and then what is left.

        Raises:
            Transient: Kafka or Postgres was away for too long.
        """
        await repeat(self._tell_all, _EVERY_SECONDS, finished)
        try:
            async with asyncio.timeout(LAST_SECONDS):
                await self._tell_all()
        except (TimeoutError, Transient):
            return  # whoever starts next tells them

    async def _tell_all(self) -> None:
        while await self._tell() == TOGETHER:
            pass

    async def _tell(self) -> int:
        with transient_failures():
            async with self._pool.acquire() as connection, connection.transaction():
                if not await connection.fetchval(sql.TELLING):
                    return 0
                rows = await connection.fetch(sql.UNTOLD, TOGETHER)
                if rows:
                    await self._writer.write([_record(row) for row in rows])
                    told = columns([(row["action_id"], row["number"]) for row in rows])
                    await connection.execute(sql.TOLD, *told)
        metrics.TOLD.inc(len(rows))
        return len(rows)


def _record(row: Mapping[str, Any]) -> Outgoing:
    trace = (row["traceparent"] or "").encode()
    return wire.outcome_record(_decode(row["outcome"]), following(trace))
