"""When something happened: Meta writes seconds, milliseconds, digits in strings and ISO 8601."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from msgspec import DecodeError, Raw
from msgspec.json import Decoder

EARLIEST = datetime(2004, 1, 1, tzinfo=UTC)
"""Before Facebook was: whatever claims to be older is nonsense."""

LATEST = datetime(2100, 1, 1, tzinfo=UTC)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_FAST_CLOCK = timedelta(days=1)
_LONGEST = 40
_UNITS = ((10**11, 10**6), (10**14, 10**3), (10**17, 1))
"""What numbers below the first count, in microseconds."""

_decode = Decoder().decode


def parse_time(value: object, now: datetime = LATEST) -> datetime | None:
    """The time that `value` states, in UTC; None for nonsense and for what is before 2004 or more
    than a day after `now`.

    Takes text, numbers and undecoded JSON. The unit of a number follows from its magnitude, never
    from where it stood (platform §3, Time units).
    """
    if isinstance(value, Raw):
        written = bytes(value)
        moment = _from_json(written) if len(written) <= _LONGEST else None
    else:
        moment = _from_value(value)
    if moment is None or moment < EARLIEST or (moment > now and moment - now > _FAST_CLOCK):
        return None
    return moment


@lru_cache(maxsize=4096)
def _from_json(written: bytes) -> datetime | None:
    """Cached, as what happens in one second is also delivered in a few."""
    try:
        return _from_value(_decode(written))
    except (DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _from_value(value: object) -> datetime | None:
    if isinstance(value, int):
        return _from_integer(value)
    if isinstance(value, str | float):
        return _from_text(str(value))
    return None


def _from_integer(number: int) -> datetime | None:
    if number < 10**11:
        return _from_seconds(number) if number > 0 else None
    if number < 10**14:
        seconds, milliseconds = divmod(number, 1000)
        return _from_seconds(seconds) + milliseconds * _MILLISECOND
    if number < 10**17:
        return _EPOCH + timedelta(microseconds=number)
    return None


def _from_seconds(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _from_text(text: str) -> datetime | None:
    if len(text) > _LONGEST:
        return None
    try:
        return _from_decimal(Decimal(text))
    except InvalidOperation:
        return _from_iso(text)


def _from_decimal(number: Decimal) -> datetime | None:
    for limit, microseconds in _UNITS:
        if 0 < number < limit:
            return _EPOCH + timedelta(microseconds=int(number * microseconds))
    return None


def _from_iso(text: str) -> datetime | None:
    """Graph writes `+0000`; without an offset it means UTC."""
    try:
        moment = datetime.fromisoformat(text.strip())
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
