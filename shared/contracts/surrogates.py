r"""Lone surrogates: JSON may escape half of a pair (`"\ud83d"`), which msgspec refuses to read.

What cuts texts by UTF-16 units makes them, in the middle of an emoji. UTF-8 has no form for them,
so they can travel as escapes only. Shielded bytes differ from the original in the backslashes
before lone surrogates, which become a byte that no UTF-8 holds and that msgspec skips.
"""

import re

_ESCAPE = re.compile(
    rb"\\(?:u(?:[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F]|(?P<lone>[dD][89a-fA-F][0-9a-fA-F]{2}))|.)"
)
_SHIELD = b"\xff"


def shield(text: bytes) -> bytes:
    """JSON that msgspec can skip through in place of `text`, of the same length.

    Only `Raw` parts of it are of use, once they are restored.
    """
    return _ESCAPE.sub(_shielded, text)


def restore(shielded: bytes) -> bytes:
    """The bytes that were shielded; others, if they are UTF-8, are left as they are."""
    return shielded.replace(_SHIELD, b"\\")


def _shielded(escape: re.Match[bytes]) -> bytes:
    return _SHIELD + escape[0][1:] if escape["lone"] else escape[0]
