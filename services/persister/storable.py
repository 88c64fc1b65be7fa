"""What Postgres refuses although JSON allows it, and what is stored in its place."""

import re
from datetime import UTC, datetime
from typing import Final

import msgspec

from shared.contracts.nul import has_nul

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')
_GIANT = re.compile(rb"[eE]\+?0*[1-9][0-9]{3}")
_BIGINT: Final = 2**63


def item(json: bytes) -> str | None:
    """Meta's own JSON for a jsonb column; None where jsonb can't hold it.

    It can't hold NUL, half a surrogate pair, and broken UTF-8. Numbers with an exponent of four
    digits are left out too: jsonb writes them out in full, so that a body of some megabytes could
    take all of the server's memory.
    """
    if has_nul(json):
        return None
    try:
        text = json.decode()
        msgspec.json.decode(json)
    except msgspec.ValidationError:  # a number is beyond Python's measure, but maybe not jsonb's
        return None if _GIANT.search(_STRING.sub(b"", json)) else text
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return text


def whole(value: int | None) -> int | None:
    """`value`, at most as large as a bigint can be."""
    return None if value is None else max(-_BIGINT, min(value, _BIGINT - 1))


def moment(value: datetime | None) -> datetime | None:
    """`value` in UTC, which is also what it was in without a time zone."""
    if value is None or value.tzinfo is UTC:
        return value
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def document(value: object) -> str:
    """A value of ours for a jsonb column."""
    return msgspec.json.encode(value).decode()
