"""Conditions as functions: each is made once of what a rule says, and then only asked.

A reason names what the rule itself names, never what the person wrote.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from services.moderator import scorers
from services.moderator.case import Case, Finder
from services.moderator.facts import handle
from services.moderator.lexicon import Lexicon
from services.moderator.links import domain_of
from services.moderator.patterns import Patterns
from services.moderator.rules import (
    Condition,
    Links,
    Offender,
    Pattern,
    Range,
    Repeats,
    Scored,
    Words,
)

Reasons = tuple[str, ...]
Test = Callable[[Case], Reasons | None]
"""Why a condition holds for a case, or None where it does not; it may hold for no reason."""


@dataclass(frozen=True, slots=True)
class Finders:
    """What the conditions of one set share."""

    lists: Mapping[str, Sequence[str]]
    lexicon: Lexicon = field(default_factory=Lexicon)
    patterns: Patterns = field(default_factory=Patterns)


def compile_condition(condition: Condition, finders: Finders) -> Test:
    """`condition` as a function; what is cheap to ask is asked first."""
    tests: list[Test] = [
        make(value, finders)
        for name, make in _MAKERS.items()
        if (value := getattr(condition, name)) is not None
    ]
    return tests[0] if len(tests) == 1 else _Every(tuple(tests))


def must_be_found(test: Test) -> "Sought | None":
    """Something in the text without which `test` cannot hold: known for all rules at once."""
    if isinstance(test, _Every):
        return next(filter(None, map(must_be_found, test.tests)), None)
    return test if isinstance(test, Sought) else None


@dataclass(frozen=True, slots=True)
class Sought:
    """Holds when `finder` finds what has this number."""

    finder: Finder
    number: int

    def __call__(self, case: Case) -> Reasons | None:
        """The one reason that the finder gives."""
        reason = case.found(self.finder).get(self.number)
        return None if reason is None else (reason,)


@dataclass(frozen=True, slots=True)
class _Every:
    tests: tuple[Test, ...]

    def __call__(self, case: Case) -> Reasons | None:
        reasons: Reasons = ()
        for each in self.tests:
            found = each(case)
            if found is None:
                return None
            reasons += found
        return reasons


def _any(tests: Sequence[Test]) -> Test:
    def test(case: Case) -> Reasons | None:
        return next((found for each in tests if (found := each(case)) is not None), None)

    return test


def _none(tests: Sequence[Test]) -> Test:
    def test(case: Case) -> Reasons | None:
        return None if any(each(case) is not None for each in tests) else ()

    return test


def _of(
    combine: Callable[[Sequence[Test]], Test],
) -> Callable[[tuple[Condition, ...], Finders], Test]:
    return lambda inner, finders: combine([compile_condition(each, finders) for each in inner])


def _flag(name: str, ask: Callable[[Case], bool]) -> Callable[[bool, Finders], Test]:
    def make(wanted: bool, _: Finders) -> Test:  # noqa: FBT001 (the condition is a flag)
        reasons = (name if wanted else f"not {name}",)
        return lambda case: reasons if ask(case) is wanted else None

    return make


def _number(name: str, ask: Callable[[Case], int]) -> Callable[[Range, Finders], Test]:
    def make(wanted: Range, _: Finders) -> Test:
        least, most = wanted.least, wanted.most

        def test(case: Case) -> Reasons | None:
            number = ask(case)
            within = number >= least and (most is None or number <= most)
            return (f"{name}: {number}",) if within else None

        return test

    return make


def _words(words: Words, finders: Finders) -> Test:
    labelled = [(word, word) for word in words.of]
    labelled += [(word, name) for name in words.lists for word in finders.lists.get(name, ())]
    number = finders.lexicon.add(labelled, whole=words.whole, disguised=words.disguised)
    return Sought(finders.lexicon, number)


def _pattern(pattern: Pattern, finders: Finders) -> Test:
    return Sought(finders.patterns, finders.patterns.add(pattern))


def _links(links: Links, _: Finders) -> Test:
    allowed, blocked = frozenset(map(handle, links.allowed)), frozenset(map(handle, links.blocked))

    def test(case: Case) -> Reasons | None:
        for host in case.text.hosts:
            if domain_of(host.name, allowed) is not None:
                continue
            domain = domain_of(host.name, blocked)
            if domain is not None:
                return (f"links: {domain}",)
            if host.link and not blocked:
                return ("links",)
        return None

    return test


def _languages(codes: tuple[str, ...], _: Finders) -> Test:
    def test(case: Case) -> Reasons | None:
        language = case.text.language
        return (f"language: {language}",) if language in codes else None

    return test


def _authors(names: tuple[str, ...], _: Finders) -> Test:
    wanted = frozenset(map(handle, names))
    return lambda case: None if wanted.isdisjoint(case.facts.names) else ("author",)


def _repeats(repeats: Repeats, _: Finders) -> Test:
    def test(case: Case) -> Reasons | None:
        if not case.text.folded:
            return None
        times = case.history.repeats(case.facts, case.text, repeats)
        return (f"repeats: {times} in {repeats.hours:g} h",) if times >= repeats.times else None

    return test


def _offender(offender: Offender, _: Finders) -> Test:
    def test(case: Case) -> Reasons | None:
        hits = case.history.hits(case.facts, offender)
        return (f"offender: {hits} in {offender.hours:g} h",) if hits >= offender.times else None

    return test


def _score(scored: Scored, _: Finders) -> Test:
    name = scored.by

    def test(case: Case) -> Reasons | None:
        scorers.score((name,), (case.text,))
        score = case.text.scores[name]
        return (f"{name}: {score:.2f}",) if score >= scored.least else None

    return test


_MAKERS: Mapping[str, Callable[..., Test]] = {
    **{
        name: _flag(name, attrgetter(f"facts.{name}"))
        for name in ("story_reply", "story_mention", "ad", "edited")
    },
    "authors": _authors,
    "words": _words,
    "pattern": _pattern,
    "length": _number("length", lambda case: len(case.text.written)),
    "has_text": _flag("has_text", lambda case: case.text.folded != ""),
    "mentions": _number("mentions", attrgetter("text.mentions")),
    "links": _links,
    "emoji_only": _flag("emoji_only", attrgetter("text.emoji_only")),
    "all": _of(lambda tests: _Every(tuple(tests))),
    "any": _of(_any),
    "none": _of(_none),
    "reply_to_us": _flag("reply_to_us", lambda case: case.history.replies_to_us(case.facts)),
    "first_contact": _flag("first_contact", lambda case: case.history.first_contact(case.facts)),
    "repeats": _repeats,
    "offender": _offender,
    "languages": _languages,
    "score": _score,
}
