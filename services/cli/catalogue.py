"""`parley metrics`: every metric of every service, read off their declarations."""

from collections.abc import Iterator
from importlib import import_module
from inspect import getdoc
from typing import NamedTuple

import typer
from prometheus_client.metrics import MetricWrapperBase

from services.cli import screen
from services.cli.reference import SERVICES
from services.cli.screen import Output, OutputOption

metrics = typer.Typer(no_args_is_help=True, help="See what there is to measure, and when to worry.")

MODULES = (
    *(f"services.{service}.metrics" for service in SERVICES),
    "shared.service.metrics",
    "shared.stream.metrics",
    "shared.graph.metrics",
    "shared.postgres.metrics",
)
"""Where metrics are declared, in the order of the document."""


class Entry(NamedTuple):
    """One metric: `name` is what a query says, but for the endings of a histogram."""

    name: str
    type: str
    labels: tuple[str, ...]
    worry: str


def entries(module: str) -> list[Entry]:
    """The metrics that `module` declares, in its order."""
    return [
        _entry(found)
        for found in vars(import_module(module)).values()
        if isinstance(found, MetricWrapperBase)
    ]


def _entry(metric: MetricWrapperBase) -> Entry:
    (family,) = metric.describe()
    ending = "_total" if family.type == "counter" else ""
    labels = tuple(metric._labelnames)  # noqa: SLF001 (a metric does not tell otherwise)
    return Entry(family.name + ending, family.type, labels, family.documentation)


def series() -> dict[str, Entry]:
    """Every name that a query may use, and the metric it belongs to."""
    return {
        name: entry
        for module in MODULES
        for entry in entries(module)
        for name in (
            [f"{entry.name}_{ending}" for ending in ("bucket", "count", "sum")]
            if entry.type == "histogram"
            else [entry.name]
        )
    }


def markdown() -> str:
    """The catalogue as a document."""
    return "\n".join(["# What Parley measures", "", _INTRODUCTION, *_sections(), ""])


_INTRODUCTION = """\
Written by `parley metrics catalog` from the declarations in each `metrics.py`. Every process serves
its own on `/metrics` of its admin port. Times are in seconds, sizes in bytes, shares from 0 to 1;
what ends in `_timestamp_seconds` is a moment in Unix time, so that `time() - it` goes on growing
when a process dies. No label holds an id, a name or a word of a person. What to do about what you
see stands in [`runbooks`](runbooks)."""


def _sections() -> Iterator[str]:
    for module in MODULES:
        folder = "/".join(module.split(".")[:2])
        yield from ("", f"## {folder}", "", getdoc(import_module(module)) or "", "")
        yield from (
            "| metric | type | labels | what it is, and when to worry |",
            "|---|---|---|---|",
        )
        for entry in entries(module):
            labels = ", ".join(f"`{label}`" for label in entry.labels)
            yield f"| `{entry.name}` | {entry.type} | {labels} | {entry.worry} |"


@metrics.command()
def catalog(output: OutputOption = Output.TABLE) -> None:
    """Print all metrics as a Markdown document: name, type, labels, and when to worry.

    Example: parley metrics catalog > deploy/metrics.md
    """
    if output is Output.JSON:
        screen.data([entry._asdict() for module in MODULES for entry in entries(module)])
    else:
        screen.line(markdown().rstrip())
