"""The judgement of one event, from beginning to end, without any I/O.

In this order (pitfalls §3.5): what is ours, a test, backlog or another app's; allowed people;
blocked people; rules that protect; rules that score, and what their sum leads to; rules that
answer; rules that note. The brakes hold all that comes of it, but the judgement is made.
"""

from collections.abc import Container
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.moderator.case import Case
from services.moderator.compile import Compiled, Rulebook
from services.moderator.conditions import Reasons
from services.moderator.decision import Decision, Excuse, Held, Match
from services.moderator.facts import Facts
from services.moderator.memory import Memory
from services.moderator.rules import Deeds, Queue
from services.moderator.settling import settle
from services.moderator.wishes import (
    BANDS,
    BLOCKED_PEOPLE,
    Band,
    Stage,
    Wish,
    Wisher,
    band_of,
    wishes_of,
)
from services.moderator.wording import Text

_HIDE = Deeds(hide=True)
_QUEUE = Deeds(queue=Queue())


def judge(
    facts: Facts,
    text: Text,
    memory: Memory,
    rulebook: Rulebook,
    *,
    now: datetime,
    stopped: bool,
    open_breakers: Container[str] = frozenset(),
) -> Decision:
    """What is to be done about the event, and why; the same for the same arguments.

    `text` carries what scorers said of it. `stopped` is the kill switch, which lets nothing
    automatic happen, and `open_breakers` are the rules that only observe because they hit too much.
    """
    findings = _Findings(stopped, open_breakers)
    excuse = _excuse(facts, memory, rulebook, now)
    if excuse is None:
        if memory.blocked(facts) or not rulebook.blocked.isdisjoint(facts.names):
            findings.add_blocked(rulebook)
        elif rulebook.rules:
            findings.ask(rulebook, Case(facts, text, memory))
        else:
            excuse = "no_rules"
    wanted, actions = settle((*findings.grave, *findings.light), facts, memory, rulebook, now)
    return Decision(
        event_id=facts.event_id,
        decided_at=now,
        excuse=excuse,
        versions=rulebook.versions,
        matches=tuple(findings.matches),
        score=findings.score,
        wanted=wanted,
        actions=actions,
    )


def _excuse(facts: Facts, memory: Memory, rulebook: Rulebook, now: datetime) -> Excuse | None:
    """Why the event is not to be judged."""
    if facts.own or memory.ours(facts):
        return "own"
    if facts.test:
        return "test"
    if facts.kind is None:
        return "removed" if facts.removed else "not_judged"
    if facts.replayed or now - facts.said_at > timedelta(hours=rulebook.events_older_than_hours):
        return "historic"
    if facts.standby:
        return "standby"
    return None if rulebook.allowed.isdisjoint(facts.names) else "allowed"


@dataclass(slots=True)
class _Findings:
    """What matched and what that wants; the `grave` wishes come before those that answer and note.
    `score` sums up all rules that matched, `firm` those of them that may act: a rule that only
    observes must not tip the scales."""

    stopped: bool
    open_breakers: Container[str]
    matches: list[Match] = field(default_factory=list)
    grave: list[Wish] = field(default_factory=list)
    light: list[Wish] = field(default_factory=list)
    score: float = 0.0
    firm: float = 0.0

    def add_blocked(self, rulebook: Rulebook) -> None:
        """Whoever is blocked is hidden, and neither answered nor judged any further."""
        version = rulebook.versions[-1] if rulebook.versions else 0
        self.matches.append(Match(rule=BLOCKED_PEOPLE, version=version, mode="enforce"))
        held: Held | None = "stopped" if self.stopped else None
        self.grave += wishes_of(_HIDE, Wisher(rule=BLOCKED_PEOPLE, version=version, held=held))

    def ask(self, rulebook: Rulebook, case: Case) -> None:
        """Ask all rules that may match, which come in the order of their stages."""
        ended: Stage | None = None
        for compiled in rulebook.worth_asking(case):
            if compiled.stage is not ended:
                reasons = compiled.matches(case)
                if reasons is not None and self._add(compiled, reasons):
                    ended = compiled.stage
        self._weigh(rulebook, case.facts)

    def _add(self, compiled: Compiled, reasons: Reasons) -> bool:
        """Whether the rule ends its stage, which none does that only observes."""
        rule, held = compiled.rule, self._held(compiled)
        score = rule.then.score
        self.matches.append(
            Match(
                rule=rule.name,
                version=compiled.version,
                mode=rule.mode,
                because=reasons,
                score=score,
            )
        )
        acts = held in {None, "stopped"}
        self.score += score or 0.0
        self.firm += (score or 0.0) if acts else 0.0
        by = Wisher(rule=rule.name, version=compiled.version, held=held, caps=rule.caps)
        wishes = self.grave if compiled.stage <= Stage.SCORE else self.light
        wishes += wishes_of(rule.then, by)
        return rule.stop and acts

    def _held(self, compiled: Compiled) -> Held | None:
        if compiled.rule.mode == "observe":
            return "observing"
        if compiled.rule.name in self.open_breakers:
            return "breaker"
        return "stopped" if self.stopped else None

    def _weigh(self, rulebook: Rulebook, facts: Facts) -> None:
        """Let the bands have what the sums of scores lead to."""
        bands, version = rulebook.bands, rulebook.versions[-1]
        seen = band_of(self.score, bands)
        done = band_of(self.firm, bands) if bands.mode == "enforce" else None
        if seen is None and done is None:
            return
        because = (f"score: {self.score:g}",)
        self.matches.append(Match(rule=BANDS, version=version, mode=bands.mode, because=because))
        if done is not None:
            by = Wisher(rule=BANDS, version=version, held="stopped" if self.stopped else None)
            self.grave += wishes_of(_deeds_of(done, facts), by)
        if seen is not None and seen != done:
            by = Wisher(rule=BANDS, version=version, held="observing")
            self.grave += wishes_of(_deeds_of(seen, facts), by)


def _deeds_of(band: Band, facts: Facts) -> Deeds:
    """What cannot be hidden is shown to a person instead."""
    return _HIDE if band == "hide" and facts.kind == "comment" else _QUEUE
