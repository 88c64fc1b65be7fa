"""Whether a rule looks at an event at all: what it is, where it stands, and what time it was."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo

from services.moderator.case import Case
from services.moderator.rules import Scope, Weekday, Window

Looks = Callable[[Case], bool]

_DAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def compile_scope(scope: Scope, window: Window | None) -> tuple[Looks, ...]:
    """What must all be so for a rule to be asked; the language last, which costs most. A text
    without a language, such as emoji, is in none of those a scope names."""
    looks = [*_narrowings(scope)]
    if window is not None:
        looks.append(_open(window))
    if languages := frozenset(scope.languages):
        looks.append(lambda case: case.text.language in languages)
    return tuple(looks)


def _narrowings(scope: Scope) -> Iterator[Looks]:
    platforms, kinds = frozenset[str](scope.platforms), frozenset(scope.kinds)
    media, ad = frozenset(scope.media), scope.traffic == "ad"
    if platforms:
        yield lambda case: case.facts.platform in platforms
    if kinds:
        yield lambda case: case.facts.kind in kinds
    if media:
        yield lambda case: case.facts.media_id in media or case.facts.original_media_id in media
    if scope.traffic != "any":
        yield lambda case: case.facts.ad is ad


def _open(window: Window) -> Looks:
    """By the event's own time, so that a run over old events says what would have been."""
    zone, days = ZoneInfo(window.zone), window.days
    start, end = window.start, window.end

    def look(case: Case) -> bool:
        local = case.facts.occurred_at.astimezone(zone)
        clock = f"{local:%H:%M}"
        today = _DAYS[local.weekday()] in days
        if start < end:
            return today and start <= clock < end
        yesterday = _DAYS[(local - timedelta(days=1)).weekday()] in days
        return (today and clock >= start) or (yesterday and clock < end)

    return look
