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
    kept: dict[str, dict[str, str]] = field(default_factory=dict)
    """By table, the events that must leave something there, and who said them."""

    def add(self, saying: Saying, event_id: str, person_id: str) -> None:
        """`saying` was said by this person, and is told by this event."""
        target = person_id if saying.kind == "message" else event_id.rpartition(":")[2]
        for effect in saying.effects:
            overtaken = effect == "hide" and "delete" in saying.effects
            counts = self.allowed if overtaken else self.effects
            counts[effect, target, TEXTS.get(effect, "")] += 1
        if saying.kept:
            self.kept.setdefault(saying.kept, {})[event_id] = person_id

    def rows(self, table: str, nameless: Container[str]) -> set[str]:
        """What must be in `table`: Meta did not say who said the `nameless` ones, and Graph, asked
        for it, did not answer in time. A tag is then on the comment, and nobody is blocked."""
        said = self.kept.get(table, {})
        if table == "queue":
            return set(said)
        found = {person for event, person in said.items() if event not in nameless}
        if table == "tags":
            found |= {event.rpartition(":")[2] for event in said if event in nameless}
        return found


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
