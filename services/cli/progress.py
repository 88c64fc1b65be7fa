"""How far a long piece of work is: a bar on a terminal, a line now and then elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from services.cli import screen

LINE_SECONDS = 5.0

Advance = Callable[[int, str], None]
"""How much is done by now, and a word about the last of it."""


@contextmanager
def progress(doing: str, total: int | None) -> Iterator[Advance]:
    """Show how much of `total` is done, on standard error."""
    console = screen.console(stderr=True)
    if not console.is_terminal:
        yield _lines(doing, total)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(doing, total=total)
        yield lambda done, _: bar.update(task, completed=done)


def _lines(doing: str, total: int | None) -> Advance:
    said_at = float("-inf")

    def advance(done: int, last: str) -> None:
        nonlocal said_at
        if time.monotonic() - said_at < LINE_SECONDS:
            return
        said_at = time.monotonic()
        of = "" if total is None else f" of {total}"
        screen.say(f"{doing} {done}{of}" + (f", last {screen.printable(last)}" if last else ""))

    return advance
