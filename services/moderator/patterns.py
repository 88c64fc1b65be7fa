"""All regular expressions of a rule set in one search, by RE2: linear in the text, whatever the
pattern, and in bounded memory."""

from collections.abc import Iterable

import re2

from services.moderator.case import Found
from services.moderator.rules import Pattern
from services.moderator.wording import Text

PATTERN_MEMORY = 4 << 20
_SET_MEMORY = 16 << 20
_REASON = "pattern"


def compiled(pattern: Pattern) -> "re2._Regexp":
    """The expression by itself.

    Raises:
        re2.error: says what is wrong with it.
    """
    return re2.compile(_source(pattern), _options(PATTERN_MEMORY))


class Patterns:
    """Patterns are added, the set is closed, texts are searched."""

    def __init__(self) -> None:
        self._patterns: list[Pattern] = []

    def add(self, pattern: Pattern) -> int:
        """Search for `pattern`; by the number it is known whether it was found."""
        self._patterns.append(pattern)
        return len(self._patterns) - 1

    def close(self) -> None:
        """Nothing is added any more."""
        every = dict(enumerate(self._patterns))
        self._in_written = _Group(every)
        self._in_bare = _Group({at: each for at, each in every.items() if each.disguised})

    def search(self, text: Text) -> Found:
        """Which conditions hold for `text`."""
        found = dict.fromkeys(self._in_written.search(text.encoded), _REASON)
        if self._in_bare:
            found |= dict.fromkeys(self._in_bare.search(text.skeleton.encode()), _REASON)
        return found


class _Group:
    """Patterns that are sought in the same view of a text."""

    def __init__(self, patterns: dict[int, Pattern]) -> None:
        self._numbers = [*patterns]
        self._single = [compiled(each) for each in patterns.values()]
        self._together = _together(patterns.values())

    def __len__(self) -> int:
        return len(self._numbers)

    def search(self, text: bytes) -> list[int]:
        """The numbers of those that are in `text`."""
        found = self._together.Match(text) if self._together else []
        if len(self._numbers) in found:
            return [self._numbers[at] for at in found if at < len(self._numbers)]
        return [
            number
            for number, each in zip(self._numbers, self._single, strict=True)
            if each.search(text)
        ]


def _together(patterns: Iterable[Pattern]) -> "re2.Set | None":
    """All of them at once, and a last one that is found everywhere, so that whoever finds nothing
    is known to have run out of memory; None if they are too large to be one."""
    together = re2.Set.SearchSet(_options(_SET_MEMORY))
    for source in (*map(_source, patterns), ""):
        together.Add(source)
    try:
        together.Compile()
    except re2.error:
        return None
    return together


def _source(pattern: Pattern) -> str:
    return f"(?i){pattern.re}" if pattern.ignore_case else pattern.re


def _options(memory: int) -> re2.Options:
    options = re2.Options()
    options.max_mem = memory
    options.log_errors = False
    return options
