"""What a set of rules would have done to events that were, beside what the set in force would have.

Both begin with an empty memory and see every event once, in the order of time, as it came then:
backlog stays backlog, and nobody pulls a brake.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import blake2b

from services.moderator.compile import Rulebook
from services.moderator.decision import Decision, Excuse, Held, Match
from services.moderator.facts import Facts
from services.moderator.history import NOTHING, Past
from services.moderator.judge import judge
from services.moderator.memory import Memory
from services.moderator.wording import Text
from shared.contracts.actions import ActionKind

SAMPLES = 5
"""As many as a person reads of each."""


@dataclass(frozen=True, slots=True)
class Sample:
    """An event to look at; `because` is what held."""

    facts: Facts
    because: tuple[str, ...] = ()


@dataclass(slots=True)
class Samples:
    """A few of all that are added, spread over the whole time: the same ones in every run."""

    _chosen: list[tuple[bytes, Sample]] = field(default_factory=list)

    def add(self, sample: Sample) -> None:
        """Keep it, perhaps."""
        lot = blake2b(sample.facts.event_id.encode(errors="replace"), digest_size=8).digest()
        if len(self._chosen) == SAMPLES and lot >= self._chosen[-1][0]:
            return
        self._chosen = sorted([*self._chosen, (lot, sample)], key=lambda each: each[0])[:SAMPLES]

    @property
    def chosen(self) -> list[Sample]:
        """In the order of time."""
        return sorted((each for _, each in self._chosen), key=lambda each: each.facts.occurred_at)


@dataclass(slots=True)
class RuleCount:
    """What one rule came to: how often it `matched`, what was `done`, what wanted but `held`."""

    matched: int = 0
    done: Counter[ActionKind] = field(default_factory=Counter)
    held: Counter[tuple[ActionKind, Held]] = field(default_factory=Counter)
    samples: Samples = field(default_factory=Samples)


@dataclass(slots=True)
class Tally:
    """What one set of rules came to, by rule; the bands and blocked people count as rules, too."""

    judged: int = 0
    excuses: Counter[Excuse] = field(default_factory=Counter)
    rules: dict[str, RuleCount] = field(default_factory=dict)

    def count(self, facts: Facts, decision: Decision) -> None:
        """Add one decision."""
        if decision.excuse is not None:
            self.excuses[decision.excuse] += 1
            return
        self.judged += 1
        for match in decision.matches:
            self._count_match(facts, match)
        for wanted in decision.wanted:
            of_rule = self.rules[wanted.rule]
            if wanted.held is None:
                of_rule.done[wanted.kind] += 1
            else:
                of_rule.held[wanted.kind, wanted.held] += 1

    def _count_match(self, facts: Facts, match: Match) -> None:
        of_rule = self.rules.setdefault(match.rule, RuleCount())
        of_rule.matched += 1
        of_rule.samples.add(Sample(facts, match.because))


@dataclass(slots=True)
class Difference:
    """Events to which one kind of thing would be done by one of the sets only."""

    events: int = 0
    samples: Samples = field(default_factory=Samples)


class Run:
    """One rule book's way through the events of one account."""

    def __init__(self, rulebook: Rulebook, horizon: timedelta, past: Past) -> None:
        self._rulebook = rulebook
        self._memory = Memory(horizon, past)

    def decide(self, facts: Facts, text: Text) -> Decision:
        """What would have been decided when the event came."""
        decision = judge(
            facts, text, self._memory, self._rulebook, now=facts.received_at, stopped=False
        )
        self._memory.note(facts, text, decision)
        return decision


class Backtest:
    """A candidate and the set in force, side by side, on the events of one account.

    `past` is for what no walk over events can know: which of our own comments and messages came
    from rules, so that they are not taken for a person's (pitfalls B4).
    """

    def __init__(
        self, candidate: Rulebook, live: Rulebook, horizon: timedelta, past: Past = NOTHING
    ) -> None:
        self._runs = (Run(candidate, horizon, past), Run(live, horizon, past))
        self.candidate = Tally()
        self.live = Tally()
        self.more: dict[ActionKind, Difference] = {}
        self.less: dict[ActionKind, Difference] = {}

    def add(self, facts: Facts, text: Text) -> None:
        """The next event in time."""
        new, old = (run.decide(facts, text) for run in self._runs)
        self.candidate.count(facts, new)
        self.live.count(facts, old)
        _note(self.more, facts, _by_kind(new), _by_kind(old))
        _note(self.less, facts, _by_kind(old), _by_kind(new))


def _by_kind(decision: Decision) -> Mapping[ActionKind, str]:
    """What is done, and by which rule."""
    return {action.kind: action.rule or "" for action in reversed(decision.actions)}


def _note(
    differences: dict[ActionKind, Difference],
    facts: Facts,
    here: Mapping[ActionKind, str],
    there: Mapping[ActionKind, str],
) -> None:
    for kind in here.keys() - there.keys():
        difference = differences.setdefault(kind, Difference())
        difference.events += 1
        difference.samples.add(Sample(facts, (here[kind],)))
