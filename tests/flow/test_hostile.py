"""Hostile traffic against a receiver as a process: what it gets, and that it harms nobody else.

The same attacks as `make hostile`, in small numbers and without looking at the clock.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from shared.stream.embedded import EmbeddedBroker
from tests.system.hostile_floods import ENDLESS, SLOW
from tests.system.hostile_play import Attack, play
from tests.system.hostile_requests import BODIES, FRAMING, PROTOCOLS, SIGNATURES
from tests.system.hostile_target import Target, target
from tests.system.hostile_traffic import steady

_MOST_BYTES = 200_000_000
_GOOD_A_SECOND = 20
_GROUPS = {
    "signatures": SIGNATURES,
    "bodies": BODIES,
    "framing": FRAMING,
    "protocols": PROTOCOLS,
    "endless and slow": {**ENDLESS, **SLOW},
}
_AT_ONCE = "endless and slow"
_MANY = 40
_LONGEST = 20.0
_PAUSE_SECONDS = 0.05
"""A test shares its core with others: what has no end comes at 1 MB a second here."""


@asynccontextmanager
async def beside_good_traffic(receiver: Target) -> AsyncIterator[None]:
    """Whatever happens in the block, good deliveries are answered 200, then too, and the memory is
    bounded."""
    async with receiver.watched(), steady(receiver.port, _GOOD_A_SECOND) as good:
        yield
    assert good.failures == []
    assert good.seconds
    assert receiver.most_bytes < _MOST_BYTES
    async with steady(receiver.port, _GOOD_A_SECOND) as afterwards:
        while not afterwards.seconds and not afterwards.failures:
            await asyncio.sleep(0.01)
    assert afterwards.failures == []


async def wrongly_answered(receiver: Target, name: str, attack: Attack) -> Counter[str]:
    """The answers that `attack` should not get."""
    met = await play(attack, receiver.port, _MANY if name in SLOW else 1)
    assert met.total()
    return Counter({f"{name}: {answer}": met[answer] for answer in met.keys() - attack.answers})


@pytest.mark.xdist_group("stack")
@pytest.mark.parametrize("below", ["true", "false"], ids=["below", "asgi"])
@pytest.mark.parametrize("group", _GROUPS)
async def test_hostile(embedded_broker: EmbeddedBroker, group: str, below: str) -> None:
    """Each attack gets what it should, alone or all at once, and good traffic does not notice."""
    settings = {"PARLEY_RECEIVER_BELOW_ASGI": below}
    async with (
        target(embedded_broker.servers, settings) as receiver,
        beside_good_traffic(receiver),
    ):
        attacks = {
            name: replace(
                attack,
                rate=1000,
                patience_seconds=_LONGEST,
                pause_seconds=attack.pause_seconds or _PAUSE_SECONDS,
            )
            for name, attack in _GROUPS[group].items()
        }
        wrong: Counter[str] = Counter()
        if group == _AT_ONCE:
            for each in await asyncio.gather(
                *(wrongly_answered(receiver, name, attack) for name, attack in attacks.items())
            ):
                wrong += each
        else:
            for name, attack in attacks.items():
                wrong += await wrongly_answered(receiver, name, attack)
        assert dict(wrong) == {}
