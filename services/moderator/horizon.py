"""How far back the rules look: what is older need not be kept."""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from services.moderator.rules import Condition, RuleSet

_A_DAY = timedelta(days=1)
"""The window of a person's cap."""

_THREADS = timedelta(days=30)
"""For how long a thread's cap counts."""


def horizon(rule_sets: Iterable[RuleSet]) -> timedelta:
    """The longest window of all that these rules ask of earlier events."""
    windows = (window for rule_set in rule_sets for window in _windows(rule_set))
    return max(windows, default=_A_DAY)


def _windows(rule_set: RuleSet) -> Iterator[timedelta]:
    yield _A_DAY
    yield timedelta(hours=rule_set.quiet_hours)
    for rule in rule_set.rules:
        if rule.caps.per_thread is not None:
            yield _THREADS
        yield from _asked(rule.when)


def _asked(condition: Condition) -> Iterator[timedelta]:
    for asked in (condition.repeats, condition.offender):
        if asked is not None:
            yield timedelta(hours=asked.hours)
    for inner in (condition.all, condition.any, condition.none):
        for each in inner or ():
            yield from _asked(each)
