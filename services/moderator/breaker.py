"""When a rule hits far more than it usually does: a slip in a pattern must not hide everything.

Compared is the share of judged events that a rule hit: over the last minutes, and over the day
before them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt

RECENT = timedelta(minutes=10)
USUAL = timedelta(days=1)

LEAST_HITS = 25
"""Fewer within ten minutes do little harm, and prove little."""

LEAST_JUDGED = 50
"""As few are no share to speak of."""

LEAST_USUAL = 500
"""Events that must have been judged before what is usual is known."""

UNKNOWN_SHARE = 0.5
"""More than this is suspicious in a rule without a history."""

TIMES = 5.0
"""How often the usual share a rule may hit."""

DEVIATIONS = 6.0
"""How many standard deviations above the usual share chance is allowed."""


@dataclass(frozen=True, slots=True)
class Minute:
    """How many events a rule was asked about in the minute from `at` on, and how many it hit."""

    at: datetime
    judged: int
    hit: int


@dataclass(frozen=True, slots=True)
class Surge:
    """A rule left its usual band: the shares are those of the table `breakers`."""

    share: float
    usual: float


def surge(minutes: Iterable[Minute], now: datetime) -> Surge | None:
    """Whether the rule hits far more than usual; to be asked of rules that act."""
    recent, before = _total(minutes, now)
    if recent.hit < LEAST_HITS or recent.judged < LEAST_JUDGED:
        return None
    share = recent.hit / recent.judged
    if before.judged < LEAST_USUAL:
        return Surge(share, UNKNOWN_SHARE) if share > UNKNOWN_SHARE else None
    usual = before.hit / before.judged
    return Surge(share, usual) if share > _most(usual, recent.judged) else None


def _total(minutes: Iterable[Minute], now: datetime) -> tuple[Minute, Minute]:
    judged, hit = [0, 0], [0, 0]
    for minute in minutes:
        age = now - minute.at
        if age < USUAL + RECENT:
            place = 0 if age < RECENT else 1
            judged[place] += minute.judged
            hit[place] += minute.hit
    return Minute(now, judged[0], hit[0]), Minute(now, judged[1], hit[1])


def _most(usual: float, judged: int) -> float:
    """The upper end of the band. A rule that hits nearly everything cannot hit five times that."""
    chance = DEVIATIONS * sqrt(usual * (1 - usual) / judged)
    return max(min(TIMES * usual, (1 + usual) / 2), usual + chance)
