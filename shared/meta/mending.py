"""Items with a part of the wrong type: what can be read is, the rest counts as missing (platform
§4.4)."""

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar, get_args

import msgspec
from msgspec import Raw, Struct, ValidationError
from msgspec.json import Decoder

UNREADABLE = (ValidationError, UnicodeDecodeError)

_Read = TypeVar("_Read", bound=Struct)

_decode_parts = Decoder(dict[str, Raw]).decode
_decode_items = Decoder(list[Raw]).decode


def mend(kind: type[_Read], json: Raw) -> tuple[_Read, frozenset[str]]:
    """As much of a `kind` as `json` holds, and the fields that could not be read at all.

    Raises:
        ValidationError, UnicodeDecodeError: `json` is no object.
    """
    parts = _decode_parts(json)
    found: dict[str, Any] = {}
    lost = set()
    for field in _fields(kind):
        part = parts.get(field.encode_name)
        if part is None:
            continue
        try:
            found[field.name] = _read(field.type, part)
        except UNREADABLE:
            lost.add(field.name)
    return kind(**found), frozenset(lost)


_fields = cache(msgspec.structs.fields)
"""Reading the annotations of a Struct takes longer than mending an item."""


def _read(kind: Any, json: Raw) -> Any:  # noqa: ANN401 (the type of some field)
    try:
        return _decoder(kind)(json)
    except UNREADABLE:
        for nested in get_args(kind):
            if isinstance(nested, type) and issubclass(nested, Struct):
                return mend(nested, _single(json))[0]
        raise


@cache
def _decoder(kind: Any) -> Callable[[Raw], Any]:  # noqa: ANN401 (as above)
    return Decoder(kind).decode


def _single(json: Raw) -> Raw:
    """The only element of an array; anything else as it is."""
    if bytes(json).startswith(b"[") and len(found := _decode_items(json)) == 1:
        return found[0]
    return json
