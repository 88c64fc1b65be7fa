"""What a moderator does beside its work: it shows what is stopped, and forgets what is too old."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta

import msgspec
import structlog

from services.moderator import metrics
from services.moderator.breaker import RECENT, USUAL
from services.moderator.horizon import horizon
from services.moderator.rules import RuleSet
from services.moderator.statements import forget
from shared.errors import Transient
from shared.postgres.pool import Pool, transient_failures
from shared.postgres.rules import Brakes, RuleSets, StoredSet

EVERY_SECONDS = 15.0
FORGET_SECONDS = 600.0

KEPT = timedelta(days=30)
"""At least; so that a new rule finds something to go by, and a person what a rule matched."""

ROWS_TOGETHER = 5000
ROUNDS = 20
"""At most, so that one turn of forgetting ends soon; the rest waits for the next."""

_log = structlog.get_logger()


async def keep_house(pool: Pool, stopping: asyncio.Event) -> None:
    """Until told to stop. Postgres may be away meanwhile: the work itself finds that out."""
    forget_at = asyncio.get_running_loop().time()
    while not stopping.is_set():
        try:
            await show(pool)
            if asyncio.get_running_loop().time() >= forget_at:
                await forget_old(pool, datetime.now(UTC))
                forget_at = asyncio.get_running_loop().time() + FORGET_SECONDS
        except Transient as exc:
            _log.warning("housekeeping_waits", reason=exc.reason)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(EVERY_SECONDS):
                await stopping.wait()


async def show(pool: Pool) -> None:
    """Let the metrics say what is stopped."""
    brakes = Brakes(pool)
    metrics.BREAKERS_OPEN.set(len(await brakes.breakers()))
    metrics.BRAKES_ON.set(len(await brakes.pulled()))


async def forget_old(pool: Pool, now: datetime) -> None:
    """Delete what no rule in force looks back to. What was decided is kept for ever.

    Raises:
        Transient: Postgres can't be asked.
    """
    sets = [_rules_of(stored) for stored in await RuleSets(pool).in_force()]
    history = now - max(KEPT, horizon(sets))
    await _forget(pool, "sayings", forget.SAYINGS, history)
    await _forget(pool, "hits", forget.HITS, history)
    await _forget(pool, "rule_rates", forget.RATES, now - RECENT - USUAL)


def _rules_of(stored: StoredSet) -> RuleSet:
    """What cannot be read asks for nothing; its metric rises elsewhere."""
    try:
        return msgspec.json.decode(stored.document, type=RuleSet)
    except msgspec.MsgspecError:
        return RuleSet()


async def _forget(pool: Pool, table: str, statement: str, before: datetime) -> None:
    for _ in range(ROUNDS):
        with transient_failures():
            deleted = await pool.fetchval(statement, before, ROWS_TOGETHER)
        metrics.FORGOTTEN.labels(table).inc(deleted)
        if deleted < ROWS_TOGETHER:
            return
