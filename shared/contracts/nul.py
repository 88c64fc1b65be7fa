"""NUL in JSON, which Meta may send and Postgres' `text` and `jsonb` can't hold."""

import re

_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")


def has_nul(json: bytes) -> bool:
    """Whether a string in `json` holds NUL."""
    return b"\\u0000" in json and _NUL.search(json) is not None


def without_nul(json: bytes) -> bytes:
    """JSON that differs from `json` in that U+FFFD stands for NUL."""
    return _NUL.sub(rb"\1\\ufffd", json) if b"\\u0000" in json else json
