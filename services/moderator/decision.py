"""What was decided about one event and why: kept for ever, printed by `parley rules explain`."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from services.moderator.rules import Mode
from shared.contracts.actions import Action, ActionKind

Excuse = Literal[
    "own", "test", "historic", "not_judged", "standby", "removed", "allowed", "no_rules"
]
"""Why an event was not judged at all."""

Held = Literal[
    "observing",  # the rule, or the band, only observes
    "stopped",  # the kill switch
    "breaker",  # the rule hit far more than usual
    "rule_cap",
    "person_cap",
    "thread_cap",
    "taken_over",  # a person of ours has answered there
    "ping_pong",  # too many messages to this person within the hour
    "another_rule",  # one winner for each kind of action
    "hidden",  # nothing is answered that is hidden, and nobody who is blocked
    "nameless",  # nobody is told to have said it, so it may be ourselves (pitfalls B1)
    "edited",  # nothing is answered twice because it was mended
    "no_target",  # the event names no comment, or no person, that this could be done to
    "too_long",  # the text is longer than Meta takes
    "no_text",  # a template came out empty
    "not_possible",  # Meta has no such thing for this kind of event
]
"""Why something that a rule wanted was not done."""


class Wanted(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing a rule wanted; `held` says why it is not done, and is None when it is."""

    kind: ActionKind
    rule: str
    tag: str | None = None
    held: Held | None = None


class Match(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A rule that matched; `because` are the conditions that held, in words and without quoting
    more than what the rule itself names."""

    rule: str
    version: int
    mode: Mode
    because: tuple[str, ...] = ()
    score: float | None = None


class Decision(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All that is worth knowing of one judgement. `actions` are published as they stand here,
    however often the event comes; `versions` are those of the sets that were asked."""

    event_id: str
    decided_at: datetime
    excuse: Excuse | None = None
    versions: tuple[int, ...] = ()
    matches: tuple[Match, ...] = ()
    score: float = 0.0
    wanted: tuple[Wanted, ...] = ()
    actions: tuple[Action, ...] = ()
