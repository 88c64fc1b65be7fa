"""What gives a text a number between 0 and 1: a model behind one method. None runs unless a rule
asks for it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Protocol

from services.moderator.wording import Text


class Scorer(Protocol):
    """Says of each text how much it is of one sort; many at once cost far less than one by one."""

    def score(self, texts: Sequence[str]) -> Sequence[float]:
        """From 0 to 1 for each of `texts`."""


class Toxicity:
    """English insults by alt-profanity-check, a linear model that comes with its package (the extra
    `toxicity`). It takes praise for abuse (`this is the shit!`), so queue by it, don't hide."""

    def __init__(self) -> None:
        self._check = import_module("profanity_check")

    def score(self, texts: Sequence[str]) -> Sequence[float]:
        """How insulting each of `texts` is; those in other languages are hardly ever."""
        return [float(each) for each in self._check.predict_prob(list(texts))] if texts else []


_PACKAGES = {"toxicity": "profanity_check"}
_SCORERS: Mapping[str, Callable[[], Scorer]] = {"toxicity": Toxicity}
NAMES = frozenset(_SCORERS)


def available(name: str) -> bool:
    """Whether the extra of that name is installed."""
    return find_spec(_PACKAGES[name]) is not None


@cache
def _scorer(name: str) -> Scorer:
    return _SCORERS[name]()


def score(names: Iterable[str], texts: Sequence[Text]) -> None:
    """Let each of `texts` know what the scorers of these names say of it: as written, or without
    disguise if that is worse."""
    for name in names:
        new = [text for text in texts if name not in text.scores]
        views = [view for text in new for view in (text.written, text.unmasked.lines[0])]
        scores = _scorer(name).score(views)
        for text, plain, bare in zip(new, scores[::2], scores[1::2], strict=True):
            text.scores[name] = max(plain, bare)
