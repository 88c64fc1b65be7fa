"""What conditions are asked about: one event, its text, and what is remembered of earlier ones."""

from dataclasses import dataclass, field
from typing import Protocol

from services.moderator.facts import Facts
from services.moderator.rules import Offender, Repeats
from services.moderator.wording import Text


class History(Protocol):
    """What conditions ask of earlier events; `facts` is the one that is judged, never counted as an
    earlier one."""

    def first_contact(self, facts: Facts) -> bool:
        """Whether nothing was heard of this person before."""

    def repeats(self, facts: Facts, text: Text, repeats: Repeats) -> int:
        """How often this was said, this time among them, within the window and by whom is asked."""

    def hits(self, facts: Facts, offender: Offender) -> int:
        """How many earlier events of this person the rules hit that count."""

    def replies_to_us(self, facts: Facts) -> bool:
        """Whether it stands below a comment of the account itself."""


Found = dict[int, str]
"""By the number of a condition, why it holds."""


class Finder(Protocol):
    """Seeks what many conditions ask for in one go."""

    def search(self, text: Text) -> Found:
        """Which conditions hold for `text`."""


@dataclass(slots=True)
class Case:
    """One event before its rules."""

    facts: Facts
    text: Text
    history: History
    _found: dict[Finder, Found] = field(default_factory=dict)

    def found(self, finder: Finder) -> Found:
        """What `finder` finds in the text, which it searches once however many rules ask."""
        found = self._found.get(finder)
        if found is None:
            found = self._found[finder] = finder.search(self.text)
        return found
