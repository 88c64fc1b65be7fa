"""Fuzzing: guided by coverage where atheris is installed, else by Hypothesis.

The corpus is kept in `.cache/fuzz`, so that each run goes on where the last one ended.
"""

import argparse
import importlib.util
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from tests.system.fuzz_shapes import PAYLOADS, mutated, seeds

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / ".cache" / "fuzz"
NAMES = ("splitter", "enricher", "signature", "challenge", "time")
_STRUCTURED = ("splitter", "enricher")
_SHARES = {"splitter": 0.4, "enricher": 0.2, "signature": 0.2, "challenge": 0.1, "time": 0.1}
_LONGEST = 16_384
_COUNT = re.compile(r"#(\d+)\s")
_COVERAGE = re.compile(r"cov: (\d+)")


class Run(NamedTuple):
    """What one target's inputs came to."""

    inputs: int
    seconds: float
    coverage: str
    crash: str


def by_hypothesis(check: Callable[[bytes], None], inputs: int) -> None:
    """Call `check` with so many inputs, the same at each run: bytes, and deliveries changed as
    JSON.

    Raises:
        AssertionError, and whatever else `check` does, for the smallest input that was found.
    """
    from hypothesis import HealthCheck, given, settings
    from hypothesis import strategies as st

    structured = st.builds(
        lambda body, number: mutated(body, Random(number)),
        st.sampled_from(seeds()),
        st.integers(0, 2**32),
    )

    @settings(
        max_examples=inputs,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(structured | st.binary(max_size=400))
    def run(body: bytes) -> None:
        check(body)

    run()


def by_coverage(name: str, arguments: list[str]) -> None:
    """Fuzz one target in this process, which ends with it; the arguments are libFuzzer's."""
    import atheris

    with atheris.instrument_imports(
        include=["shared.meta", "shared.contracts", "services.enricher"]
    ):
        from tests.system.fuzz_targets import TARGETS

    def mutator(data: bytes, most: int, seed: int) -> bytes:
        random = Random(seed)
        if name not in _STRUCTURED or random.random() < 0.2:
            return bytes(atheris.Mutate(data, most))
        return mutated(data or random.choice(seeds()), random)[:most]

    atheris.Setup([sys.argv[0], *arguments], TARGETS[name], custom_mutator=mutator)
    atheris.Fuzz()


def _child(name: str, inputs: int, seconds: int) -> Run:
    corpus = CORPUS / name
    corpus.mkdir(parents=True, exist_ok=True)
    limits = [f"-runs={inputs}", f"-max_total_time={seconds}", f"-max_len={_LONGEST}"]
    found = f"-artifact_prefix={corpus.parent}/{name}-"
    folders = [str(corpus), *([str(PAYLOADS)] if name in _STRUCTURED else [])]
    command = [sys.executable, "-m", "tests.system.fuzz", "--child", name, *folders, *limits, found]
    started = time.monotonic()
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    told = ended.stderr.decode(errors="replace") + ended.stdout.decode(errors="replace")
    counts = _COUNT.findall(told)
    crash = "" if ended.returncode == 0 else told[-3000:]
    coverage = _COVERAGE.findall(told)
    inputs_done = int(counts[-1]) if counts else 0
    return Run(inputs_done, time.monotonic() - started, coverage[-1] if coverage else "?", crash)


def _uncovered(name: str, inputs: int) -> Run:
    from tests.system.fuzz_targets import TARGETS

    started = time.monotonic()
    by_hypothesis(TARGETS[name], inputs)
    return Run(inputs, time.monotonic() - started, "not measured", "")


def main() -> None:
    """`fuzz [TARGET …]`: all targets share the inputs."""
    if sys.argv[1:2] == ["--child"]:
        by_coverage(sys.argv[2], sys.argv[3:])
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"some of {', '.join(NAMES)}; else all")
    parser.add_argument("--inputs", type=int, default=1_000_000, help="for all targets together")
    parser.add_argument("--seconds", type=int, default=3600, help="for each target, at most")
    asked = parser.parse_args()
    names = asked.names or NAMES
    whole = sum(_SHARES[name] for name in names)
    guided = importlib.util.find_spec("atheris") is not None
    table = Table("target", "inputs", "a second", "edges covered", "found")
    console = Console()
    crashed = False
    for name in names:
        inputs = int(asked.inputs * _SHARES[name] / whole)
        run = _child(name, inputs, asked.seconds) if guided else _uncovered(name, inputs)
        pace = run.inputs / max(run.seconds, 1)
        found = "a crash" if run.crash else "nothing"
        table.add_row(name, f"{run.inputs:,}", f"{pace:,.0f}", run.coverage, found)
        if run.crash:
            crashed = True
            console.print(run.crash, highlight=False, markup=False)
    console.print(table)
    sys.exit(1 if crashed else 0)


if __name__ == "__main__":
    main()
