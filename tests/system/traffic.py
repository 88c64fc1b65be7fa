"""The harness's traffic: every event and every body follows from its number alone, so that nothing
needs to be kept to know later what was sent."""

import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from services.simulator.accounts import Account
from services.simulator.world import World
from shared import topics
from tests.system.shapes import SHAPES, STARTED, Cast, Container, Shape

BLOCK = 16
"""Each of an account's shapes once."""

STRETCH = 8 * BLOCK
"""Neighbouring events of one platform: a body never reaches beyond."""

_MEDIA = 20
_PEOPLE = 50


class Event(NamedTuple):
    """One thing that happened; `item` is Meta's JSON for it, `id` the id it must get."""

    id: str
    topic: topics.Topic
    container: Container
    item: str


class Traffic:
    """All events that can be sent about `accounts`."""

    def __init__(self, seed: int, accounts: Sequence[Account]) -> None:
        world = World(seed, accounts)
        casts = [_cast(world, account) for account in accounts]
        platforms = sorted({cast.platform for cast in casts})
        self._casts = [
            [cast for cast in casts if cast.platform == platform] for platform in platforms
        ]

    def event(self, number: int) -> Event:
        """The event with this number."""
        cast, shape = self._of(number)
        item, key = shape.make(cast, number)
        return Event(f"{cast.platform}:{cast.account}:{key}", shape.topic, shape.container, item)

    def room(self, number: int) -> int:
        """How many events, from this number on, fit into one body."""
        return STRETCH - number % STRETCH

    def body(self, first: int, count: int) -> bytes:
        """One delivery of `count` events, beginning with the number `first`."""
        platform = self._of(first)[0].platform
        entries = ",".join(self._entries(range(first, first + count)))
        return f'{{"object":"{platform}","entry":[{entries}]}}'.encode()

    def _of(self, number: int) -> tuple[Cast, Shape]:
        casts = self._casts[number // STRETCH % len(self._casts)]
        cast = casts[number // BLOCK % len(casts)]
        return cast, SHAPES[cast.platform][number % BLOCK]

    def _entries(self, numbers: Sequence[int]) -> Iterator[str]:
        for (account, container), members in itertools.groupby(numbers, self._place):
            items = [self.event(number).item for number in members]
            if container == "flat":
                yield from items
            else:
                unit = 1 if container == "changes" else 1000
                head = f'"id":"{account}","time":{(STARTED + numbers[0]) * unit}'
                yield f'{{{head},"{container}":[{",".join(items)}]}}'

    def _place(self, number: int) -> tuple[str, Container]:
        cast, shape = self._of(number)
        return cast.account, shape.container


def _cast(world: World, account: Account) -> Cast:
    people = tuple(world.person(account, number).id for number in range(_PEOPLE))
    media = tuple(world.media(account, number).id for number in range(_MEDIA))
    return Cast(account.platform, account.id, people, media)
