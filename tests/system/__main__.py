"""`python -m tests.system`: break the whole system in every way we know while traffic flows, and
find out whether anything that was acknowledged is lost. Behind `make chaos`."""

import asyncio
import contextlib
import secrets
import shutil
import signal
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import uvloop

from tests.system import report
from tests.system.chaos import chaos
from tests.system.faults import FAULTS, impossible
from tests.system.plan import at_random
from tests.system.results import write_results
from tests.system.verdict import Verdict
from tests.system.world import world


def _arguments() -> Namespace:
    parser = ArgumentParser(prog="python -m tests.system", description=__doc__)
    parser.add_argument("--faults", type=int, default=200, help="how many to inject")
    parser.add_argument("--events", type=int, help="to be acknowledged; 5,000 a fault unless given")
    parser.add_argument("--seed", type=int, help="repeats a run's plan; a new one unless given")
    parser.add_argument("--rate", type=float, default=1200.0, help="events sent a second, at most")
    parser.add_argument("--only", default="", help="only faults with this in their name")
    parser.add_argument("--write-results", action="store_true", help="keep the table in RESULTS.md")
    return parser.parse_args()


async def _run(options: Namespace, folder: Path) -> Verdict:
    began = time.monotonic()
    with _stopping() as stopping:
        async with world(folder) as running:
            unable = impossible(running)
            for name, why in unable.items():
                report.screen.print(f"left out: {name}: {why}")
            faults = [each for each in FAULTS if each.name not in unable]
            chosen = [each for each in faults if options.only in each.name]
            run, verdict = await chaos(
                running,
                at_random(chosen, options.faults, options.seed, stopping),
                seed=options.seed,
                rate=options.rate,
                events=options.events,
                enough=stopping,
                watch=partial(report.progress, faults=options.faults),
            )
    rows = run.ledger.rows(verdict.lost, verdict.twice)
    report.screen.print(report.table(rows))
    for line in report.summary(verdict):
        report.screen.print(line, soft_wrap=True)
    if options.write_results:
        write_results(rows, verdict, options, time.monotonic() - began)
    injected = len(run.ledger.faults)
    report.print_line(report.as_json(verdict, injected, options.seed, time.monotonic() - began))
    return verdict


@contextlib.contextmanager
def _stopping() -> Iterator[asyncio.Event]:
    """Set by Ctrl-C: then nothing more is broken, and what there is is judged."""
    stopping, loop = asyncio.Event(), asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, stopping.set)
    try:
        yield stopping
    finally:
        loop.remove_signal_handler(signal.SIGINT)


def _keep(folder: Path, verdict: Verdict) -> None:
    """What helps to find out what happened: the outputs, and what is missing."""
    for data in folder.glob("kafka/*/data"):
        shutil.rmtree(data)
    (folder / "missing.txt").write_text("\n".join(verdict.missing_ids))
    (folder / "troubles.txt").write_text("\n".join(verdict.troubles()))
    report.screen.print(f"kept: {folder}", soft_wrap=True)


def main() -> int:
    """Run; 0 only if the verdict is clean."""
    options = _arguments()
    options.seed = secrets.randbelow(100_000) if options.seed is None else options.seed
    options.events = 5_000 * options.faults if options.events is None else options.events
    again = f"--faults {options.faults} --seed {options.seed} --events {options.events}"
    report.screen.print(f"seed {options.seed}; again with: python -m tests.system {again}")
    folder = Path(tempfile.mkdtemp(prefix="parley-chaos-"))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        verdict = runner.run(_run(options, folder))
    if verdict.clean:
        shutil.rmtree(folder, ignore_errors=True)
        return 0
    _keep(folder, verdict)
    report.screen.print(f"not clean; again with: python -m tests.system {again}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
