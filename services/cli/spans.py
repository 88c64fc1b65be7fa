"""Times as people give them: `--since 2h`, `--from 2026-11-20`."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from services.cli import screen

SinceOption = Annotated[
    str | None,
    typer.Option("--since", metavar="SPAN", help="Not older than 90s, 15m, 2h, 30d or 4w."),
]

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SPAN = re.compile(r"([0-9]{1,6})([smhdw])")


def since(span: str) -> datetime:
    """The moment that was so long ago. Exits 2 for what is no span of time."""
    found = _SPAN.fullmatch(span)
    if found is None:
        screen.fail(f"{screen.printable(span)} is no span of time: write 90s, 15m, 2h or 30d.", 2)
    try:
        return datetime.now(UTC) - timedelta(**{_UNITS[found[2]]: int(found[1])})
    except OverflowError:
        screen.fail(f"{span} is longer than there were people.", 2)


def moment(written: str) -> datetime:
    """A time in ISO 8601, in UTC unless it says otherwise, or how long ago that was, as `since`
    reads it. Exits 2 for what is neither."""
    if _SPAN.fullmatch(written):
        return since(written)
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        shown = screen.printable(written)
        screen.fail(f"{shown} is no time: write 2026-11-20, 2026-11-20T08:30 or 2h.", 2)
    return found.replace(tzinfo=found.tzinfo or UTC)
