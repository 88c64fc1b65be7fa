"""When no call may be made: throttles, time-outs and dead tokens, each of a scope and a time."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from cachetools import LRUCache

from shared.graph.queries import Reason, UseCase

_MANY = 10_000


class Scope(NamedTuple):
    """Who waits: an app (`account` is its name), all of an account, one use case of it, or what is
    done for it without a person's asking; all calls or only reads. A host's time-outs and tokens
    are those of one `login`."""

    kind: Literal["app", "account", "automatic"] | UseCase
    platform: str
    account: str
    login: str = ""
    calls: Literal["all", "reads"] = "all"


@dataclass(frozen=True, slots=True)
class Hold:
    """`scope` waits for some seconds."""

    scope: Scope
    seconds: float
    reason: Reason


Key = tuple[str, ...]


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

    def first(self, keys: Iterable[Key]) -> tuple[Reason, float] | None:
        """Why a call under all of `keys` may not be made now, and for how many seconds yet."""
        now = self.clock()
        for key in keys:
            found = self._until.get(key)
            if found is not None:
                if found[0] > now:
                    return found[1], found[0] - now
                del self._until[key]
        return None

    def count(self, reason: Reason) -> int:
        """How many keys wait for `reason`."""
        now = self.clock()
        return sum(until > now and why == reason for until, why in self._until.values())
