"""How much memory the receiver takes at most: under load, and while Kafka is not there."""

from collections.abc import Iterable

from tests.bench.processes import forget_peak, peak_megabytes
from tests.bench.ratio import Figure, Outcome
from tests.bench.receiver import BELOW_ASGI, Bench, Load, bench, report

_AT_MOST = 200.0
_HEAVY = (Load(1, 256), Load(100, 64))
_WORST = Load(100, 256)
_LONGER = 4
"""Than a round: a receiver without Kafka holds what it has for 3.5 seconds, and again."""


async def measure(rounds: int, seconds: float) -> Iterable[Outcome]:
    """Megabytes at the peak; first all that work, then a Kafka that stands still, then none."""
    del rounds
    found: list[Outcome] = []
    async with bench() as running:
        found += [await _peak(running, path, "load", _HEAVY, seconds) for path in BELOW_ASGI]
        running.kafka.freeze()
        longer = seconds * _LONGER
        found += [await _peak(running, path, "frozen", [_WORST], longer) for path in BELOW_ASGI]
        running.kafka.kill()
        found += [await _peak(running, path, "killed", [_WORST], longer) for path in BELOW_ASGI]
    return found


async def _peak(
    running: Bench, path: str, when: str, loads: Iterable[Load], seconds: float
) -> Figure:
    forget_peak(running.processes[path])
    done = [(asked, await report(running, path, asked, seconds)) for asked in loads]
    note = "; ".join(
        f"{asked.events} a body over {asked.connections}: 200 {said.total:,} times, else"
        f" {said.not_200:,}"
        for asked, said in done
    )
    return Figure(
        name=f"memory_{path}_{when}",
        unit="MB",
        value=peak_megabytes(running.processes[path]),
        at_most=_AT_MOST,
        note=note,
    )
