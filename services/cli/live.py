"""The live view of `parley dev`: a screen that moves, or a line a second where there is none."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from rich.console import Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from services.cli.gauges import Gauges
from services.cli.screen import console, line

_LATEST = 12
_BARS = " ▁▂▃▄▅▆▇█"
_HISTORY = 24
_STAGES = ("received", "enriched", "persisted", "hidden", "replied", "queued")


@dataclass(kw_only=True)
class View:
    """What there is to see; `header` says where everything is."""

    header: Sequence[str]
    next_commands: list[str]
    now: Gauges = field(default_factory=Gauges)
    rates: dict[str, deque[float]] = field(default_factory=dict)
    latest: deque[str] = field(default_factory=lambda: deque(maxlen=_LATEST))
    problems: Sequence[str] = ()
    first_seconds: float | None = None

    def update(self, gauges: Gauges, seconds: float) -> None:
        """Take over what was measured `seconds` after the last time."""
        for stage in _STAGES:
            done = getattr(gauges, stage) - getattr(self.now, stage)
            self.rates.setdefault(stage, deque(maxlen=_HISTORY)).append(max(0, done) / seconds)
        self.now = gauges

    def rate(self, stage: str) -> float:
        """Events a second in the last second."""
        history = self.rates.get(stage)
        return history[-1] if history else 0.0

    def line(self) -> str:
        """One line for where there is no terminal."""
        now = self.now
        stages = " ".join(
            f"{stage}={getattr(now, stage)} ({self.rate(stage):.0f}/s)" for stage in _STAGES[:3]
        )
        acted = " ".join(f"{stage}={getattr(now, stage)}" for stage in _STAGES[3:])
        return (
            f"{stages} lag={now.lag} p50={_seconds(now.quantile(0.5))} "
            f"p95={_seconds(now.quantile(0.95))} partial={sum(now.partial.values())} "
            f"refused={sum(now.refused.values())} dead={now.dead} {acted}{_trouble(now)}"
        )

    def render(self) -> RenderableType:
        """The whole screen."""
        parts: list[RenderableType] = [Panel("\n".join(self.header), border_style="cyan")]
        parts += [self._stages(), Text(self.totals(), style="dim")]
        parts.append(Text("\n".join(self.latest)))
        parts += [Text(problem, style="yellow") for problem in self.problems]
        parts.append(Text("\n".join(self.commands()), style="green"))
        return Group(*parts)

    def commands(self) -> list[str]:
        """What to try next, to copy."""
        return [f"{'' if at else 'next':<11}{each}" for at, each in enumerate(self.next_commands)]

    def _stages(self) -> Table:
        table = Table(box=None, pad_edge=False)
        for title in ("stage", "events/s", "events", ""):
            table.add_column(title, justify="right" if title.startswith("events") else "left")
        for stage, history in self.rates.items():
            top = max(1.0, *history)
            bars = "".join(_BARS[round(rate / top * (len(_BARS) - 1))] for rate in history)
            table.add_row(stage, f"{history[-1]:.0f}", str(getattr(self.now, stage)), bars)
        return table

    def totals(self) -> str:
        """How well it went until now."""
        now = self.now
        return (
            f"webhook to row: half within {_seconds(now.quantile(0.5))}, 95 % within "
            f"{_seconds(now.quantile(0.95))} · lag {now.lag} · partial {_counts(now.partial)} · "
            f"refused {_counts(now.refused)} · dead letters {now.dead}{_trouble(now)}"
        )


class Screen:
    """Shows a view on the terminal, or prints its line."""

    def __init__(self, view: View) -> None:
        self._console = console()
        self._view = view
        self._commands = 0
        self._live = Live(console=self._console, screen=False, refresh_per_second=4)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        else:
            line("\n".join(self._view.header))
            self._tell_commands()
        return self

    def __exit__(self, *_: object) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def show(self) -> None:
        """Bring the view up to date."""
        if self._console.is_terminal:
            self._live.update(self._view.render())
        else:
            line(self._view.line())
            self._tell_commands()

    def _tell_commands(self) -> None:
        """Those that were not told yet."""
        for command in self._view.commands()[self._commands :]:
            line(command)
        self._commands = len(self._view.next_commands)


def _trouble(now: Gauges) -> str:
    """What became of actions that did not go well, if there are any."""
    unknown = f" · unknown {now.unknown}" if now.unknown else ""
    return f"{unknown} · failed {now.failed}" if now.failed else unknown


def _seconds(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value * 1000:.0f}ms" if value < 1 else f"{value:g}s"


def _counts(found: Mapping[str, int]) -> str:
    if not found:
        return "0"
    return ", ".join(f"{name} {count}" for name, count in sorted(found.items()))
