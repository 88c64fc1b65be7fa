"""Rule sets made ready to be asked: each rule once as a function, the sets in force joined."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from services.moderator.case import Case, Finder
from services.moderator.conditions import (
    Finders,
    Reasons,
    Sought,
    Test,
    compile_condition,
    must_be_found,
)
from services.moderator.facts import handle
from services.moderator.rules import Bands, Condition, Rule, RuleSet
from services.moderator.scopes import Looks, compile_scope
from services.moderator.wishes import Stage, stage_of


@dataclass(frozen=True, slots=True)
class Compiled:
    """A rule of a version of its set. `matches` gives the reasons, or None if it does not match; a
    rule without conditions matches for no reason. It cannot match unless `sought` is found."""

    rule: Rule
    version: int
    stage: Stage
    matches: Test
    sought: Sought | None


@dataclass(frozen=True, slots=True)
class CompiledSet:
    """One version of a set; all accounts that it is for can share it."""

    version: int
    rule_set: RuleSet
    rules: tuple[Compiled, ...]
    scorers: frozenset[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Rulebook:
    """All that holds for one account. `rules` are in the order in which they are asked: by stage,
    and in that those for all accounts first. `scorers` names those that some rule asks,
    `finders` are asked before the rules, of which `unsought` do not depend on them; `places` are
    those of the rules by what they seek. Settings are those of the last of `versions`."""

    versions: tuple[int, ...] = ()
    rules: tuple[Compiled, ...] = ()
    allowed: frozenset[str] = frozenset()
    blocked: frozenset[str] = frozenset()
    scorers: frozenset[str] = frozenset()
    finders: tuple[Finder, ...] = ()
    unsought: tuple[Compiled, ...] = ()
    places: Mapping[Sought | None, tuple[int, ...]]
    bands: Bands
    quiet_hours: float
    turns_an_hour: int
    events_older_than_hours: float

    def worth_asking(self, case: Case) -> Sequence[Compiled]:
        """The rules, in their order, without those that seek something in the text which is not
        there: few are left of many, and the others cost nothing."""
        places = [
            place
            for finder in self.finders
            for number in case.found(finder)
            for place in self.places.get(Sought(finder, number), ())
        ]
        if not places:
            return self.unsought
        return [self.rules[place] for place in sorted((*places, *self.places.get(None, ())))]


def compile_set(version: int, rule_set: RuleSet) -> CompiledSet:
    """`rule_set`, which must be right in every part, ready to be asked. Rules that are not enabled
    are left out."""
    finders = Finders(rule_set.lists)
    enabled = [rule for rule in rule_set.rules if rule.enabled]
    rules = tuple(_compiled(rule, version, finders) for rule in enabled)
    finders.lexicon.close()
    finders.patterns.close()
    scorers = frozenset(name for rule in enabled for name in _scorers(rule.when))
    return CompiledSet(version, rule_set, rules, scorers)


def join(sets: Sequence[CompiledSet]) -> Rulebook:
    """The sets that hold for one account, that for all accounts first. A rule takes the place of
    one with its name in an earlier set, so that an account can have its own, or switch it off; of
    the settings those of the last set count."""
    rules: dict[str, Compiled | None] = {}
    for each in sets:
        own = {rule.rule.name: rule for rule in each.rules}
        rules |= {rule.name: own.get(rule.name) for rule in each.rule_set.rules}
    in_force = sorted(filter(None, rules.values()), key=lambda rule: rule.stage)
    people = [each.rule_set.people for each in sets]
    settings = sets[-1].rule_set if sets else RuleSet()
    return Rulebook(
        versions=tuple(each.version for each in sets),
        rules=tuple(in_force),
        allowed=frozenset(handle(name) for each in people for name in each.allowed),
        blocked=frozenset(handle(name) for each in people for name in each.blocked),
        scorers=frozenset(name for each in sets for name in each.scorers),
        finders=tuple({rule.sought.finder: None for rule in in_force if rule.sought}),
        unsought=tuple(rule for rule in in_force if rule.sought is None),
        places={
            sought: tuple(place for place, rule in enumerate(in_force) if rule.sought == sought)
            for sought in {rule.sought for rule in in_force}
        },
        bands=settings.bands,
        quiet_hours=settings.quiet_hours,
        turns_an_hour=settings.turns_an_hour,
        events_older_than_hours=settings.events_older_than_hours,
    )


def compile_rules(rule_sets: Sequence[tuple[int, RuleSet]]) -> Rulebook:
    """The sets that hold for one account, with their versions, that for all accounts first."""
    return join([compile_set(version, rule_set) for version, rule_set in rule_sets])


def _compiled(rule: Rule, version: int, finders: Finders) -> Compiled:
    test = compile_condition(rule.when, finders)
    matches = _matches(compile_scope(rule.scope, rule.window), test)
    return Compiled(rule, version, stage_of(rule.then), matches, must_be_found(test))


def _matches(looks: tuple[Looks, ...], test: Test) -> Test:
    def matches(case: Case) -> Reasons | None:
        for look in looks:
            if not look(case):
                return None
        return test(case)

    return matches if looks else test


def _scorers(condition: Condition) -> Iterator[str]:
    if condition.score is not None:
        yield condition.score.by
    for inner in (condition.all, condition.any, condition.none):
        for each in inner or ():
            yield from _scorers(each)
