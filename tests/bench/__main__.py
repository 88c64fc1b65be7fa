"""`make bench`: each measurement as a ratio to its limit, both taken by turns in the same run."""

import argparse
import asyncio
import gc
import json
import logging
import os
import platform
import sys
from collections.abc import Coroutine, Iterable
from datetime import UTC, datetime
from typing import Any

import structlog
import uvloop
from rich.console import Console
from rich.table import Table

from tests.bench import (
    graph,
    growth,
    hiding,
    judge,
    loop,
    memory,
    persister,
    pipeline,
    receiver,
    results,
    splitting,
)
from tests.bench.ratio import Outcome

BENCHES = {
    "split": splitting.measure,
    "judge": judge.measure,
    "persister": persister.measure,
    "loop": loop.measure,
    "receiver": receiver.measure,
    "memory": memory.measure,
    "pipeline": pipeline.measure,
    "graph": graph.measure,
    "hide": hiding.measure,
    "growth": growth.measure,
}


def main() -> None:
    """Measure what is named, or all; the last line is JSON, values by name."""
    asked = _asked()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    console = Console(stderr=True, width=None if sys.stderr.isatty() else 160)
    console.print(f"{datetime.now(UTC):%Y-%m-%d} {platform.machine()}, {os.cpu_count()} cores")
    outcomes: list[Outcome] = []
    for name in asked.names or BENCHES:
        console.print(f"measuring {name} …", style="dim")
        outcomes += _run(BENCHES[name](asked.rounds, asked.seconds))
    table = Table("name", "ours", "limit", "unit", "ratio", "wanted", "note", box=None)
    for outcome in outcomes:
        table.add_row(*outcome.row())
    console.print(table)
    if asked.write_results:
        results.write(outcomes)
    values = {outcome.name: round(outcome.value, 4) for outcome in outcomes}
    sys.stdout.write(json.dumps(values) + "\n")


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"some of {', '.join(BENCHES)}; else all")
    parser.add_argument("--rounds", type=int, default=5, help="rounds, of which the median counts")
    parser.add_argument("--seconds", type=float, default=3.0, help="how long each one lasts")
    parser.add_argument(
        "--write-results", action="store_true", help="keep what all of them say in RESULTS.md"
    )
    asked = parser.parse_args()
    unknown = set(asked.names) - set(BENCHES)
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    if asked.names and asked.write_results:
        parser.error("RESULTS.md holds one whole run: name none to write it")
    return asked


def _run(measuring: Coroutine[Any, Any, Iterable[Outcome]]) -> Iterable[Outcome]:
    """In the same event loop, and with the same collector, as services have (lifecycle.run)."""
    gc.collect()
    gc.freeze()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(measuring)


if __name__ == "__main__":
    main()
