"""How often Graph is asked for what many comments share."""

from collections.abc import Iterable

from tests.bench.line import MEDIA, line, rate
from tests.bench.ratio import Outcome, Ratio


async def measure(rounds: int, seconds: float) -> Iterable[Outcome]:
    """10,000 comments on 20 media, whatever is asked but less than a second: one call a media would
    do. Each operation of a batch request counts as a call, as it does against Meta's quotas."""
    del rounds
    count = 10_000 if seconds >= 1 else 1000
    async with line() as running:
        before = await running.graph_calls()
        await running.post(running.deliveries(count))
        await rate(running.rows, count)
        calls = await running.graph_calls() - before
    return [
        Ratio(
            name="graph",
            unit="calls",
            ours=[float(calls)],
            limit=[float(MEDIA)],
            at_most=1.2,
            note=f"for {count:,} comments on {MEDIA} media",
        )
    ]
