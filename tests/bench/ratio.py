"""What a measurement says: a ratio to a limit that was measured in the same run."""

from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """`ours` and `limit` hold one figure a round, taken by turns, in `unit`; more is better."""

    name: str
    unit: str
    ours: list[float]
    limit: list[float]
    at_least: float | None = None
    note: str = ""

    @property
    def value(self) -> float:
        """The medians' ratio."""
        return median(self.ours) / median(self.limit)

    def row(self) -> tuple[str, str, str, str, str, str]:
        """For the table."""
        wanted = "" if self.at_least is None else f"{self.at_least:.3g}"
        figures = (f"{median(self.ours):,.0f}", f"{median(self.limit):,.0f}")
        return (self.name, *figures, self.unit, f"{self.value:.3f}", wanted)
