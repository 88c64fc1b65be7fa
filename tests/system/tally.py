"""What had to happen at Meta, held against what did."""

from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.system.errands import TEXTS, Saying

Key = tuple[str, str, str]
"""A write: its edge, whom or what it was done to, and what it said."""


@dataclass(kw_only=True)
class Wanted:
    """What has to be done once for each time it is counted, and what may be done as well: a hide
    before a delete has nothing to hide any more when it comes too late."""

    effects: Counter[Key] = field(default_factory=Counter)
    allowed: Counter[Key] = field(default_factory=Counter)
    kept: dict[str, set[str]] = field(default_factory=dict)
    """By table, what must be there."""

    def add(self, saying: Saying, event_id: str, person_id: str) -> None:
        """`saying` was said by this person, and is told by this event."""
        target = person_id if saying.kind == "message" else event_id.rpartition(":")[2]
        for effect in saying.effects:
            overtaken = effect == "hide" and "delete" in saying.effects
            counts = self.allowed if overtaken else self.effects
            counts[effect, target, TEXTS.get(effect, "")] += 1
        if saying.kept:
            about = event_id if saying.kept == "queue" else person_id
            self.kept.setdefault(saying.kept, set()).add(about)


@dataclass(frozen=True, kw_only=True)
class Tally:
    """`orphans` are replies and messages at Meta that no action knows to be its own."""

    wanted: int
    done: int
    duplicates: tuple[Key, ...]
    missing: tuple[Key, ...]
    unwanted: tuple[Key, ...]
    orphans: tuple[str, ...]

    @property
    def clean(self) -> bool:
        """Each effect once, and nothing else."""
        return not (self.duplicates or self.missing or self.unwanted or self.orphans)


def tally(wanted: Wanted, writes: Iterable[Mapping[str, Any]], created: Container[str]) -> Tally:
    """Compare; `writes` are the simulator's, `created` the ids that our actions know."""
    listed = list(writes)
    done = Counter((each["edge"], each["target"], each["text"]) for each in listed)
    either = wanted.effects | wanted.allowed
    return Tally(
        wanted=wanted.effects.total(),
        done=sum(min(count, wanted.effects[key]) for key, count in done.items()),
        duplicates=tuple(key for key in (done - either).elements() if key in either),
        missing=tuple(wanted.effects - done),
        unwanted=tuple(key for key in done if key not in either),
        orphans=tuple(
            each["created"] for each in listed if each["created"] and each["created"] not in created
        ),
    )
