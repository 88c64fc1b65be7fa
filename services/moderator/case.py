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
"""By the number of a condition, the word or list by which it holds."""


@dataclass(frozen=True, slots=True)
class Case:
    """One event before its rules. `found` keeps what was sought in the text, by who sought it, so
    that each text is searched once however many rules ask."""

    facts: Facts
    text: Text
    history: History
    found: dict[object, Found] = field(default_factory=dict)
