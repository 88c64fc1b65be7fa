"""From webhook to row, all services on two cores, against the slowest stage alone."""

import time
from collections.abc import Iterable

from services.cli.stack import start, stop
from tests.bench.line import Line, line, rate
from tests.bench.ratio import Figure, Outcome, Ratio

_EVENTS_A_SECOND = 5000
"""Of measuring: about what one machine persists."""

_WHO = ("receiver", "enricher", "persister", "simulator", "kafka", "postgres")


async def measure(rounds: int, seconds: float) -> Iterable[Outcome]:
    """Comments, ten a body, their media looked up at the simulator's Graph."""
    count = max(500, round(seconds * _EVENTS_A_SECOND) // 10 * 10)
    whole: list[float] = []
    stages: list[dict[str, float]] = []
    costs: list[dict[str, float]] = []
    async with line() as running:
        for _ in range(rounds):
            stages.append(await _alone(running, count))
            before = running.spent()
            whole.append(await _together(running, count))
            costs.append(
                {name: (taken - before[name]) / count for name, taken in running.spent().items()}
            )
    return [_ratio(whole, stages), *(_cost(name, costs) for name in _WHO)]


async def _alone(running: Line, count: int) -> dict[str, float]:
    """Events a second of each stage while those behind it are stopped; the others have no work."""
    for name in ("enricher", "persister"):
        await stop(running.running, name)
    await running.clear()
    enriched = await running.enriched()
    receiver = count / await running.post(running.deliveries(count))
    await start(running.running, "enricher")

    async def since() -> int:
        return await running.enriched() - enriched

    enricher = await rate(since, count)
    await stop(running.running, "enricher")
    await start(running.running, "persister")
    persister = await rate(running.rows, count)
    await start(running.running, "enricher")
    return {"receiver": receiver, "enricher": enricher, "persister": persister}


async def _together(running: Line, count: int) -> float:
    """Events a second from the first request to the last row."""
    await running.clear()
    deliveries = running.deliveries(count)
    started = time.perf_counter()
    await running.post(deliveries)
    await rate(running.rows, count)
    return count / (time.perf_counter() - started)


def _ratio(whole: list[float], stages: list[dict[str, float]]) -> Ratio:
    slowest = min(stages[-1], key=lambda name: sum(stage[name] for stage in stages))
    alone = ", ".join(
        f"{name} {sum(stage[name] for stage in stages) / len(stages):,.0f}" for name in stages[0]
    )
    return Ratio(
        name="pipeline",
        unit="events/s",
        ours=whole,
        limit=[min(stage.values()) for stage in stages],
        at_least=0.40,
        note=f"alone: {alone}; the slowest is the {slowest}",
    )


def _cost(name: str, costs: list[dict[str, float]]) -> Figure:
    return Figure(
        name=f"cpu_{name}",
        unit="CPU s per 1,000 events",
        value=sorted(cost[name] for cost in costs)[len(costs) // 2] * 1000,
        note="webhook to row, ten comments a body",
    )
