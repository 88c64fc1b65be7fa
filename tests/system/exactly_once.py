"""`python -m tests.system.exactly_once`: is each wanted effect at Meta there exactly once, and none
that nobody wanted, when those who decide and act die at random moments and Meta answers as it
likes?"""

import asyncio
import shutil
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

import uvloop

from tests.system import report
from tests.system.performance import Row, Script, perform
from tests.system.stage import Cast
from tests.system.table import as_json, table, write_results
from tests.system.upsets import MISHAPS, THROTTLES, UNREADABLE
from tests.system.world import cancelled_by_sigterm


def _arguments() -> Namespace:
    parser = ArgumentParser(prog="python -m tests.system.exactly_once", description=__doc__)
    parser.add_argument("--actions", type=int, default=5000, help="effects wanted in each run")
    parser.add_argument("--seeds", type=int, default=10, help="how many runs")
    parser.add_argument("--first-seed", type=int, default=1, help="the seed of the first")
    parser.add_argument("--kills", type=int, default=10, help="of each, moderators and executors")
    parser.add_argument("--rate", type=float, default=60.0, help="things said a second")
    parser.add_argument("--at-once", type=int, default=2, help="runs beside each other")
    parser.add_argument("--embedded", action="store_true", help="one of each, no Kafka to install")
    parser.add_argument("--write-results", action="store_true", help="keep the table")
    return parser.parse_args()


def _cast(options: Namespace, seed: int) -> Cast:
    if options.embedded:
        return Cast(seed=seed, accounts=12)
    return Cast(seed=seed, accounts=12, deciders=2, actors=2, real_kafka=True)


def _script(options: Namespace) -> Script:
    return Script(
        effects=options.actions,
        kills=options.kills,
        rate=options.rate,
        faults=(*UNREADABLE, *THROTTLES, *MISHAPS),
    )


async def _run(options: Namespace, folder: Path) -> list[Row]:
    slots = asyncio.Semaphore(options.at_once)
    rows: list[Row] = []

    async def one(seed: int) -> None:
        home = folder / str(seed)
        async with slots:
            row = await perform(home, _cast(options, seed), _script(options))
        report.screen.print(table([row]))
        rows.append(row)
        if row.clean:
            shutil.rmtree(home, ignore_errors=True)

    # Most of a run is waiting for what Meta may still do.
    with cancelled_by_sigterm():
        async with asyncio.TaskGroup() as tasks:
            for seed in range(options.first_seed, options.first_seed + options.seeds):
                tasks.create_task(one(seed))
    return sorted(rows, key=lambda row: row.seed)


def _conclude(rows: Sequence[Row], options: Namespace, folder: Path, seconds: float) -> int:
    report.screen.print(table(rows))
    if options.write_results:
        write_results(rows, options, seconds)
    report.print_line(as_json(rows))
    if all(row.clean for row in rows):
        shutil.rmtree(folder, ignore_errors=True)
        return 0
    report.screen.print(f"kept: {folder}", soft_wrap=True)
    return 1


def main() -> int:
    """Run; 0 only if all is as it should be."""
    options, began = _arguments(), time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="parley-once-"))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        rows = runner.run(_run(options, folder))
    return _conclude(rows, options, folder, time.monotonic() - began)


if __name__ == "__main__":
    sys.exit(main())
