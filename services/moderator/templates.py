"""Answers from templates: which variant, and with what in its gaps.

`{name}` is a gap, `{name|there}` one with words for when nothing is known. What people call
themselves is put in, but never read as a template again, and not at all where it would have us
spread a link or call on somebody else.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from hashlib import blake2b

from services.moderator.facts import Facts

VARIABLES = ("username", "name", "account", "link")

_LONGEST_NAME = 100
_GAP = re.compile(r"\{(\w+)(?:\|([^{}|]*))?\}")
_SPACES = re.compile(r"\s+")
_SPREADS = re.compile(r"[@#/\\:<>{}]|\w\.\w|www", re.IGNORECASE)
_JOINER = "\u200d"  # holds emoji together


def unknown_variables(template: str) -> list[str]:
    """The gaps that nothing will ever fill."""
    return sorted({gap[1] for gap in _GAP.finditer(template)} - set(VARIABLES))


def choose(texts: Sequence[str], person: str, rule: str) -> str:
    """The variant for `person`: the same whenever and wherever it is asked."""
    digest = blake2b(f"{rule}\0{person}".encode(errors="replace"), digest_size=8).digest()
    return texts[int.from_bytes(digest) % len(texts)]


def variables(facts: Facts) -> Mapping[str, str]:
    """What is known for the gaps."""
    known = {
        "username": _tidy(facts.username).removeprefix("@"),
        "name": _harmless(_tidy(facts.name)),
        "account": _tidy(facts.account_name).removeprefix("@"),
        "link": _tidy(facts.permalink),
    }
    return {name: value for name, value in known.items() if value}


def render(template: str, values: Mapping[str, str]) -> str:
    """`template` with `values` in its gaps; empty where neither a value nor a default is known."""
    text = _GAP.sub(lambda gap: values.get(gap[1]) or gap[2] or "", template)
    return text.strip()


def _tidy(value: str | None) -> str:
    """On one line, without what cannot be seen, and not endless."""
    tidy = _SPACES.sub(" ", value or "")[:1000]
    if not tidy.isprintable():
        tidy = "".join(sign for sign in tidy if _is_seen(sign))
    return tidy[:_LONGEST_NAME].strip()


def _is_seen(sign: str) -> bool:
    return sign == _JOINER or not unicodedata.category(sign).startswith("C")


def _harmless(name: str) -> str:
    return "" if _SPREADS.search(name) else name
