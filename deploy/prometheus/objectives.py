"""Writes `objectives.yaml`: how fast each objective's error budget is spent, and when that is a
page or a ticket (`make monitoring`)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).with_name("objectives.yaml")

_HOURS = {"5m": 1 / 12, "30m": 0.5, "1h": 1, "6h": 6, "3d": 72}

# How many times faster than the budget of 30 days lasts, seen over a long and a short window
# (Google's SRE workbook, chapter 5): the short one ends the alert soon after the trouble.
_PAGES = ((14.4, "1h", "5m"), (6.0, "6h", "30m"))
_TICKETS = ((1.0, "3d", "6h"),)

_FEW = 10
"""With little traffic one failure is a large share: so many must have failed."""


@dataclass(frozen=True, kw_only=True)
class Objective:
    """`share` of `everything` must be in `good`: PromQL with `$window` for the range."""

    alert: str
    noun: str
    promise: str
    share: float
    good: str
    everything: str
    dashboard: str

    def rate(self, which: str, window: str) -> str:
        """The name of a recorded rate."""
        return f"parley:{self.noun}_{which}:rate{window}"


OBJECTIVES = (
    Objective(
        alert="DeliveriesUnanswered",
        noun="deliveries",
        promise="signed deliveries answered 200 within 1 s",
        share=0.999,
        good='sum(rate(parley_webhook_request_duration_seconds_bucket{status="200",le="1.0"}'
        "[$window]))",
        # A 503 may come before the signature is looked at: it counts, since Meta must come again.
        everything='sum(rate(parley_webhook_request_duration_seconds_count{status=~"200|503"}'
        "[$window]))",
        dashboard="/d/parley-receiver",
    ),
    Objective(
        alert="EventsPersistedLate",
        noun="events",
        promise="events persisted within 30 s",
        share=0.99,
        good='sum(rate(parley_event_since_received_seconds_bucket{stage="persisted",le="30.0"}'
        "[$window]))",
        # Dead letters are not persisted; forged ones never should be.
        everything='sum(rate(parley_event_since_received_seconds_count{stage="persisted"}'
        "[$window]))"
        ' + (sum(rate(parley_dlq_records_total{group=~"enricher|persister",reason!="forged"}'
        "[$window])) or vector(0))",
        dashboard="/d/parley-consumers",
    ),
    Objective(
        alert="ActionsLate",
        noun="actions",
        promise="due actions done or explained within 5 minutes",
        share=0.99,
        good='sum(rate(parley_executor_action_duration_seconds_bucket{le="300.0"}[$window]))',
        everything="sum(rate(parley_executor_action_duration_seconds_count[$window]))",
        dashboard="/d/parley-actions",
    ),
)


def rules() -> dict[str, Any]:
    """All of them, as Prometheus reads them."""
    return {
        "groups": [
            {
                "name": f"parley-{objective.noun}",
                "rules": [
                    *(rule for window in _HOURS for rule in _recorded(objective, window)),
                    _alert(objective, "page", _PAGES),
                    _alert(objective, "ticket", _TICKETS),
                ],
            }
            for objective in OBJECTIVES
        ]
    }


def _recorded(objective: Objective, window: str) -> list[dict[str, str]]:
    everything = objective.rate("all", window)
    good = objective.good.replace("$window", window)
    return [
        {"record": everything, "expr": objective.everything.replace("$window", window)},
        {
            "record": objective.rate("missed", window),
            "expr": f"{everything} - ({good} or vector(0))",
        },
    ]


def _alert(
    objective: Objective, severity: str, burns: tuple[tuple[float, str, str], ...]
) -> dict[str, Any]:
    return {
        "alert": objective.alert,
        "expr": "\nor\n".join(_burn(objective, *burn) for burn in burns),
        "labels": {"severity": severity},
        "annotations": {
            "summary": f"Fewer than {objective.share:.1%} of {objective.promise}",
            "description": "{{ $value | humanizePercentage }} miss it. At this rate the budget of "
            f"30 days is spent in {30 / burns[-1][0]:g}, or fewer.",
            "runbook_url": f"deploy/runbooks/{objective.alert}.md",
            "dashboard": objective.dashboard,
        },
    }


def _burn(objective: Objective, factor: float, long: str, short: str) -> str:
    limit = f"{factor:g} * {1 - objective.share:.4g}"
    missed = {window: objective.rate("missed", window) for window in (long, short)}
    shares = [f"{missed[window]} / {objective.rate('all', window)}" for window in (long, short)]
    seconds = round(_HOURS[long] * 3600)
    return (
        f"({shares[0]} > {limit}\n"
        f" and {shares[1]} > {limit}\n"
        f" and {missed[long]} * {seconds} > {_FEW})"
    )


def written() -> str:
    """What `objectives.yaml` holds."""
    head = "# Written by deploy/prometheus/objectives.py (make monitoring).\n"
    return head + yaml.dump(rules(), Dumper=_Dumper, sort_keys=False, width=1000)


class _Dumper(yaml.SafeDumper):
    """Writes what has lines as lines."""

    def represent_str(self, data: str) -> yaml.ScalarNode:
        """See SafeDumper."""
        return self.represent_scalar("tag:yaml.org,2002:str", data, "|" if "\n" in data else None)


_Dumper.add_representer(str, _Dumper.represent_str)


if __name__ == "__main__":
    FILE.write_text(written())
