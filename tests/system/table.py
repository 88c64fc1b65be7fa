"""What the runs of the exactly-once proof came to: a table, a line of JSON, and the file that keeps
the last long one."""

import os
import platform
import time
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

import msgspec
from rich.table import Table

from tests.system.performance import Row

_PATH = Path(__file__).parent / "EXACTLY_ONCE.md"
_COLUMNS = (
    *("seed", "wanted", "done", "actions", "kills", "unsure", "nameless", "by hand"),
    *("duplicates", "missing", "unwanted", "orphans", "unkept", "open", "unknown", "seconds"),
)
_HEAD = """# Exactly once at Meta: the last long run

{machine}, {minutes:.0f} minutes: `python -m tests.system.exactly_once {command}`

`wanted` effects were known before the run, from its seed; `done` are those of them in the
simulator's ledger of writes. `unsure` are the actions whose outcome was unknown for a while, as
somebody was killed or Meta's answer got lost; `nameless` the comments whose author Meta did not
name and Graph did not tell in time: they are moderated, and answered by nobody. `by hand` were
proven not to be done after two tries, and were tried again by `parley actions retry`. `orphans` are
messages and replies at Meta that no action knows to be its own, `unkept` our own blocks, tags and
queue where they are not as they should be.

"""


def _cells(row: Row) -> list[str]:
    found = row.tally
    wrong = (found.duplicates, found.missing, found.unwanted, found.orphans, row.unkept)
    counts = (row.seed, found.wanted, found.done, row.actions, row.kills, row.unsure, row.nameless)
    ends = (row.by_hand, *map(len, wrong), row.open, row.unknown, round(row.seconds))
    return [f"{count:,}" for count in (*counts, *ends)]


def table(rows: Sequence[Row]) -> Table:
    """One line for each run."""
    made = Table()
    for name in _COLUMNS:
        made.add_column(name, justify="right")
    for row in rows:
        made.add_row(*_cells(row))
    return made


def as_json(rows: Sequence[Row]) -> str:
    """The same for programs."""
    found = [dict(zip(_COLUMNS, _cells(row), strict=True)) | {"clean": row.clean} for row in rows]
    return msgspec.json.encode(found).decode()


def write_results(rows: Sequence[Row], options: Namespace, seconds: float) -> None:
    """Write EXACTLY_ONCE.md."""
    how = f"--actions {options.actions} --seeds {options.seeds} --first-seed {options.first_seed}"
    day = time.strftime("%Y-%m-%d")
    machine = f"{day}, {os.cpu_count()} cores, Python {platform.python_version()}"
    lines = [
        f"| {' | '.join(_COLUMNS)} |",
        "|" + "---:|" * len(_COLUMNS),
        *(f"| {' | '.join(_cells(row))} |" for row in rows),
    ]
    command = f"{how} --kills {options.kills}" + (" --embedded" if options.embedded else "")
    head = _HEAD.format(machine=machine, minutes=seconds / 60, command=command)
    _PATH.write_text(head + "\n".join(lines) + "\n")
