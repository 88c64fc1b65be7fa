"""The text of one event in all the views that conditions take of it, each made when first asked."""

import re
from collections.abc import Callable
from typing import Generic, TypeVar

import emoji

from services.moderator import fingerprints
from services.moderator.folding import Unmasked, fold, unmask
from services.moderator.languages import language_of
from services.moderator.links import Host, hosts

_POINTERS = ("@", "#", "://")
_lone_halves = re.compile("[\ud800-\udfff]").sub
_mentions = re.compile(r"(?<!\w)@\w").findall
_any_ascii_letter = re.compile("[A-Za-z]").search


T = TypeVar("T")


class _once(Generic[T]):  # noqa: N801 (a decorator)
    """`functools.cached_property` without the lock that it takes before Python 3.12: there are ten
    of them in a text."""

    def __init__(self, make: Callable[["Text"], T]) -> None:
        self._make = make
        self._name = make.__name__
        self.__doc__ = make.__doc__

    def __get__(self, text: "Text", _: type) -> T:
        made = text.__dict__[self._name] = self._make(text)
        return made


class Text:
    """`written` is what was written, with lone halves of characters replaced so that it can be
    encoded. `scores` are what scorers said of it, by their names.

    Nothing here raises, whatever the text, or takes longer than in proportion to its length.
    """

    def __init__(self, text: str) -> None:
        self.written = text if text.isascii() else _lone_halves("\ufffd", text)
        self.scores: dict[str, float] = {}

    @_once
    def encoded(self) -> bytes:
        """As written, in UTF-8."""
        return self.written.encode()

    @_once
    def folded(self) -> str:
        """Small letters of one kind, one space between words, nothing unseen; empty when there is
        nothing to be seen."""
        return fold(self.written)

    @_once
    def unmasked(self) -> Unmasked:
        """The words behind any disguise."""
        return unmask(self.written)

    @_once
    def skeleton(self) -> str:
        """All readings of the text without disguise, a line for each."""
        return "\n".join(self.unmasked.lines)

    @_once
    def hosts(self) -> tuple[Host, ...]:
        """What it links to, and what looks like it."""
        return hosts(self.folded)

    @_once
    def mentions(self) -> int:
        """How often somebody is named by @username."""
        return len(_mentions(self.folded)) if "@" in self.folded else 0

    @_once
    def emoji_only(self) -> bool:
        """Whether there are emoji and spaces, and nothing else."""
        if _any_ascii_letter(self.written):
            return False
        seen = "".join(self.written.split())
        return bool(seen) and emoji.purely_emoji(seen)

    @_once
    def language(self) -> str | None:
        """The code of its language, None when it is too short to tell."""
        return language_of(self._prose)

    @_once
    def hash(self) -> int:
        """The same for texts with the same words; of emoji, for the same ones."""
        return fingerprints.text_hash(self.unmasked.lines[0] or self.folded)

    @_once
    def simhash(self) -> int:
        """Differs in few bits from that of a text that is nearly the same. Neither mentions, tags,
        links nor numbers count, nor how a text is decorated or disguised."""
        plain = self.unmasked if self._prose == self.folded else unmask(self._prose)
        words = [word for word in plain.lines[0].split() if not word.isdigit()]
        return fingerprints.simhash(words, self.hash)

    @_once
    def _prose(self) -> str:
        """What was said in words: no mentions, tags and links."""
        folded = self.folded
        signs = [sign for sign in _POINTERS if sign in folded]
        if not signs:
            return folded
        words = folded.split()
        return " ".join(word for word in words if not any(sign in word for sign in signs))
