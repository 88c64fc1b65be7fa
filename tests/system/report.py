"""What a run looks like: while it lasts, as a table by fault, and as one line of JSON."""

import asyncio
import sys
import time
from collections.abc import Mapping

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tests.system.chaos import Run
from tests.system.ledger import Row
from tests.system.verdict import Verdict

_TOLD_SECONDS = 5.0
_DRAWN_SECONDS = 0.5

screen = Console(stderr=True, highlight=False, markup=False)
if not screen.is_terminal:
    screen.width = 140


async def progress(run: Run, faults: int) -> None:
    """Say how things stand, in one line that is drawn anew or, where nobody looks, now and then a
    new one; until cancelled."""
    began = time.monotonic()
    if not screen.is_terminal:
        while True:
            await asyncio.sleep(_TOLD_SECONDS)
            screen.print(_line(run, faults, time.monotonic() - began), soft_wrap=True)
    with screen.status("") as status:
        while True:
            status.update(Text(_line(run, faults, time.monotonic() - began)))
            await asyncio.sleep(_DRAWN_SECONDS)


def _line(run: Run, faults: int, seconds: float) -> str:
    ledger = run.ledger
    now = ", ".join(fault.name for fault in ledger.faults if fault.ended == float("inf"))
    clock = f"{int(seconds) // 60:02}:{int(seconds) % 60:02}"
    return (
        f"{clock} {run.phase}: fault {len(ledger.faults)}/{faults}, "
        f"acknowledged {ledger.acknowledged:,} ({ledger.acknowledged / max(seconds, 1):,.0f}/s), "
        f"waiting {ledger.waiting:,}, behind {run.behind:,}" + (f"  [{now}]" if now else "")
    )


def table(rows: Mapping[str, Row]) -> Table:
    """By fault what happened while it lasted."""
    made = Table(title="By fault, while it lasted (what fell into several counts for each)")
    made.add_column("fault")
    for name in ("times", "seconds", "acknowledged", "503", "other", "none", "slowest", "late"):
        made.add_column(name, justify="right")
    made.add_column("missing", justify="right")
    made.add_column("twice", justify="right")
    for name, row in sorted(rows.items()):
        other = sum(count for status, count in row.answers.items() if status not in (0, 200, 503))
        made.add_row(
            name or "(none)",
            *(f"{row.times:,}", f"{row.seconds:,.0f}", f"{row.acknowledged:,}"),
            *(f"{row.answers[503]:,}", f"{other:,}", f"{row.answers[0]:,}"),
            *(f"{row.slowest:.1f} s", f"{row.late:,}", f"{row.missing:,}", f"{row.twice:,}"),
        )
    return made


def summary(verdict: Verdict) -> list[str]:
    """The verdict in words."""
    copies = ", ".join(
        f"{topic} {count:,}" for topic, count in sorted(verdict.duplicates.by_topic.items())
    )
    acknowledged = f"acknowledged {verdict.acknowledged:,} of {verdict.sent:,} events sent"
    again = f"of the enriched ones {verdict.duplicates.read_again:,} are of raw ones"
    recovered = f"{verdict.recovered_seconds:.1f} s after the last fault"
    return [
        f"{acknowledged}; dead letters {verdict.buried:,}",
        f"duplicates in Kafka, equal to the byte: {copies or 'none'}; {again}",
        f"the first new event was in Postgres {recovered}",
        f"answers after more than 4 s by receivers nothing was done to: {verdict.late:,}",
        *(verdict.troubles() or ("Nothing was lost.",)),
    ]


def as_json(verdict: Verdict, faults: int, seed: int, seconds: float) -> str:
    """The same for programs."""
    found = {
        "seed": seed,
        "faults": faults,
        "seconds": round(seconds),
        "sent": verdict.sent,
        "acknowledged": verdict.acknowledged,
        "missing": len(verdict.missing_ids),
        "twice_in_postgres": len(verdict.twice),
        "changed": len(verdict.changed),
        "never_sent": len(verdict.strangers),
        "passed_by": len(verdict.passed_by),
        "duplicates": sum(verdict.duplicates.by_topic.values()),
        "unexplained_duplicates": len(verdict.duplicates.unexplained),
        "dead_letters": verdict.buried,
        "late_answers": verdict.late,
        "recovered_seconds": round(verdict.recovered_seconds, 1),
        "clean": verdict.clean,
    }
    return msgspec.json.encode(found).decode()


def print_line(line: str) -> None:
    """One line on standard output."""
    sys.stdout.write(line + "\n")
