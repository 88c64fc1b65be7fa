"""Event ids: Meta's own natural keys, the same for every redelivery (design §3, platform §5).

An id is `<platform>:<account>:<word>:<part>…`, where the word fixes how many parts follow. Meta's
ids may hold a `:`; as only the first part may, no two events get one id by where a part ends. Ids
are compared, never split.
"""

from hashlib import sha256

from msgspec import Raw

from shared.contracts.surrogates import restore

Id = str | int | None
"""Meta sends strings today and sent numbers before; either may be missing."""

LONGEST = 256
"""Characters of a part: ids, keys and headers stay small whatever a delivery says
(shared/topics.py)."""

STANDBY = ":standby"


def text(meta_id: Id) -> str:
    """`meta_id` as the string it is everywhere else; empty when it is missing."""
    if meta_id is None:
        return ""
    return meta_id if isinstance(meta_id, str) else str(meta_id)


def bounded(part: str) -> str:
    """`part`, or its hash where it is too long or holds what a header or a database cannot."""
    if len(part) <= LONGEST and part.isprintable():
        return part
    return digest(part.encode())


def plain(part: str) -> str:
    """`part` for any place but the first behind the word: bounded and without a `:`."""
    return bounded(part) if ":" not in part else digest(part.encode())


def event_id(scope: str, word: str, first: str) -> str:
    """An id of one part."""
    return f"{scope}{word}:{bounded(first)}"


def composed_id(scope: str, word: str, first: str, *rest: str) -> str:
    """An id of several parts."""
    return f"{scope}{word}:{bounded(first)}:{':'.join(map(plain, rest))}"


def id_by_bytes(scope: str, word: str, item: Raw) -> str:
    """The id of an item that Meta gives no key: its own bytes as they stood in the body."""
    return f"{scope}{word}:{digest(restore(bytes(item)))}"


def moment(time: Raw, item: Raw) -> str:
    """What tells apart two events of one kind about one thing: their time as Meta wrote it, or
    else their bytes."""
    return stamp(time) or digest(restore(bytes(item)))


def stamp(time: Raw) -> str:
    """A time as Meta wrote it; empty where it is missing or can't be one."""
    written = bytes(time).strip(b'"')
    readable = written != b"null" and not written.startswith((b"{", b"["))
    return written.decode(errors="replace") if readable else ""


def digest(*parts: bytes) -> str:
    """A hash in place of what is secret, too long, or has no id of its own."""
    return sha256(b"\0".join(parts)).hexdigest()
