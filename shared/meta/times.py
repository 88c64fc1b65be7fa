"""When something happened: Meta writes seconds, milliseconds, digits in strings and ISO 8601."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

import msgspec
from msgspec import Raw

EARLIEST = datetime(2004, 1, 1, tzinfo=UTC)
"""Before Facebook was: whatever claims to be older is nonsense."""

LATEST = datetime(2100, 1, 1, tzinfo=UTC)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST = 40
_UNITS = ((10**11, 10**6), (10**14, 10**3), (10**17, 1))
"""Numbers below the first are in units of the second, in microseconds: s, ms, us."""


def parse_time(value: object, latest: datetime = LATEST) -> datetime | None:
    """The time that `value` states, in UTC; None for nonsense and what is not in 2004..`latest`.

    Takes text, numbers and undecoded JSON. The unit of a number follows from its magnitude, never
    from where it stood (platform §3, Time units).
    """
    if isinstance(value, Raw):
        token = bytes(value)
        if token.isdigit() and len(token) < _LONGEST:
            return _checked(_from_number(int(token)), latest)
        value = _decoded(token)
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = repr(value) if abs(value) < 10**20 else ""
    return _checked(_from_text(value.strip()), latest) if isinstance(value, str) else None


def _decoded(token: bytes) -> object:
    """Numbers with a point or an exponent stay text: a float would not be exact."""
    try:
        return msgspec.json.decode(token) if token.startswith(b'"') else token.decode()
    except UnicodeDecodeError:
        return None


def _from_text(text: str) -> datetime | None:
    if len(text) > _LONGEST:
        return None
    try:
        return _from_number(Decimal(text))
    except InvalidOperation:
        return _from_iso(text)


def _from_number(number: int | Decimal) -> datetime | None:
    for limit, microseconds in _UNITS:
        if 0 < number < limit:
            return _EPOCH + timedelta(0, 0, int(number * microseconds))
    return None


def _from_iso(text: str) -> datetime | None:
    """Graph writes `+0000`; without an offset it means UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _checked(moment: datetime | None, latest: datetime) -> datetime | None:
    if moment is None or not EARLIEST <= moment <= latest:
        return None
    return moment.astimezone(UTC)
