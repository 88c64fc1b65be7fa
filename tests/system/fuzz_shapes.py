"""Deliveries that are changed as JSON: parts missing, double, of another type, of absurd sizes."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

PAYLOADS = Path(__file__).parents[1] / "payloads"
_LARGEST_SEED = 20_000
_LARGEST_PART = 2_000
_PLAIN = 7

_ODD = (
    *(b"null", b"true", b"false", b"0", b"-1", b"-0.0", b"1.5", b"1e400", b"1E-9", b"{}", b"[]"),
    *(b"9" * 20, b"9" * 400, b"9" * 5000, b"18446744073709551616", b"-9223372036854775809"),
    *(b'""', b'"0"', b'"\\ud83d"', b'"\\udc00\\ud800"', b'"\\u0000"', b'"a:b"', b'":standby"'),
    *(
        b'"' + b"x" * 300 + b'"',
        b'"\xf0\x9f\xa6\xa9"',
        b'"\xe2\x80\xae"',
        b'"2025-11-19T10:00:00+0000"',
    ),
    *(
        b"NaN",
        b"-Infinity",
        b"01",
        b'"\xff"',
        b'"\xed\xa0\x80"',
        b"'x'",
        b'"\\x"',
        b'"\n"',
        b"",
        b"1763600000",
    ),
    *(b'{"id":"1"}', b'[{"id":"1"}]', b'"17841400000000001"', b'"add"', b'"edited"', b'"comments"'),
)
_GAPS = (
    b"",
    b"",
    b"",
    b"",
    b"",
    b"",
    b" ",
    b"\n",
    b"\t\r\n ",
    b"\x0c",
    b"\xef\xbb\xbf",
    b",",
    b"/**/",
)


@dataclass(slots=True)
class Tree:
    """JSON whose leaves are written already; in an object every other part is a name."""

    opens: bytes
    parts: "list[Tree | bytes]"

    def written(self, random: Random) -> bytes:
        """As bytes, with something odd between the parts now and then."""
        gap = random.choice(_GAPS) if random.random() < 0.1 else b""
        words = [part if isinstance(part, bytes) else part.written(random) for part in self.parts]
        if self.opens == b"[":
            return b"[" + (gap + b",").join(words) + gap + b"]"
        pairs = zip(words[::2], words[1::2], strict=False)
        return b"{" + (b"," + gap).join(name + gap + b":" + word for name, word in pairs) + b"}"

    def trees(self) -> "list[Tree]":
        """Itself and all below."""
        below = [part.trees() for part in self.parts if isinstance(part, Tree)]
        return [self, *(tree for trees in below for tree in trees)]


def _tree(value: Any) -> Tree | bytes:
    if isinstance(value, _Pairs):
        parts = [part for name, inner in value for part in (_leaf(name), _tree(inner))]
        return Tree(b"{", parts)
    if isinstance(value, list):
        return Tree(b"[", [_tree(part) for part in value])
    return _leaf(value)


class _Pairs(list[tuple[str, Any]]):
    """An object, its names perhaps double."""


class _Number(str):
    """Digits as they stood."""

    __slots__ = ()


def _leaf(value: object) -> bytes:
    return value.encode() if isinstance(value, _Number) else json.dumps(value).encode()


def parsed(body: bytes) -> Tree | None:
    """`body` if it is an object or array that Python can read."""
    try:
        value = json.loads(body, object_pairs_hook=_Pairs, parse_int=_Number, parse_float=_Number)
    except (ValueError, RecursionError):
        return None
    tree = _tree(value)
    return tree if isinstance(tree, Tree) else None


@cache
def seeds() -> list[bytes]:
    """The deliveries in files."""
    paths = sorted(path for path in PAYLOADS.rglob("*.json") if ".expect." not in path.name)
    return [body for path in paths if len(body := path.read_bytes()) < _LARGEST_SEED]


@cache
def _pieces() -> tuple[list[bytes], list[bytes]]:
    """All names and all values, whole objects and arrays among them, of the deliveries in files."""
    names: set[bytes] = set()
    values: set[bytes] = set()
    plain = Random(_PLAIN)
    for tree in (tree for seed in seeds() if (top := parsed(seed)) for tree in top.trees()):
        step = 2 if tree.opens == b"{" else 1
        names.update(part for part in tree.parts[::step] if step == 2 and isinstance(part, bytes))
        values.update(
            part if isinstance(part, bytes) else part.written(plain)
            for part in tree.parts[step - 1 :: step]
        )
    return sorted(names), sorted(value for value in values if len(value) < _LARGEST_PART)


def mutated(body: bytes, random: Random) -> bytes:
    """`body` with a few of its parts changed, as JSON if it is any."""
    tree = parsed(body)
    if tree is None:
        return _damaged(body, random)
    for _ in range(random.choice((1, 1, 2, 3, 8))):
        _change(random.choice(tree.trees()), random)
    written = tree.written(random)
    return _damaged(written, random) if random.random() < 0.1 else written


def _change(at: Tree, random: Random) -> None:
    step = 2 if at.opens == b"{" else 1
    place = random.randrange(0, len(at.parts) + 1, step) if at.parts else 0
    name = [random.choice(_pieces()[0])] if step == 2 else []
    if random.random() < 0.3 or place >= len(at.parts):
        at.parts[place:place] = [*name, _anything(random)]
        return
    value = place + step - 1
    old = at.parts[value]
    match random.randrange(5):
        case 0:
            del at.parts[place : place + step]
        case 1:
            at.parts[place:place] = at.parts[place : place + step]
        case 2:
            at.parts[value] = Tree(b"[", [old] * random.choice((1, 1, 2)))
        case 3 if name:
            at.parts[place] = name[0]
        case _:
            at.parts[value] = _anything(random)


def _anything(random: Random) -> bytes:
    chance = random.random()
    if chance < 0.45:
        return random.choice(_ODD)
    if chance < 0.98:
        return random.choice(_pieces()[1])
    depth = random.choice((20, 200, 1100))
    return b"[" * depth + b"]" * depth


def _damaged(body: bytes, random: Random) -> bytes:
    place = random.randint(0, len(body))
    odd = random.choice((*_ODD, b"{", b"}", b"[", b"]", b'"', b"\\", random.randbytes(2)))
    return body[:place] + odd + body[place + random.choice((0, 0, 1, 2, 9)) :]
