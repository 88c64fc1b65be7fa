"""What every process tells of itself, and how old events are when they reach each stage."""

import platform
from collections.abc import Iterable
from datetime import datetime
from importlib.metadata import version
from os import environ

from prometheus_client import Gauge, Histogram

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600)

SINCE_RECEIVED = Histogram(
    "parley_event_since_received_seconds",
    "From the receiver's clock until an event of a webhook was enriched, persisted or decided "
    "upon. Worry when the 99th percentile of persisted passes 30 s, or of enriched 10 s: both are "
    "promised.",
    ["stage"],
    buckets=_SECONDS,
)
SINCE_OCCURRED = Histogram(
    "parley_event_since_occurred_seconds",
    "From Meta's own time until an event was received, or until what was done about it was acted "
    "out at Meta. Worry when received grows: Meta delivers late.",
    ["stage"],
    buckets=_SECONDS,
)
_BUILD = Gauge(
    "parley_build_info",
    "1 for each process that runs. Worry when a service has none, or two versions for longer than "
    "a rollout takes.",
    ["service", "version", "revision", "python"],
)


def tell_build(service: str) -> None:
    """Show what this process is; an image knows its revision."""
    revision = environ.get("REVISION", "unknown")
    _BUILD.labels(service, version("parley"), revision, platform.python_version()).set(1)


def observe_ages(stage: str, received: Iterable[datetime], now: datetime) -> None:
    """Count events that have reached `stage` by when they were received."""
    reached = SINCE_RECEIVED.labels(stage)
    for at in received:
        reached.observe(max(0.0, (now - at).total_seconds()))
