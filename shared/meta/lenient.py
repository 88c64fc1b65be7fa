"""JSON of others read field by field: what is of the wrong type is left out, the rest stays.

For Meta's items and Graph's answers, whose shapes are promised to nobody (platform §4.4).
"""

import json
import re
from collections.abc import Iterable
from datetime import datetime

import msgspec

from shared.meta.times import parse_time

Fields = dict[str, object]

LONGEST_ID = 512
"""Meta's longest ids, message ids, take some 200 characters."""

_LONGEST_INTEGER = 400
_TOO_LONG = 10**_LONGEST_INTEGER
_FLAGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_CODE_POINT = re.compile(r"\\u\{([0-9A-Fa-f]{1,6})\}")


def read(data: bytes | memoryview | msgspec.Raw) -> object:
    """`data` decoded; None if it is not JSON at all.

    Lone surrogates, broken UTF-8 and numbers beyond all measure cost speed, not the answer.
    """
    try:
        return msgspec.json.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _read_patiently(bytes(data))


def fields(value: object) -> Fields:
    """`value` if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def part(of: Fields, name: str) -> Fields:
    """The object in field `name`, also when it is alone in an array; else an empty one."""
    value = of.get(name)
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value if isinstance(value, dict) else {}


def items(of: Fields, name: str) -> list[object]:
    """The array in field `name`; an object that stands alone is an array of one."""
    value = of.get(name)
    if isinstance(value, list):
        return value
    return [value] if isinstance(value, dict) else []


def text(of: Fields, *names: str) -> str | None:
    """The first of the fields that holds words."""
    for name in names:
        value = of.get(name)
        if isinstance(value, str) and value:
            return value
    return None


def identifier(of: Fields, *names: str) -> str | None:
    """The first of the fields that holds an id; whole numbers become their digits."""
    for name in names:
        if (found := as_identifier(of.get(name))) is not None:
            return found
    return None


def as_identifier(value: object) -> str | None:
    """`value` as an id; never through float (platform §3)."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if abs(value) < _TOO_LONG else None
    if isinstance(value, str) and 0 < len(value) <= LONGEST_ID:
        return value
    return None


def flag(of: Fields, name: str) -> bool | None:
    """The truth in field `name`, which may be spelt as a word or a digit."""
    value = of.get(name)
    if value is None or isinstance(value, bool):
        return value
    return _FLAGS.get(str(value).lower()) if isinstance(value, int | str) else None


def number(of: Fields, name: str) -> int | None:
    """The whole number in field `name`, which may be spelt in digits; at most 64 bits."""
    value = of.get(name)
    if isinstance(value, str) and len(value) < 20 and value.isascii():
        value = int(value) if value.removeprefix("-").isdigit() else None
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if -(2**63) <= value < 2**63 else None


def moment(of: Fields, *names: str) -> datetime | None:
    """The first of the fields that holds a time, in whichever unit (pitfalls B18)."""
    for name in names:
        if (found := parse_time(of.get(name))) is not None:
            return found
    return None


def emoji(written: str | None) -> str | None:
    r"""`written` with a literal `\u{1F44D}` as the sign it stands for (platform §4.4)."""
    return None if written is None else _CODE_POINT.sub(_sign, written)


def _sign(found: re.Match[str]) -> str:
    point = int(found[1], 16)
    drawable = point <= 0x10FFFF and not 0xD800 <= point <= 0xDFFF
    return chr(point) if drawable else found[0]


def _read_patiently(data: bytes) -> object:
    try:
        return json.loads(
            data.decode("utf-8", "ignore"), parse_int=_integer, object_pairs_hook=_mended
        )
    except (ValueError, RecursionError):
        return None


def _integer(digits: str) -> object:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else digits


def _mended(pairs: Iterable[tuple[str, object]]) -> Fields:
    return {_whole(name): _mend(value) for name, value in pairs}


def _mend(value: object) -> object:
    if isinstance(value, str):
        return _whole(value)
    if isinstance(value, list):
        return [_whole(entry) if isinstance(entry, str) else entry for entry in value]
    return value


def _whole(words: str) -> str:
    # Half of a surrogate pair can't be encoded again; Unicode's sign for that takes its place.
    return words.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
