"""Reads the running stack's own metrics, and says what they mean for the live view."""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import aiohttp
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from services.cli.stack import Stack

_ENDED = "parley_executor_actions_ended_total"
_REPLIES = ("reply", "private_reply", "message")
_TIMEOUT = aiohttp.ClientTimeout(total=2)


@dataclass(frozen=True, kw_only=True)
class Gauges:
    """What all services together have done so far."""

    sent: int = 0
    received: int = 0
    enriched: int = 0
    persisted: int = 0
    lag: int = 0
    dead: int = 0
    hidden: int = 0
    replied: int = 0
    queued: int = 0
    unknown: int = 0
    failed: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)
    partial: Mapping[str, int] = field(default_factory=dict)
    buckets: Mapping[float, float] = field(default_factory=dict)

    def quantile(self, share: float) -> float | None:
        """The upper end, in seconds, of the bucket in which that share of events is reached."""
        total = max(self.buckets.values(), default=0)
        for bound in sorted(self.buckets):
            if total and self.buckets[bound] >= share * total:
                return bound
        return None


class Scraper:
    """Asks every service; one that doesn't answer counts with what it said last."""

    def __init__(self, stack: Stack, session: aiohttp.ClientSession) -> None:
        self._stack = stack
        self._session = session
        self._said: dict[str, list[Metric]] = {}

    async def read(self) -> Gauges:
        """The state of things now."""
        await asyncio.gather(*(self._scrape(name) for name in self._stack.admin_ports))
        receiver, enricher = self._said.get("receiver", []), self._said.get("enricher", [])
        persister, executor = self._said.get("persister", []), self._said.get("executor", [])
        everywhere = [family for said in self._said.values() for family in said]
        refused = _by_label(receiver, "parley_webhook_requests_total", "outcome")
        refused.pop("accepted", None)
        return Gauges(
            sent=_total(
                self._said.get("simulator", []), "parley_simulator_events_acknowledged_total"
            ),
            received=_total(receiver, "parley_webhook_events_total"),
            enriched=_total(enricher, "parley_consumer_records_total", outcome="ok"),
            persisted=_total(persister, "parley_persister_rows_total", table="events"),
            lag=_total(everywhere, "parley_consumer_lag_records"),
            dead=_total(everywhere, "parley_dlq_records_total"),
            hidden=_total(executor, _ENDED, kind="hide", outcome="sent"),
            replied=sum(_total(executor, _ENDED, kind=kind, outcome="sent") for kind in _REPLIES),
            queued=_total(executor, _ENDED, kind="queue", outcome="sent"),
            unknown=_total(executor, "parley_executor_actions_open", state="unknown"),
            failed=sum(_total(executor, _ENDED, outcome=end) for end in ("failed", "expired")),
            refused=refused,
            partial=_by_label(enricher, "parley_enriched_partial_total", "reason"),
            buckets=_buckets(persister, "parley_event_since_received_seconds", stage="persisted"),
        )

    async def _scrape(self, name: str) -> None:
        url = f"http://127.0.0.1:{self._stack.admin_ports[name]}/metrics"
        with suppress(aiohttp.ClientError, TimeoutError):
            async with self._session.get(url, timeout=_TIMEOUT) as answer:
                self._said[name] = list(text_string_to_metric_families(await answer.text()))


def _samples(
    families: Iterable[Metric], name: str, **labels: str
) -> Iterable[tuple[dict[str, str], float]]:
    for family in families:
        for sample in family.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                yield sample.labels, sample.value


def _total(families: Iterable[Metric], name: str, **labels: str) -> int:
    return int(sum(value for _, value in _samples(families, name, **labels)))


def _by_label(families: Iterable[Metric], name: str, label: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for labels, value in _samples(families, name):
        found[labels[label]] = found.get(labels[label], 0) + int(value)
    return {name: count for name, count in found.items() if count}


def _buckets(families: Iterable[Metric], name: str, **labels: str) -> dict[float, float]:
    found: dict[float, float] = {}
    for said, value in _samples(families, name + "_bucket", **labels):
        bound = float(said["le"])
        found[bound] = found.get(bound, 0) + value
    return found
