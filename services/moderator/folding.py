"""Text freed of what hides it: `fold` undoes ways of writing letters, `unmask` undoes disguise.

Both are linear in the length of a text, are applied to the words of rules and to what people write
alike, and raise for no string.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import cache, lru_cache
from itertools import groupby, product
from typing import NamedTuple

from confusable_homoglyphs import confusables

# Control characters and what Unicode calls default ignorable: nobody sees them.
_unseen = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]+"
).sub
# Marks that go with any letter; those of one script (Hindi, Thai, Arabic) are part of its words.
_marks = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+").sub
_apostrophes = re.compile("[\u02bc\u2018\u2019]+").sub
_CONTROLS = bytes(code for code in range(128) if code < 0x20 or code == 0x7F).translate(
    None, b"\t\n\v\f\r\x1c\x1d\x1e\x1f"
)
_SIGNS = bytes(code for code in range(0x21, 0x7F) if not chr(code).isalnum())
_TO_SPACES = bytes.maketrans(_SIGNS, b" " * len(_SIGNS))
_leet = re.compile(r"[0134578@$!|]+").sub
_PLAIN = b"abcdefghijklmnopqrstuvwxyz \t\n\v\f\r"
_NO_LEET = bytes(code for code in range(256) if code not in b"0134578@$!|")
_AS_I = str.maketrans("0134578@$!|", "oieastbasil")
_AS_L = str.maketrans("0134578@$!|", "oleastbasil")
_ENDS = "@!|"
_LATIN = frozenset("abcdefghijklmnopqrstuvwxyz")
_any_latin = re.compile("[A-Za-z]").search
_SHORT = 500
_KNOWN_LENGTH = 32
_MARKS_END = 0x1E950  # behind the last script that has marks of its own
_THREE_LETTERS = [1, 1, 1]
_stretched = re.compile(r"(\S)\1\1").finditer
_STRETCHED_APART = 3
_NAMED_LETTER = re.compile(
    r"(?:LATIN LETTER SMALL CAPITAL|NEGATIVE (?:CIRCLED|SQUARED) LATIN CAPITAL LETTER) ([A-Z])"
)
_NAMED_BLOCKS = ((0x250, 0x2B0), (0x1D00, 0x1D80), (0xA730, 0xA800), (0x1F150, 0x1F18A))


class Unmasked(NamedTuple):
    """What a text may stand for. `lines` are the ways to read it, as it stands too, with a space
    between words and no punctuation; the first keeps apart what punctuation kept apart and leaves
    stretched letters alone. `runs` are the words that were spelt letter by letter: where one begins
    nobody can tell, `u f u c k` is as good as `f u c k`.
    """

    lines: tuple[str, ...]
    runs: tuple[str, ...]


def fold(text: str) -> str:
    """The same for all ways to write the same letters: wide, bold or capital ones, with unseen
    characters in between, with any kind of space."""
    if text.isascii():
        return " ".join(_printable(text).lower().split())
    folded = _unseen("", _compose(text)).casefold().replace("i\u0307", "i")
    return " ".join(_unseen("", _compose(folded)).split())


def unmask(text: str) -> Unmasked:
    """The words behind look-alikes of Latin letters, signs in their place (`f0ll0w`, `$hit`) and
    whatever was put between them (`f.r.e.e`, `f r e e`, `fr-ee`), with stretched letters
    (`freeee`) as one and as two."""
    lines: dict[str, None] = {}
    runs: dict[str, None] = {}
    for reading in _readings(_latin(text)):
        words, spelt = _join(reading)
        line = " ".join(words)
        lines[line] = None
        if not line.isascii() or _thrice(line.encode()):
            lines.update(dict.fromkeys(_shortened(line)))
        runs.update(dict.fromkeys(spelt))
    return Unmasked(tuple(lines), tuple(runs))


def _readings(plain: str) -> Sequence[list[str]]:
    """The words of `plain`: punctuation between or within them, `1` as an i, an l or itself."""
    encoded = plain.encode()
    if not encoded.translate(None, _PLAIN):
        return (plain.split(),)
    if not encoded.translate(None, _NO_LEET):
        return _worded(plain)
    first = _unleet(plain, _AS_I, _ENDS)
    others = (_unleet(plain, _AS_L, "!|"), plain) if first != plain or "@" in plain else ()
    return [words for reading in dict.fromkeys((first, *others)) for words in _worded(reading)]


def _worded(reading: str) -> Sequence[list[str]]:
    encoded = reading.encode()
    between = encoded.translate(_TO_SPACES).decode().split()
    within = encoded.translate(None, _SIGNS).decode().split()
    return (between,) if within == between else (between, within)


@cache
def look_alikes() -> dict[int, str]:
    """For each character that looks like Latin letters, these: Unicode's confusables, and by their
    names small capitals and letters in black shapes."""
    found = {
        ord(character): latin.lower()
        for character, likes in confusables.confusables_data.items()
        if len(character) == 1 and not character.isascii() and (latin := _letters(likes))
    }
    for code in (code for first, end in _NAMED_BLOCKS for code in range(first, end)):
        if named := _NAMED_LETTER.fullmatch(unicodedata.name(chr(code), "")):
            found[code] = named[1].lower()
    return found


def _letters(likes: Sequence[dict[str, str]]) -> str:
    found = (like["c"] for like in likes)
    return max((each for each in found if each.isascii() and each.isalpha()), default="")


def _compose(text: str) -> str:
    """In normal form KC. Marks in a row are put into order there in time that grows with the square
    of their number, so that no letter keeps more than a few in a long text."""
    if len(text) > _SHORT:
        text = _heaps()(r"\1", text)
    return unicodedata.normalize("NFKC", text)


def _printable(ascii_text: str) -> str:
    if ascii_text.isprintable():
        return ascii_text
    return ascii_text.encode().translate(None, _CONTROLS).decode()


def _latin(text: str) -> str:
    """In small letters, those that look Latin made so, any sign that is no letter an ASCII one."""
    if text.isascii():
        return _tall_i(_printable(text)).lower()
    seen = _apostrophes("'", _marks("", _unseen("", _compose(text))))
    letters = _signs()("*", seen)
    if letters.isascii():
        return _tall_i(letters).lower()
    return " ".join(
        _known_word(word) if len(word) <= _KNOWN_LENGTH else _word(word) for word in letters.split()
    )


def _word(word: str) -> str:
    """In the company of Latin letters a capital may look Latin too, though its small letter
    does not: the first of `BUY` in Russian letters."""
    mixed = word.translate(look_alikes()) if _any_latin(word) else word
    return _tall_i(mixed).casefold().translate(look_alikes())


_known_word = lru_cache(maxsize=16_384)(_word)  # a few words are most of what is said


def _tall_i(text: str) -> str:
    """A capital i behind a small letter is meant as an l: `foIIowers`."""
    first, *rest = text.split("I")
    parts, before = [first], first[-1:]
    for piece in rest:
        letter = "l" if before in _LATIN else "I"
        parts += letter, piece
        before = piece[-1:] or letter
    return "".join(parts)


def _unleet(text: str, table: dict[int, int], ends: str) -> str:
    """Digits and signs beside letters as the letters they look like; `ends` are signs that mean
    themselves at the beginning or the end of a word (`@ana`, `wow!`)."""

    def letters(match: re.Match[str]) -> str:
        start, end = match.span()
        before, after = text[start - 1 : start] in _LATIN, text[end : end + 1] in _LATIN
        run = match[0]
        if not (before or after):
            return run
        first = 0 if before else len(run) - len(run.lstrip(ends))
        last = len(run) if after else len(run.rstrip(_ENDS))
        return run[:first] + run[first:last].translate(table) + run[last:]

    return _leet(letters, text)


@cache
def _script_marks() -> str:
    """What stands above, below and around letters of whatever script."""
    characters = map(chr, range(0x300, _MARKS_END))
    return "".join(each for each in characters if unicodedata.category(each).startswith("M"))


@cache
def _heaps() -> Callable[[str, str], str]:
    """Replaces more marks in a row than any script needs."""
    return re.compile(f"([{_script_marks()}]{{8}})[{_script_marks()}]+").sub


@cache
def _signs() -> Callable[[str, str], str]:
    """Replaces what is beyond ASCII and no part of a word: in many scripts marks are, and so is
    what looks like a letter."""
    kept = _script_marks() + "".join(map(chr, look_alikes()))
    return re.compile(f"[^\\x00-\\x7f\\w\\s{kept}]+").sub


def _shortened(line: str) -> Iterator[str]:
    """`line` with each letter that is somewhere thrice in a row as one there, and as two; of more
    than a few such letters all alike."""
    long = sorted({match[0][0] for match in _stretched(line)})
    if not long:
        return
    apart, rest = long[:_STRETCHED_APART], "".join(long[_STRETCHED_APART:])
    for times in product((1, 2), repeat=len(apart)):
        shorter = line
        for letters, most in (*zip(apart, times, strict=True), (rest, times[0])):
            if letters:
                again = re.compile(f"([{re.escape(letters)}])\\1\\1+")
                shorter = again.sub("\\1" * most, shorter)
        yield shorter


def _thrice(line: bytes) -> bool:
    """Whether any byte stands thrice in a row: all are compared with the next two at once."""
    number = int.from_bytes(line, "little")
    differs = number ^ number >> 8
    return 0 in (differs | differs >> 8).to_bytes(len(line), "little")[:-2]


def _join(words: list[str]) -> tuple[list[str], list[str]]:
    """`words` with single letters in a row made one word, and those that were."""
    joined: list[str] = []
    runs: list[str] = []
    lengths = [*map(len, words)]
    if lengths.count(1) < len(_THREE_LETTERS):
        return words, runs
    if all(lengths[at : at + 3] != _THREE_LETTERS for at, n in enumerate(lengths) if n == 1):
        return words, runs
    for single, group in groupby(words, key=lambda word: len(word) == 1):
        found = list(group)
        if single and len(found) >= len(_THREE_LETTERS):
            runs.append("".join(found))
            found = runs[-1:]
        joined += found
    return joined, runs
