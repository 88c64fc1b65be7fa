"""What one event leaves behind for the judgement of later ones: a contact, a saying, hits."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from services.moderator.decision import Decision
from services.moderator.facts import Facts
from services.moderator.wording import Text
from shared.contracts.actions import ActionKind

ANSWERS: frozenset[ActionKind] = frozenset({"reply", "private_reply", "message"})
PUNISHMENTS: frozenset[ActionKind] = frozenset({"hide", "delete", "block"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Saying:
    """What was said, as numbers that tell whether two texts are the same, or nearly so."""

    event_id: str
    person_id: str | None
    text_hash: int
    simhash: int
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Hit:
    """That a rule matched an event; `kinds` is what it then caused, empty when it was held."""

    event_id: str
    rule: str
    version: int
    thread: str
    person_id: str | None
    kinds: tuple[ActionKind, ...]
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Past:
    """What is known of one account before the first event: the slice that a batch needs.

    `contacts` names the event by which each person was first heard of, `takeovers` when a person of
    ours last answered in a thread. `automatic` are Meta's ids of our comments and messages that
    come from a rule: whatever else the account says, a person of ours says.
    """

    contacts: Mapping[str, str] = field(default_factory=dict)
    sayings: Iterable[Saying] = ()
    hits: Iterable[Hit] = ()
    takeovers: Mapping[str, datetime] = field(default_factory=dict)
    own_comments: Iterable[str] = ()
    blocked: Iterable[str] = ()
    automatic: Container[str] = frozenset()


NOTHING = Past()
"""With which a backtest begins."""


def is_contact(facts: Facts) -> bool:
    """Whether somebody else spoke to us, so that he is no stranger from now on; backlog counts."""
    speaks = facts.kind is not None and not facts.own and not facts.test
    return speaks and facts.person_id is not None


def saying_of(facts: Facts, text: Text) -> Saying | None:
    """What is kept of the text. An edit is nothing new: who mends his spelling repeats nothing."""
    if facts.kind is None or facts.own or facts.test or facts.edited or not text.folded:
        return None
    return Saying(
        event_id=facts.event_id,
        person_id=facts.person_id,
        text_hash=text.hash,
        simhash=text.simhash,
        at=facts.occurred_at,
    )


def hits_of(facts: Facts, decision: Decision) -> list[Hit]:
    """One for each rule that matched, by its name, whichever of the sets has it."""
    versions = {match.rule: match.version for match in reversed(decision.matches)}
    return [
        Hit(
            event_id=facts.event_id,
            rule=rule,
            version=version,
            thread=facts.thread,
            person_id=facts.person_id,
            kinds=tuple(action.kind for action in decision.actions if action.rule == rule),
            at=facts.occurred_at,
        )
        for rule, version in versions.items()
    ]


def own_comment_of(facts: Facts) -> str | None:
    """The comment, if it is the account's own."""
    return facts.comment_id if facts.own and not facts.test and facts.kind != "mention" else None


def is_takeover(facts: Facts, automatic: Container[str]) -> bool:
    """Whether a person of ours answered here: a message or a reply of ours that no rule caused
    (pitfalls B4)."""
    if not facts.own or facts.test or facts.edited or facts.kind is None:
        return False
    id_ = facts.comment_id or facts.message_id
    answers = facts.kind == "message" or facts.parent_id is not None
    return answers and id_ not in automatic
