"""What a measurement says: a ratio to a limit of the same run, or a figure that stands alone."""

from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """`ours` and `limit` hold one figure a round, taken by turns, in `unit`."""

    name: str
    unit: str
    ours: list[float]
    limit: list[float]
    at_least: float | None = None
    at_most: float | None = None
    note: str = ""

    @property
    def value(self) -> float:
        """The median of the rounds' ratios: what slows the machine down for a while slows both."""
        return median(
            ours / limit for ours, limit in zip(self.ours, self.limit, strict=True) if limit
        )

    def row(self) -> tuple[str, ...]:
        """For the table."""
        return (
            self.name,
            f"{median(self.ours):,.0f}",
            f"{median(self.limit):,.0f}",
            self.unit,
            f"{self.value:.3g}",
            wanted(self),
            self.note,
        )


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One value in `unit`."""

    name: str
    unit: str
    value: float
    at_least: float | None = None
    at_most: float | None = None
    note: str = ""

    def row(self) -> tuple[str, ...]:
        """For the table."""
        return (self.name, f"{self.value:,.3g}", "", self.unit, "", wanted(self), self.note)


@dataclass(frozen=True, kw_only=True)
class Point:
    """What the receiver did at one place of one panel of the plot."""

    panel: str
    path: str
    x: int
    per_second: float
    cpu_us: float
    p99_ms: float

    @property
    def name(self) -> str:
        """Unlike any other's."""
        return f"growth_{self.panel.replace(' ', '_')}_{self.x}_{self.path}"

    @property
    def value(self) -> float:
        """What the plot is about."""
        return self.cpu_us

    def row(self) -> tuple[str, ...]:
        """For the table."""
        note = f"{self.per_second:,.0f} events/s, p99 {self.p99_ms:.1f} ms"
        return (self.name, f"{self.cpu_us:,.1f}", "", "CPU µs an event", "", "", note)


Outcome = Ratio | Figure | Point


def wanted(outcome: Ratio | Figure) -> str:
    """The bound beside a value, and whether it was missed."""
    low, high = outcome.at_least, outcome.at_most
    if low is not None:
        return f"≥ {low:.3g}" + ("" if outcome.value >= low else " missed")
    if high is not None:
        return f"≤ {high:.3g}" + ("" if outcome.value <= high else " missed")
    return ""
