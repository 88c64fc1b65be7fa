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

from tests.bench import loop, persister, receiver, splitting

BENCHES = {
    "split": splitting.measure,
    "persister": persister.measure,
    "loop": loop.measure,
    "receiver": receiver.measure,
}


def main() -> None:
    """Measure what is named, or all; the last line is JSON, ratios by name."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"some of {', '.join(BENCHES)}; else all")
    parser.add_argument("--rounds", type=int, default=3, help="rounds, of which the median counts")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long each one lasts")
    asked = parser.parse_args()
    unknown = set(asked.names) - set(BENCHES)
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    console = Console(stderr=True)
    console.print(f"{datetime.now(UTC):%Y-%m-%d} {platform.machine()}, {os.cpu_count()} cores")
    ratios: dict[str, float] = {}
    table = Table("name", "ours", "limit", "unit", "ratio", "at least", "note", box=None)
    for name in asked.names or BENCHES:
        console.print(f"measuring {name} …", style="dim")
        for ratio in asyncio.run(BENCHES[name](asked.rounds, asked.seconds)):
            ratios[ratio.name] = round(ratio.value, 3)
            table.add_row(*ratio.row(), ratio.note)
    console.print(table)
    sys.stdout.write(json.dumps(ratios) + "\n")


if __name__ == "__main__":
    main()
