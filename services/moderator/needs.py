"""What an account's rules ask of earlier events, so that nothing else is looked up."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from services.moderator.rules import Condition, Offender, Repeats, Rule

_NEVER = timedelta()
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Needs:
    """Windows are the longest that any rule has; zero where none asks.

    `persons`, `same` and `near` are about sayings: a person's own, the same text of anyone, and
    nearly the same; of the last two at most `times` matter. `hits` are those of a person.
    `per_hour` has the largest number of acts that counts for each rule with such a cap.
    """

    first_contact: bool = False
    reply_to_us: bool = False
    persons: timedelta = _NEVER
    same: timedelta = _NEVER
    near: timedelta = _NEVER
    times: int = 0
    hits: timedelta = _HOUR
    threads: bool = False
    per_hour: Mapping[str, int]


def needs_of(rules: Iterable[Rule]) -> Needs:
    """What these rules ask, caps included."""
    rules = list(rules)
    asked = [condition for rule in rules for condition in _all(rule.when)]
    repeats = [each.repeats for each in asked if each.repeats is not None]
    offenders = [each.offender for each in asked if each.offender is not None]
    caps = [rule.caps for rule in rules]
    return Needs(
        first_contact=any(each.first_contact is not None for each in asked),
        reply_to_us=any(each.reply_to_us is not None for each in asked),
        persons=_longest(each for each in repeats if each.by == "person"),
        same=_longest(each for each in repeats if each.by == "anyone" and not each.near),
        near=_longest(each for each in repeats if each.by == "anyone" and each.near),
        times=max((each.times for each in repeats), default=0),
        hits=max(
            _longest(offenders),
            _DAY if any(each.per_person_a_day is not None for each in caps) else _HOUR,
        ),
        threads=any(each.per_thread is not None for each in caps),
        per_hour={rule.name: rule.caps.per_hour for rule in rules if rule.caps.per_hour},
    )


def _all(condition: Condition) -> Iterator[Condition]:
    yield condition
    for inner in (condition.all, condition.any, condition.none):
        for each in inner or ():
            yield from _all(each)


def _longest(asked: Iterable[Repeats | Offender]) -> timedelta:
    return max((timedelta(hours=each.hours) for each in asked), default=_NEVER)
