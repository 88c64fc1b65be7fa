"""What had to happen at Meta, held against what did."""

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.system.errands import TEXTS, Saying

Key = tuple[str, str, str]
"""A write: its edge, whom or what it was done to, and what it said."""

_ANSWERS = frozenset({"reply", "private_reply"})


@dataclass(frozen=True, slots=True)
class _Said:
    saying: Saying
    event_id: str
    person_id: str

    @property
    def comment_id(self) -> str:
        return self.event_id.rpartition(":")[2]

    def effects(self) -> Iterator[Key]:
        target = self.person_id if self.saying.kind == "message" else self.comment_id
        return ((effect, target, TEXTS.get(effect, "")) for effect in self.saying.effects)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was said, and so what has to come of it. Of a few comments Meta does not say who wrote
    them, and Graph, asked for it, may not answer in time: the `nameless`. Nobody answers or blocks
    whom nobody names."""

    said: list[_Said] = field(default_factory=list)

    def add(self, saying: Saying, event_id: str, person_id: str) -> None:
        """`saying` was said by this person, and is told by this event."""
        self.said.append(_Said(saying, event_id, person_id))

    def effects(self, nameless: Container[str]) -> tuple[Counter[Key], Counter[Key]]:
        """What has to be done once for each time it is counted, and what may be: a hide before a
        delete has nothing to hide any more when it comes too late."""
        must, may = Counter[Key](), Counter[Key]()
        for said in self.said:
            for key in said.effects():
                if key[0] in _ANSWERS and said.event_id in nameless:
                    continue
                overtaken = key[0] == "hide" and "delete" in said.saying.effects
                (may if overtaken else must)[key] += 1
        return must, may

    def rows(self, table: str, nameless: Container[str]) -> set[str]:
        """What must be in `table`; a tag for nobody is on the comment."""
        found = {each for each in self.said if each.saying.kept == table}
        if table == "queue":
            return {each.event_id for each in found}
        unnamed = {each for each in found if each.event_id in nameless}
        comments = {each.comment_id for each in unnamed if table == "tags"}
        return {each.person_id for each in found - unnamed} | comments


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


def tally(
    wanted: Wanted,
    writes: Iterable[Mapping[str, Any]],
    created: Container[str],
    nameless: Container[str] = (),
) -> Tally:
    """Compare; `writes` are the simulator's, `created` the ids that our actions know."""
    listed = list(writes)
    done = Counter((each["edge"], each["target"], each["text"]) for each in listed)
    must, may = wanted.effects(nameless)
    either = must | may
    return Tally(
        wanted=must.total(),
        done=sum(min(count, must[key]) for key, count in done.items()),
        duplicates=tuple(key for key in (done - either).elements() if key in either),
        missing=tuple(must - done),
        unwanted=tuple(key for key in done if key not in either),
        orphans=tuple(
            each["created"] for each in listed if each["created"] and each["created"] not in created
        ),
    )
