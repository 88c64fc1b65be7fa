"""Which language a text is in, by py3langid (the extra `language`), loaded when first asked."""

import re
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Protocol, cast

LEAST_BYTES = 9
_NO_LANGUAGE = "zxx"
_letters = re.compile(r"[^\W\d_]+").findall


class _Identifier(Protocol):
    def classify(self, text: str) -> tuple[str, float]: ...


def available() -> bool:
    """Whether the extra is installed."""
    return find_spec("py3langid") is not None


def language_of(prose: str) -> str | None:
    """The ISO 639 code of the language; None for emoji and for what is too short to tell: less than
    nine bytes of letters (nine Latin letters, three Chinese ones)."""
    if sum(len(word.encode()) for word in _letters(prose)) < LEAST_BYTES:
        return None
    code, _ = _identifier().classify(prose)
    return None if code == _NO_LANGUAGE else code


@cache
def _identifier() -> _Identifier:
    return cast("_Identifier", import_module("py3langid.langid"))
