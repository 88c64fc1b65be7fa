"""Raw events in, enriched events out: everything with a lifetime or an effect is in here."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from cachetools import LRUCache
from msgspec import json
from msgspec.structs import replace

from services.enricher import metrics
from services.enricher.directory import Directory
from services.enricher.identity import Identity, identity
from services.enricher.library import Library
from services.enricher.lookups import partial
from services.enricher.merging import merge
from services.enricher.normalise import normalise
from shared.contracts import wire
from shared.contracts.enriched import EnrichedEvent
from shared.contracts.raw import RawEvent
from shared.contracts.records import Record
from shared.errors import Poison
from shared.postgres.accounts import Account
from shared.service.metrics import observe_ages
from shared.service.tracing import onward
from shared.stream.protocols import Writer

GROUP = "enricher"

ASKING_SECONDS = 6.0
"""How old an event may be, from when it was read, for Graph to be asked about it. Beyond that only
what is remembered counts, so that with the write it stays below 10 s (design §4.5)."""

_NOBODY = {"", "0"}
"""The accounts of deliveries that name none, and of the samples that Meta's dashboard sends."""

_decoder = json.Decoder(RawEvent)
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Work:
    """One record, decoded, with the time it was read."""

    record: Record
    event: RawEvent
    read_at: float


def take(record: Record) -> Work:
    """`record` as work.

    Raises:
        Poison: it holds no raw event.
    """
    return Work(record, wire.decode(record, _decoder), time.monotonic())


def lane(work: Work) -> tuple[str, str]:
    """What is handled in order and one batch at a time: an account."""
    return work.event.platform, work.event.account


class Enricher:
    """Enriches batches, each of one account."""

    def __init__(
        self,
        directory: Directory,
        library: Library,
        writer: Writer,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._directory = directory
        self._library = library
        self._writer = writer
        self._clock = clock
        self._named: LRUCache[tuple[str, str], bool] = LRUCache(10_000)

    async def handle(self, works: Sequence[Work]) -> None:
        """Write the enriched event of each of `works`, in their order.

        Raises:
            Poison: an event names an account of another app than the one that signed it.
            Transient: Kafka did not acknowledge, or accounts can't be read.
        """
        platform, account_id = lane(works[0])
        account = None
        if account_id not in _NOBODY:
            account = await self._directory.find(platform, account_id)
        for work in works:
            if account and work.event.app != account.app:
                raise Poison(work.record, "forged")
        enriched = await self._enrich(works, account)
        await self._writer.write(
            [
                wire.enriched_record(event, onward(work.record))
                for work, event in zip(works, enriched, strict=True)
            ]
        )
        _count(enriched)

    async def _enrich(
        self, works: Sequence[Work], account: Account | None
    ) -> Sequence[EnrichedEvent]:
        platform, account_id = lane(works[0])
        us = _us(account_id, account)
        events = [normalise(work.event, us) for work in works]
        if account is None:
            if not all(event.event.test for event in events):
                self._name_unknown(platform, account_id)
            return _all_partial(events, "account_unknown")
        if account.status != "connected":
            return _all_partial(events, f"account_{account.status}")
        real = [event for event in events if not event.event.test]
        patience = ASKING_SECONDS - (self._clock() - works[0].read_at)
        answers = await self._library.answer(platform, account_id, account.login, real, patience)
        return [event if event.event.test else merge(event, answers, us) for event in events]

    def _name_unknown(self, platform: str, account: str) -> None:
        if (platform, account) not in self._named:
            self._named[platform, account] = True
            _log.info("account_unknown", platform=platform, account=account)


def _us(account_id: str, account: Account | None) -> Identity:
    if account is None:
        return identity(account_id)
    return identity(account_id, account.id, account.scoped_id, username=account.username)


def _all_partial(events: Sequence[EnrichedEvent], reason: str) -> list[EnrichedEvent]:
    return [
        event if event.event.test else replace(event, enrichment=partial(reason))
        for event in events
    ]


def _count(events: Sequence[EnrichedEvent]) -> None:
    observe_ages("enriched", _arrivals(events), datetime.now(UTC))
    for event in events:
        metrics.EVENTS.labels(event.event.kind, event.enrichment.status).inc()
        for reason in event.enrichment.reasons:
            metrics.PARTIAL.labels(reason).inc()


def _arrivals(events: Sequence[EnrichedEvent]) -> list[datetime]:
    raws = (event.event for event in events)
    return [raw.received_at for raw in raws if raw.origin == "webhook"]
