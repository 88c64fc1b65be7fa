"""Enriched events in, actions out: a batch is decided, committed, and only then published."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from time import perf_counter

from services.moderator import metrics
from services.moderator.history import own_comment_of
from services.moderator.rows import outcome_of, owner_of
from services.moderator.rulebooks import Rulebooks
from services.moderator.scorers import score
from services.moderator.store import Books, Settled, settle
from services.moderator.wording import Text
from services.moderator.works import Work
from shared.contracts import wire
from shared.postgres.pool import Pool
from shared.postgres.rules import RuleSets
from shared.service.metrics import observe_ages
from shared.service.tracing import onward
from shared.stream.protocols import Writer


def _now() -> datetime:
    return datetime.now(UTC)


class Moderator:
    """Decides about batches of any accounts."""

    def __init__(self, pool: Pool, writer: Writer, now: Callable[[], datetime] = _now) -> None:
        self._pool = pool
        self._writer = writer
        self._now = now
        self._rulebooks = Rulebooks(RuleSets(pool))

    async def handle(self, works: Sequence[Work]) -> None:
        """Decide about each of `works` that was not decided about before, and publish what is to be
        done about all of them: whoever died before he had published it, did not.

        Raises:
            Poison: `unstorable`, naming that record.
            Transient: Postgres or Kafka did not take it.
        """
        began = perf_counter()
        telling = [work for work in works if _tells(work)]
        metrics.EVENTS.labels("not_judged").inc(len(works) - len(telling))
        if not telling:
            return
        books = await self._rulebooks.of({owner_of(work.facts) for work in telling})
        await _score(telling, books)
        settled = await settle(self._pool, telling, books, self._now())
        metrics.BATCH_SECONDS.observe(perf_counter() - began)
        metrics.BATCH_EVENTS.observe(len(telling))
        await self._publish(settled)
        _count(settled, self._now())

    async def _publish(self, settled: Sequence[Settled]) -> None:
        actions = [
            wire.action_record(action, onward(each.work.record))
            for each in settled
            if each.decision is not None
            for action in each.decision.actions
        ]
        if actions:
            await self._writer.write(actions)


def _tells(work: Work) -> bool:
    """Most of what happens in a conversation says nothing that a rule could go by."""
    return work.facts.kind is not None or own_comment_of(work.facts) is not None


async def _score(works: Sequence[Work], books: Books) -> None:
    """Before the transaction and beside the event loop: a model takes its time."""
    asked: dict[frozenset[str], list[Text]] = defaultdict(list)
    for work in works:
        if not work.facts.own:
            asked[books[owner_of(work.facts)].rules.scorers].append(work.text)
    for names, texts in asked.items():
        if names:
            await asyncio.to_thread(score, names, texts)


def _count(settled: Sequence[Settled], now: datetime) -> None:
    judged = []
    for each in settled:
        if each.again or each.decision is None:
            metrics.EVENTS.labels("redelivered").inc()
            continue
        outcome = outcome_of(each.decision)
        metrics.EVENTS.labels(outcome).inc()
        for action in each.decision.actions:
            metrics.ACTIONS.labels(action.kind).inc()
        for wanted in each.decision.wanted:
            if wanted.held is not None:
                metrics.HELD.labels(wanted.held).inc()
        if outcome != "excused":
            judged.append(each.work.facts.received_at)
    observe_ages("decided", judged, now)
