"""`make bench`: each measurement as a ratio to its limit, both taken by turns in the same run."""

import argparse
import asyncio
import json
import logging
import os
import platform
import sys
from datetime import UTC, datetime

import structlog
from rich.console import Console
from rich.table import Table

from tests.bench import graph, loop, persister, pipeline, receiver, splitting

BENCHES = {
    "split": splitting.measure,
    "persister": persister.measure,
    "loop": loop.measure,
    "receiver": receiver.measure,
    "pipeline": pipeline.measure,
    "graph": graph.measure,
}


def main() -> None:
    """Measure what is named, or all; the last line is JSON, values by name."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"some of {', '.join(BENCHES)}; else all")
    parser.add_argument("--rounds", type=int, default=5, help="rounds, of which the median counts")
    parser.add_argument("--seconds", type=float, default=3.0, help="how long each one lasts")
    asked = parser.parse_args()
    unknown = set(asked.names) - set(BENCHES)
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    console = Console(stderr=True, width=None if sys.stderr.isatty() else 160)
    console.print(f"{datetime.now(UTC):%Y-%m-%d} {platform.machine()}, {os.cpu_count()} cores")
    values: dict[str, float] = {}
    table = Table("name", "ours", "limit", "unit", "ratio", "wanted", "note", box=None)
    for name in asked.names or BENCHES:
        console.print(f"measuring {name} …", style="dim")
        for outcome in asyncio.run(BENCHES[name](asked.rounds, asked.seconds)):
            values[outcome.name] = round(outcome.value, 4)
            table.add_row(*outcome.row())
    console.print(table)
    sys.stdout.write(json.dumps(values) + "\n")


if __name__ == "__main__":
    main()
