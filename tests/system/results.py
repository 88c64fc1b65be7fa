"""The last long run, kept beside the harness."""

import os
import platform
import time
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path

from tests.system import report
from tests.system.ledger import Row
from tests.system.verdict import Verdict

_PATH = Path(__file__).parent / "RESULTS.md"
_HEAD = "| fault | times | seconds | acknowledged | 503 | no answer | slowest | missing | twice |"


def write_results(
    rows: Mapping[str, Row], verdict: Verdict, options: Namespace, seconds: float
) -> None:
    """Write RESULTS.md."""
    command = f"--faults {options.faults} --seed {options.seed} --events {options.events}"
    day = time.strftime("%Y-%m-%d")
    machine = f"{day}, {os.cpu_count()} cores, Python {platform.python_version()}"
    lines = [
        "# Nothing lost: the last long run",
        "",
        f"{machine}, {seconds / 60:.0f} minutes: `python -m tests.system {command}`",
        "",
        *(f"- {line}" for line in report.summary(verdict)),
        "",
        "What happened while each kind of fault lasted; what fell into several counts for each.",
        "",
        _HEAD,
        "|---|" + "---:|" * 8,
        *(_row(name, row) for name, row in sorted(rows.items())),
        "",
    ]
    _PATH.write_text("\n".join(lines))


def _row(name: str, row: Row) -> str:
    figures = (
        *(f"{row.times:,}", f"{row.seconds:,.0f}", f"{row.acknowledged:,}"),
        *(f"{row.answers[503]:,}", f"{row.answers[0]:,}", f"{row.slowest:.1f} s"),
        *(f"{row.missing:,}", f"{row.twice:,}"),
    )
    return f"| {name or '(none)'} | " + " | ".join(figures) + " |"
