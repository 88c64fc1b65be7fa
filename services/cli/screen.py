"""What commands say: data to standard output, words to standard error, nothing a terminal obeys.

What people wrote can hold escape sequences that retitle, recolour or type into a terminal, so
whatever comes from outside goes through `printable` on its way to a person.
"""

import sys
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Never

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

_JOINERS = "\u200c\u200d"
"""Written inside Persian words and emoji; they move nothing."""

_UNTRUNCATED = 10_000


class Output(StrEnum):
    """Who reads the answer."""

    TABLE = "table"
    JSON = "json"


OutputOption = Annotated[
    Output, typer.Option("--output", "-o", help="table for people, json for programs.")
]


def printable(text: str) -> str:
    """`text` on one line, with everything that could steer a terminal written as an escape."""
    return "".join(map(_printable, text))


def _printable(character: str) -> str:
    category = unicodedata.category(character)
    steers = category[0] == "C" or category in ("Zl", "Zp")
    if not steers or character in _JOINERS:
        return character
    return character.encode("unicode_escape").decode()


def console(*, stderr: bool = False) -> Console:
    """Standard output or error as rich sees it now; into a pipe nothing is coloured or cut."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else _UNTRUNCATED
    return Console(file=stream, width=width, highlight=False, emoji=False, markup=False)


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table for a person."""
    shown = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        shown.add_row(*(Text(printable(str(cell))) for cell in row))
    console().print(shown)


def rows(output: Output, found: Sequence[Mapping[str, object]], columns: Sequence[str]) -> None:
    """Print `found` as a table, or whole as a JSON array; the keys of a row are its columns."""
    if output is Output.JSON:
        data(found)
    elif found:
        table([name.upper() for name in columns], [[_cell(r[c]) for c in columns] for r in found])


def _cell(value: object) -> object:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return "" if value is None else value


def data(value: object) -> None:
    """Print one JSON document, which escapes control characters by itself."""
    line(msgspec.json.encode(value).decode())


def line(text: str) -> None:
    """Print one line of the answer and hand it on at once: a reader may wait for it."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def say(text: str) -> None:
    """Tell the person something that is no part of the answer."""
    typer.echo(text, err=True)


def fail(text: str, code: int = 1) -> Never:
    """Say in one line what is wrong and what to do, and end with `code`."""
    say(text)
    raise typer.Exit(code)


def ask(question: str) -> None:
    """Go on only if the person agrees; without one to ask, `--yes` is what agrees."""
    if not sys.stdin.isatty():
        fail(f"{question} There is nobody to ask here: add --yes to agree.", 2)
    if not typer.confirm(question, err=True):
        raise typer.Exit(1)
