"""What is wrong with a rule set beyond the types of its fields."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import re2

from services.moderator import languages, scorers
from services.moderator.facts import handle
from services.moderator.folding import fold
from services.moderator.patterns import compiled
from services.moderator.rules import (
    Condition,
    Deeds,
    Links,
    Pattern,
    Range,
    Rule,
    RuleSet,
    Scope,
    Scored,
    Texts,
    Words,
)
from services.moderator.settling import ON_COMMENTS, POSSIBLE
from services.moderator.templates import render, unknown_variables
from services.moderator.wishes import Wisher, wishes_of
from shared.contracts.actions import ActionKind
from shared.meta.texts import fits

_DOMAIN = re.compile(r"(?:[\w-]+\.)+[\w-]+")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_PLATFORMS = ("instagram", "page")
_NOBODY = Wisher(rule="", version=0)


def problems_of(rule_set: RuleSet) -> Iterator[str]:
    """All of them, each with its place."""
    for name, times in Counter(rule.name for rule in rule_set.rules).items():
        if times > 1:
            yield f"rule {name}: there are {times} of that name"
    for name, words in rule_set.lists.items():
        yield from (f"lists.{name}: {each}" for each in _empty(words))
    people = rule_set.people
    for person in sorted({*map(handle, people.allowed)} & {*map(handle, people.blocked)}):
        yield f"people: {person} is both allowed and blocked"
    bands = rule_set.bands
    if bands.hide is not None and bands.queue is not None and bands.queue >= bands.hide:
        yield "bands: what is queued would be hidden before"
    for rule in rule_set.rules:
        yield from (f"rule {rule.name}, {each}" for each in _in_rule(rule, rule_set.lists))


def _in_rule(rule: Rule, lists: Mapping[str, Sequence[str]]) -> Iterator[str]:
    if rule.then == Deeds():
        yield "then: does nothing"
    yield from (f"scope.languages: {each}" for each in _in_languages(rule.scope.languages))
    yield from _in_deeds(rule.then, rule.scope)
    if rule.window is not None:
        yield from _in_zone(rule.window.zone)
        if not rule.window.days:
            yield "window.days: none is left"
    for place, condition in _conditions(rule.when, "when"):
        yield from (f"{place}.{each}" for each in _in_condition(condition, lists))


def _conditions(condition: Condition, place: str) -> Iterator[tuple[str, Condition]]:
    yield place, condition
    for name in ("all", "any", "none"):
        inner: tuple[Condition, ...] = getattr(condition, name) or ()
        for number, each in enumerate(inner):
            yield from _conditions(each, f"{place}.{name}[{number}]")


def _in_condition(condition: Condition, lists: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for name in ("all", "any", "none", "authors", "languages"):
        if getattr(condition, name) == ():
            yield f"{name}: holds nothing"
    for name, number in (("mentions", condition.mentions), ("length", condition.length)):
        yield from (f"{name}: {each}" for each in _in_range(number))
    if condition.words is not None:
        yield from (f"words: {each}" for each in _in_words(condition.words, lists))
    if condition.pattern is not None:
        yield from (f"pattern: {each}" for each in _in_pattern(condition.pattern))
    if condition.links is not None:
        yield from (f"links: {each}" for each in _in_links(condition.links))
    if condition.score is not None:
        yield from (f"score: {each}" for each in _in_score(condition.score))
    yield from (f"languages: {each}" for each in _in_languages(condition.languages or ()))


def _in_range(number: Range | None) -> Iterator[str]:
    if number is not None and number.most is not None and number.most < number.least:
        yield f"no number is at least {number.least} and at most {number.most}"


def _in_words(words: Words, lists: Mapping[str, Sequence[str]]) -> Iterator[str]:
    if not words.of and not words.lists:
        yield "neither words nor lists"
    yield from (f"there is no list {name}" for name in words.lists if name not in lists)
    yield from _empty(words.of)


def _empty(words: Sequence[str]) -> Iterator[str]:
    yield from (f"word {at} is empty" for at, word in enumerate(words, 1) if not fold(word))


def _in_pattern(pattern: Pattern) -> Iterator[str]:
    try:
        expression = compiled(pattern)
    except re2.error as exc:
        yield f"RE2 does not take it: {exc.args[0].decode(errors='replace')}"
    else:
        if expression.search(b""):
            yield "it is found in every text, even in none"


def _in_links(links: Links) -> Iterator[str]:
    for domain in (*links.allowed, *links.blocked):
        if not _DOMAIN.fullmatch(domain):
            yield f"{domain} is no domain"
    for domain in sorted({*links.allowed} & {*links.blocked}):
        yield f"{domain} is both allowed and blocked"


def _in_score(scored: Scored) -> Iterator[str]:
    if scored.by not in scorers.NAMES:
        yield f"there is no scorer {scored.by}: there is {', '.join(sorted(scorers.NAMES))}"
    elif not scorers.available(scored.by):
        yield f"needs the extra `{scored.by}`: install parley[{scored.by}]"


def _in_languages(codes: Sequence[str]) -> Iterator[str]:
    yield from (f"{code} is no code such as en" for code in codes if not _LANGUAGE.fullmatch(code))
    if codes and not languages.available():
        yield "needs the extra `language`: install parley[language]"


def _in_zone(zone: str) -> Iterator[str]:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield f"window.zone: there is no time zone {zone}, but Europe/Lisbon is one"


def _in_deeds(deeds: Deeds, scope: Scope) -> Iterator[str]:
    at_comments = {wish.kind for wish in wishes_of(deeds, _NOBODY)} & ON_COMMENTS
    possible = {kind for each in scope.kinds or POSSIBLE for kind in POSSIBLE.get(each, ())}
    for kind in sorted(at_comments - possible):
        yield f"then.{kind}: Meta has no such thing for {', '.join(scope.kinds)}"
    answers: tuple[tuple[ActionKind, Texts | None], ...] = (
        ("reply", deeds.reply),
        ("private_reply", deeds.private_reply),
        ("message", deeds.message),
    )
    for kind, answer in answers:
        for number, text in enumerate(answer.texts if answer else ()):
            place = f"then.{kind}.texts[{number}]"
            yield from (f"{place}: {each}" for each in _in_text(text, kind, scope))


def _in_text(text: str, kind: ActionKind, scope: Scope) -> Iterator[str]:
    for name in unknown_variables(text):
        yield f"there is no variable {name}"
    shortest = render(text, {}) or "-"
    if not text.strip():
        yield "is empty"
    elif not all(fits(each, kind, shortest) for each in scope.platforms or _PLATFORMS):
        yield "is longer than Meta takes"
