"""What was judged, as rows of the tables that remember it, without any I/O."""

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import msgspec

from services.moderator.decision import Decision
from services.moderator.facts import Facts
from services.moderator.fingerprints import bands
from services.moderator.history import (
    hits_of,
    is_contact,
    is_takeover,
    own_comment_of,
    saying_of,
)
from services.moderator.wording import Text
from shared.postgres.rules import Owner

Row = tuple[object, ...]
Outcome = Literal["acted", "held", "matched", "passed", "excused"]

JUDGED = ""
"""Stands for a rule in `rule_rates` where it is counted what was judged at all."""


@dataclass(frozen=True, slots=True)
class Judged:
    """An event, and what was decided about it."""

    facts: Facts
    text: Text
    decision: Decision


def owner_of(facts: Facts) -> Owner:
    """Whose rules and whose memory the event is judged by."""
    return Owner(facts.platform, facts.account)


def outcome_of(decision: Decision) -> Outcome:
    """What came of an event, in one word."""
    if decision.excuse is not None:
        return "excused"
    if decision.actions:
        return "acted"
    if decision.wanted:
        return "held"
    return "matched" if decision.matches else "passed"


def decisions(judged: Iterable[Judged]) -> Iterator[Row]:
    """What nothing can be decided about, such as a reading, leaves no row."""
    for facts, decision in ((each.facts, each.decision) for each in judged):
        if facts.kind is not None:
            yield (
                facts.event_id,
                *owner_of(facts),
                facts.thread,
                facts.kind,
                facts.person_id,
                outcome_of(decision),
                decision.excuse,
                bool(decision.actions),
                facts.occurred_at,
                decision.decided_at,
                msgspec.json.encode(decision).decode(),
            )


def contacts(judged: Iterable[Judged]) -> Iterator[Row]:
    """Everybody that speaks, in the order they do."""
    for facts in (each.facts for each in judged):
        if is_contact(facts):
            yield (*owner_of(facts), facts.person_id, facts.event_id, facts.occurred_at)


def sayings(judged: Iterable[Judged]) -> Iterator[Row]:
    """Texts, as the numbers by which they are known again."""
    for each in judged:
        saying = saying_of(each.facts, each.text)
        if saying is not None:
            yield (
                saying.event_id,
                *owner_of(each.facts),
                saying.person_id,
                saying.text_hash,
                saying.simhash,
                list(bands(saying.simhash)),
                saying.at,
            )


def hits(judged: Iterable[Judged]) -> Iterator[Row]:
    """Which rule matched which event, and what it did."""
    for each in judged:
        for hit in hits_of(each.facts, each.decision):
            yield (
                hit.event_id,
                hit.rule,
                hit.version,
                *owner_of(each.facts),
                hit.thread,
                hit.person_id,
                list(hit.kinds),
                hit.at,
            )


def own_comments(judged: Iterable[Judged]) -> Iterator[Row]:
    """The account's own comments."""
    for facts in (each.facts for each in judged):
        if (comment_id := own_comment_of(facts)) is not None:
            yield (*owner_of(facts), comment_id)


def takeovers(judged: Iterable[Judged], automatic: Mapping[Owner, Container[str]]) -> Sequence[Row]:
    """The last answer by a person of ours in each thread; `automatic` are the ids of ours that
    rules caused."""
    last: dict[tuple[Owner, str], Facts] = {}
    for facts in (each.facts for each in judged):
        owner = owner_of(facts)
        if is_takeover(facts, automatic.get(owner, ())):
            known = last.setdefault((owner, facts.thread), facts)
            if facts.occurred_at >= known.occurred_at:
                last[owner, facts.thread] = facts
    return [
        (*owner, thread, facts.event_id, facts.occurred_at)
        for (owner, thread), facts in last.items()
    ]


def rates(judged: Iterable[Judged], now: datetime) -> Sequence[Row]:
    """How much was judged in this minute, and how much of it each rule hit."""
    counted: Counter[tuple[Owner, str]] = Counter()
    for facts, decision in ((each.facts, each.decision) for each in judged):
        if decision.excuse is None:
            rules = {match.rule for match in decision.matches}
            counted.update((owner_of(facts), rule) for rule in (JUDGED, *rules))
    minute = now.replace(second=0, microsecond=0)
    return [
        (*owner, rule, minute, *((count, 0) if rule == JUDGED else (0, count)))
        for (owner, rule), count in sorted(counted.items())
    ]
