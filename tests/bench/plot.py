"""The plot of how cost grows: one column for each thing that is varied."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tests.bench.ratio import Point

_ROWS: dict[str, Callable[[Point], float]] = {
    "events/s": lambda point: point.per_second,
    "CPU µs an event": lambda point: point.cpu_us,
    "p99 of a delivery, ms": lambda point: point.p99_ms,
}
_STYLE: dict[Any, Any] = {
    "svg.hashsalt": "parley",
    "svg.fonttype": "none",
    "font.size": 9,
    "font.sans-serif": ["DejaVu Sans"],
}
_COLOURS = {"receiver": "#1b6ca8", "asgi": "#d98324"}


def draw(points: Sequence[Point], file: Path) -> None:
    """The same points give the same bytes."""
    panels = list(dict.fromkeys(point.panel for point in points))
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(3 * len(panels), 7.5), layout="constrained")
        figure.suptitle(
            "The receiver on one core; unless varied: 1 event a body, 64 connections, 20 accounts,"
            " 12 partitions, 1 worker"
        )
        grid = figure.subplots(len(_ROWS), len(panels), squeeze=False)
        for axes_of_row, (label, of) in zip(grid, _ROWS.items(), strict=True):
            for axes, panel in zip(axes_of_row, panels, strict=True):
                _panel(axes, [point for point in points if point.panel == panel], of)
            axes_of_row[0].set_ylabel(label)
        for axes, panel in zip(grid[-1], panels, strict=True):
            axes.set_xlabel(panel)
        grid[0][0].legend(frameon=False)
        figure.savefig(file, format="svg", metadata={"Date": None})


def _panel(axes: Axes, points: Sequence[Point], of: Callable[[Point], float]) -> None:
    for path, colour in _COLOURS.items():
        found = sorted((point.x, of(point)) for point in points if point.path == path)
        if found:
            axes.plot(*zip(*found, strict=True), "o-", color=colour, label=path, clip_on=False)
    ticks = sorted({point.x for point in points})
    axes.set_xscale("log")
    axes.set_xticks(ticks, labels=[str(tick) for tick in ticks])
    axes.set_xticks([], minor=True)
    axes.set_ylim(bottom=0)
    axes.locator_params(axis="y", nbins=5)
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
