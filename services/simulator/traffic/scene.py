"""One seeded run: who talks about what just now, and the ids that its next things get."""

import base64
import hashlib
from collections import defaultdict, deque
from random import Random
from typing import Any

from services.simulator.accounts import Account
from services.simulator.things import OWN_MEDIA, PEOPLE, Comment, Media, Message, Person
from services.simulator.traffic.events import Container, Event, meta_json
from services.simulator.world import World
from shared.contracts.raw import Kind

_RECENT = 50
_SLASHED = 0.2
"""The share of items written with `\\/`, as older integrations saw it (platform §2)."""


class Scene:
    """Draws people, media and ids; the same seed and start give the same run, byte for byte.

    `now` are Unix seconds; whoever drives the scene moves it on. `speaker` is the number of the
    person who does everything, None for anybody.
    """

    def __init__(self, world: World, seed: int, started_at: float, hot_share: float = 0.2) -> None:
        self.world = world
        self.rng = Random(f"{seed}:{started_at}")
        self.now = started_at
        self.speaker: int | None = None
        self._hot_share = hot_share
        # Tenths of a second, for three years: another start has another number, so other ids.
        self._run = f"{int(started_at * 10) % 10**9:09}"
        self._serial = 0
        self.recent_comments: dict[str, deque[Comment]] = defaultdict(_recent)
        self.recent_messages: dict[str, deque[Message]] = defaultdict(_recent)

    @property
    def milliseconds(self) -> int:
        """`now` in the unit of messages."""
        return int(self.now * 1000)

    def number(self) -> str:
        """A number that no other thing of any run has."""
        self._serial += 1
        return f"{self._run}{self._serial:07}"

    def mid(self, account: Account, person_id: str) -> str:
        """A new message id: opaque, long, and on Pages of several makes."""
        number = self.number()
        inner = f"ig_dm_item:1:IGMessageID:{account.id}:{person_id}:{number}"
        tail = base64.urlsafe_b64encode(inner.encode()).decode().rstrip("=")
        if account.platform == "instagram":
            return f"aWdf{tail}ZD"
        return f"m_{tail}" if self._serial % 3 else f"mid.$cAAB:{number}/x="

    def person(self, account: Account) -> Person:
        """Somebody; a few people talk much more than the others."""
        number = int(PEOPLE * self.rng.random() ** 2) if self.speaker is None else self.speaker
        return self.world.person(account, number)

    def media(self, account: Account) -> Media:
        """One of the account's own posts, often the hottest one."""
        hot = self.rng.random() < self._hot_share
        return self.world.media(account, 0 if hot else self.rng.randrange(OWN_MEDIA))

    def event(
        self, account: Account, kind: Kind, expected: str, container: Container, item: bytes
    ) -> Event:
        """An event of the account; `expected` is its id after platform and account."""
        return Event(f"{account.platform}:{account.id}:{expected}", kind, account, container, item)

    @staticmethod
    def by_bytes(word: str, item: bytes) -> str:
        """What an item without an id of its own is known by: its bytes (platform §5)."""
        return f"{word}:{hashlib.sha256(item).hexdigest()}"

    def write(self, value: dict[str, Any]) -> bytes:
        """`value` as Meta writes it."""
        return meta_json(value, escape_slashes=self.rng.random() < _SLASHED)


def _recent() -> deque[Any]:
    return deque(maxlen=_RECENT)
