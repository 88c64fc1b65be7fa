"""What one run of sending came to."""

from dataclasses import asdict, dataclass
from typing import Any

from services.simulator.latency import Latencies
from services.simulator.ledger import Ledger


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """Events by fate and kind, answers by outcome, latencies from the intended start.

    `latency_seconds` has the percentiles `p50`, `p90`, `p99`, `p99.9` and `max`.
    """

    seconds: float
    events: dict[str, int]
    kinds: dict[str, int]
    answers: dict[str, int]
    latency_seconds: dict[str, float]

    @property
    def complete(self) -> bool:
        """All that was sent was acknowledged, and nothing forged was."""
        events = self.events
        return events["sent"] == events["acknowledged"] and not events["forged_and_accepted"]

    @property
    def events_per_second(self) -> float:
        """Acknowledged events a second."""
        return self.events["acknowledged"] / self.seconds if self.seconds else 0.0

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"events_per_second": self.events_per_second}


def summarise(ledger: Ledger, latencies: Latencies, seconds: float) -> Report:
    """The report of what has been sent until now."""
    percentiles = {f"p{percent:g}": latencies.percentile(percent) for percent in (50, 90, 99, 99.9)}
    return Report(
        seconds=seconds,
        events=ledger.counts(),
        kinds=ledger.kinds(),
        answers=dict(sorted(ledger.answers.items())),
        latency_seconds=percentiles | {"max": latencies.largest},
    )
