"""Items of `changes[]`: comments, mentions, and everything else that happens to an account."""

from collections.abc import Callable, Mapping

from msgspec import Raw, Struct
from msgspec.json import Decoder

from shared.contracts.raw import Kind
from shared.meta import feed, ids, messaging
from shared.meta.ids import Id, text
from shared.meta.mending import UNREADABLE, mend
from shared.meta.place import NO_JSON, Place, Reading, broken, change


class _Media(Struct, gc=False):
    id: Id = None
    original_media_id: Id = None


class _Value(Struct, gc=False):
    id: Id = None
    comment_id: Id = None
    parent_id: Id = None
    media: _Media | Id = None
    media_id: Id = None
    story_id: Id = None
    post_id: Id = None
    item: str | None = None
    verb: str | None = None
    edited_time: Raw = NO_JSON
    created_time: Raw = NO_JSON
    timestamp: Raw = NO_JSON


class _Change(Struct, gc=False):
    field: str | None = None
    verb: str | None = None
    value: _Value | None = None


class _Loose(Struct, gc=False):
    field: str | None = None
    value: Raw = NO_JSON


_decode = Decoder(_Change).decode
_decode_loosely = Decoder(_Loose).decode

_MESSAGING_FIELDS = ("messag", "standby", "response_feedback")


def read(at: Place, item: Raw) -> Reading:
    """What an element of `changes[]` says, or an entry that is itself a change."""
    try:
        found = _decode(item)
    except UNREADABLE:
        return _read_loosely(at, item)
    field = found.field or ""
    reader = _READERS.get(field) if at.account.typed else None
    if reader is None or found.value is None:
        return _read_other(at, item, found)
    return reader(at, item, found, found.value)


def _read_other(at: Place, item: Raw, found: _Change) -> Reading:
    field = found.field or ""
    if at.account.typed and field.startswith(_MESSAGING_FIELDS):
        return _read_sample(at, item)
    if at.account.typed and field in _READERS and field != "feed":
        return broken(at, item, "no_value", field)
    return change(at, item, field, _time(found.value) if found.value else NO_JSON)


def _read_loosely(at: Place, item: Raw) -> Reading:
    """An item whose value is not what most values are, which may be right for its field (platform
    §4.4)."""
    try:
        found = _decode_loosely(item)
    except UNREADABLE:
        return broken(at, item, "wrong_type") if at.account.typed else change(at, item)
    field = found.field or ""
    if at.account.typed and field.startswith(_MESSAGING_FIELDS):
        return _read_sample(at, item)
    if not at.account.typed or field not in _READERS:
        return change(at, item, field)
    mended = _mended(item)
    if mended.value is not None and _is_known(field, mended.value):
        return _READERS[field](at, item, mended, mended.value)
    if field == "feed" and not bytes(found.value).startswith(b"{"):
        return change(at, item, field)
    return broken(at, item, "wrong_type", field)


def _mended(item: Raw) -> _Change:
    try:
        return mend(_Change, item)[0]
    except UNREADABLE:  # half of a surrogate pair in a name
        return _Change()


def _is_known(field: str, value: _Value) -> bool:
    """Whether it is certain what `value` is about although some of it can't be read."""
    if field in {"mentions", "mention"}:
        return bool(text(value.comment_id) or _target(value))
    comment = text(value.id) or text(value.comment_id)
    return bool(comment) and (field != "feed" or value.item == "comment")


def _read_sample(at: Place, item: Raw) -> Reading:
    """Meta's dashboard tries out messaging fields in `changes[]` (platform §4.1)."""
    found = _decode_loosely(item)
    field = found.field or ""
    if not found.value:
        return broken(at, item, "no_value", field)
    return messaging.read_sample(at, item, field, found.value)


def _read_comment(at: Place, item: Raw, found: _Change, value: _Value) -> Reading:
    own = text(value.id) or text(value.comment_id)
    verb = value.verb or found.verb or "add"
    time = _time(value)
    if own and verb == "add":
        key = ids.event_id(at.account.scope, "comment", own)
    elif not own:
        key = ids.id_by_bytes(at.account.scope, "comment", item)
    else:
        word = f"comment-{ids.plain(verb)}"
        key = ids.composed_id(at.account.scope, word, own, ids.moment(time, item))
    kind: Kind = "live-comment" if found.field == "live_comments" else "comment"
    root = _root(own, value) if value.parent_id else own
    return Reading(kind, key, root, found.field or "", time)


def _root(own: str, value: _Value) -> str:
    """The comment that began the thread; a `parent_id` may name the media instead (pitfalls
    B16)."""
    parent = text(value.parent_id)
    if not parent or parent == own:
        return own
    media, post = value.media, text(value.post_id)
    if not isinstance(media, _Media):
        on_media = parent == text(media)
    else:
        on_media = parent == text(media.id) or parent == text(media.original_media_id)
    if on_media or parent == text(value.media_id):
        return own
    # A Page's post is named <page>_<post>, and by some <post> alone.
    return own if post and parent in (post, post.rpartition("_")[2]) else parent


def _read_mention(at: Place, item: Raw, found: _Change, value: _Value) -> Reading:
    target = _target(value)
    comment = text(value.comment_id)
    verb = value.verb or found.verb or "add"
    time = _time(value)
    if not target and not comment:
        key = ids.id_by_bytes(at.account.scope, "mention", item)
    elif verb == "add":
        key = ids.composed_id(at.account.scope, "mention", target, comment or "caption")
    else:
        word = f"mention-{ids.plain(verb)}"
        when = ids.moment(time, item)
        key = ids.composed_id(at.account.scope, word, target, comment or "caption", when)
    return Reading("mention", key, target or comment, found.field or "", time)


def _target(value: _Value) -> str:
    media = value.media.id if isinstance(value.media, _Media) else value.media
    return text(value.media_id) or text(media) or text(value.story_id) or text(value.post_id)


def _read_feed(at: Place, item: Raw, found: _Change, value: _Value) -> Reading:
    if value.item == "comment":
        return _read_comment(at, item, found, value)
    about = text(value.comment_id) or text(value.post_id)
    time = _time(value)
    key = feed.feed_id(at, item, about, value.item or "", value.verb or "", time)
    return Reading("change", key, field=found.field or "", time=time)


def _time(value: _Value) -> Raw:
    if not (value.created_time or value.edited_time or value.timestamp):
        return NO_JSON
    for time in (value.edited_time, value.created_time, value.timestamp):
        if time and bytes(time) != b"null":
            return time
    return NO_JSON


_READERS: Mapping[str, Callable[[Place, Raw, _Change, _Value], Reading]] = {
    "comments": _read_comment,
    "live_comments": _read_comment,
    "mentions": _read_mention,
    "mention": _read_mention,
    "feed": _read_feed,
}
