"""How much of a quota is used, as Graph tells it in headers of every answer (platform §7.1).

Whatever can't be read is left out: a header must never cost an answer.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

_LONGEST = 65_536
_REGAIN_AT_MOST = timedelta(days=1)
"""No quota of Meta's is counted over a longer time; a larger number is nonsense."""

_APP_KEYS = ("call_count", "total_time", "total_cputime", "call_volume", "cpu_time")
_BUSINESS_KEYS = ("call_count", "total_time", "total_cputime")


@dataclass(frozen=True, slots=True)
class BusinessUse:
    """One use case of one business object: percent used, and how long until calls work again."""

    object_id: str
    use_case: str
    percent: float
    regain: timedelta


@dataclass(frozen=True, slots=True)
class Usage:
    """All that one answer's headers tell; percents are of the fullest of Meta's counters."""

    app_percent: float = 0.0
    page_percent: float = 0.0
    business: tuple[BusinessUse, ...] = ()


def read_usage(headers: Mapping[str, str]) -> Usage:
    """The usage in an answer's headers, whose names are in lower case."""
    return Usage(
        app_percent=_percent_in(headers.get("x-app-usage")),
        page_percent=_percent_in(headers.get("x-page-usage")),
        business=_business_in(headers.get("x-business-use-case-usage")),
    )


def _parse(header: str | None) -> list[tuple[str, object]]:
    # Objects become lists of pairs, because Meta's own sample repeats a key.
    if not header or len(header) > _LONGEST:
        return []
    try:
        found = json.loads(header, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError):
        return []
    return found if isinstance(found, _Pairs) else []


class _Pairs(list[tuple[str, object]]):
    """A JSON object with its repeated keys, told apart from an array."""


def _percent_in(header: str | None) -> float:
    return _fullest(dict(_parse(header)), _APP_KEYS)


def _business_in(header: str | None) -> tuple[BusinessUse, ...]:
    return tuple(
        _use(object_id, dict(use))
        for object_id, uses in _parse(header)
        for use in (uses if isinstance(uses, list) and not isinstance(uses, _Pairs) else [uses])
        if isinstance(use, _Pairs)
    )


def _use(object_id: str, use: dict[str, object]) -> BusinessUse:
    minutes = min(_number(use.get("estimated_time_to_regain_access")), 10_000.0)
    kind = use.get("type")
    return BusinessUse(
        object_id=object_id,
        use_case=kind if isinstance(kind, str) else "",
        percent=_fullest(use, _BUSINESS_KEYS),
        regain=min(timedelta(minutes=minutes), _REGAIN_AT_MOST),
    )


def _fullest(counters: dict[str, object], names: tuple[str, ...]) -> float:
    return max(_number(counters.get(name)) for name in names)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return 0.0
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return 0.0
    return number if math.isfinite(number) and number > 0 else 0.0
