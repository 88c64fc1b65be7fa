"""Keys for what happens in a Page's feed besides comments: posts, reactions, shares, ratings."""

from msgspec import Raw, Struct, ValidationError
from msgspec.json import Decoder

from shared.meta import ids
from shared.meta.ids import Id, text
from shared.meta.place import Place


class _Person(Struct, gc=False):
    id: Id = None


class _Value(Struct, gc=False, rename={"author": "from"}):
    author: _Person | None = None
    sender_id: Id = None
    reaction_type: str | None = None


class _Change(Struct, gc=False):
    value: _Value


_decode = Decoder(_Change).decode


def feed_id(at: Place, item: Raw, about: str, what: str, verb: str, time: Raw) -> str:
    """The id of something that was done to the post or comment `about` (platform §5, page feed)."""
    try:
        value = _decode(item).value
    except (ValidationError, UnicodeDecodeError):
        return ids.id_by_bytes(at.account.scope, "change", item)
    if not about:
        return ids.id_by_bytes(at.account.scope, "change", item)
    person = text(value.author.id if value.author else None) or text(value.sender_id)
    reaction = value.reaction_type or ""
    parts = (what, verb, person, reaction, ids.moment(time, item))
    return ids.composed_id(at.account.scope, "feed", about, *parts)
