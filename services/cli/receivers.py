"""What receivers say in their metrics of what they took and refused."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from shared.errors import Transient

_TIMEOUT = aiohttp.ClientTimeout(total=5)


@dataclass(frozen=True, kw_only=True, slots=True)
class Received:
    """Since the oldest of them began: events put on Kafka, and deliveries refused by reason."""

    since: float
    events: int
    refused: dict[str, int]


async def received(urls: Sequence[str]) -> Received:
    """The sum over receivers, each at its own URL.

    Raises:
        Transient: `receiver_silent` if one does not answer with a receiver's metrics.
    """
    events, refused, began = 0, Counter[str](), []
    async with aiohttp.ClientSession(timeout=_TIMEOUT) as session:
        for url in urls:
            try:
                async with session.get(url) as answer:
                    samples = list(_samples((await answer.text()).splitlines(keepends=True)))
            except (aiohttp.ClientError, TimeoutError, ValueError) as exc:
                raise Transient("receiver_silent") from exc
            for name, labels, value in samples:
                if name == "parley_webhook_events_total":
                    events += int(value)
                elif name == "parley_webhook_requests_total" and labels["outcome"] != "accepted":
                    refused[labels["outcome"]] += int(value)
                elif name == "process_start_time_seconds":
                    began.append(value)
    if len(began) < len(urls):
        raise Transient("receiver_silent")
    return Received(since=min(began), events=events, refused=dict(+refused))


def _samples(lines: Iterable[str]) -> Iterable[tuple[str, dict[str, str], float]]:
    for family in text_string_to_metric_families("".join(lines)):
        for sample in family.samples:
            yield sample.name, sample.labels, sample.value
