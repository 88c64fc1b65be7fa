"""When no call may be made: throttles, time-outs and dead tokens, each for its own key and time."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from cachetools import LRUCache

from shared.graph.queries import Reason

Key = tuple[str, ...]
_MANY = 10_000


@dataclass(slots=True)
class Holds:
    """Keys that wait, each until a time of `clock` (seconds, monotonic), for a reason."""

    clock: Callable[[], float]
    _until: LRUCache[Key, tuple[float, Reason]] = field(default_factory=lambda: LRUCache(_MANY))

    def hold(self, key: Key, seconds: float, reason: Reason) -> None:
        """Let `key` wait; a hold that lasts longer already stays as it is."""
        until = self.clock() + seconds
        if until > self._until.get(key, (0.0, reason))[0]:
            self._until[key] = (until, reason)

    def reason(self, keys: Iterable[Key]) -> Reason | None:
        """Why a call under all of `keys` may not be made now; None when it may."""
        now = self.clock()
        for key in keys:
            found = self._until.get(key)
            if found is not None:
                if found[0] > now:
                    return found[1]
                del self._until[key]
        return None

    def count(self, reason: Reason) -> int:
        """How many keys wait for `reason`."""
        now = self.clock()
        return sum(until > now and why == reason for until, why in self._until.values())
