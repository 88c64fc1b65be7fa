"""All words of a rule set in one search: however many there are, a text is walked through once.

Whole words are those between characters that are no part of a word. Chinese, Japanese and Thai have
no spaces, so that there every word is whole wherever it stands; Korean and German have, and
endings and compounds need `whole: false`.
"""

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import count
from typing import NamedTuple

from ahocorasick import Automaton

from services.moderator.case import Found
from services.moderator.folding import fold, unmask
from services.moderator.wording import Text

_LEAST_IN_A_RUN = 3  # letters; shorter words are in any run by chance
_WITHOUT_SPACES = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x3005, 0x30FF),  # Japanese
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),  # Chinese characters
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)


class _Entry(NamedTuple):
    """`reason` names the rule's own word, or the list it is from."""

    condition: int
    reason: str
    whole: bool


_Entries = dict[str, list[_Entry]]


class Lexicon:
    """Words are added, the lexicon is closed, texts are searched."""

    def __init__(self) -> None:
        self._numbers = count()
        self._written: _Entries = {}
        self._bare: _Entries = {}

    def add(self, words: Iterable[tuple[str, str]], *, whole: bool, disguised: bool) -> int:
        """Search for `words`, each with its label; by the number it is known whether one was
        found."""
        number = next(self._numbers)
        for word, label in words:
            entry = _Entry(number, f"words: {label}", whole)
            written, bare = fold(word), _bare(word) if disguised else ()
            for key in bare:
                self._bare.setdefault(key, []).append(entry)
            if written and written not in bare:  # else the skeleton has it where the text does
                self._written.setdefault(written, []).append(entry)
        return number

    def close(self) -> None:
        """Nothing is added any more."""
        self._in_written = _automaton(self._written)
        self._in_bare = _automaton(self._bare)
        del self._written, self._bare

    def search(self, text: Text) -> Found:
        """Which conditions hold for `text`, and why."""
        found: Found = {}
        if self._in_written:
            _search(self._in_written, text.folded, found)
        if self._in_bare:
            _search(self._in_bare, text.skeleton, found)
            for run in text.unmasked.runs:
                _search_run(self._in_bare, run, found)
        return found


def _bare(word: str) -> set[str]:
    """How `word` reads without disguise; words of a phrase may be written together."""
    line = unmask(word).lines[0]
    return {line, line.replace(" ", "")} - {""}


def _automaton(entries: _Entries) -> Automaton:
    automaton = Automaton()
    for key, values in entries.items():
        automaton.add_word(key, (len(key), values))
    automaton.make_automaton()
    return automaton


def _search(automaton: Automaton, text: str, found: Found) -> None:
    for last, (length, entries) in automaton.iter(text):
        whole = _is_whole(text, last + 1 - length, last + 1)
        for entry in entries:
            if (whole or not entry.whole) and entry.condition not in found:
                found[entry.condition] = entry.reason


def _search_run(automaton: Automaton, run: str, found: Found) -> None:
    for _, (length, entries) in automaton.iter(run):
        if length >= _LEAST_IN_A_RUN:
            for entry in entries:
                found.setdefault(entry.condition, entry.reason)


def _is_whole(text: str, start: int, end: int) -> bool:
    return _parted(text[max(start - 1, 0) : start + 1]) and _parted(text[end - 1 : end + 1])


def _parted(pair: str) -> bool:
    """Whether a word may end between these two; at the edge of a text there is only one."""
    return len(pair) == 1 or not (_joins(pair[0]) and _joins(pair[1]))


@lru_cache(maxsize=8192)
def _joins(character: str) -> bool:
    """Whether it makes one word with a neighbour that does, too."""
    if any(first <= ord(character) <= last for first, last in _WITHOUT_SPACES):
        return False
    return character.isalnum() or unicodedata.category(character).startswith("M")
