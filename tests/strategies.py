"""Hypothesis strategies for what Meta may deliver, from the usual to the absurd."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

# The same examples everywhere and no time limit for one: a gate must not depend on luck or load.
settings.register_profile("parley", derandomize=True, database=None, deadline=None)
settings.load_profile("parley")

WHITESPACE = st.text(alphabet=" \t\r\n", max_size=3).map(str.encode)

ids = (
    st.text(alphabet="0123456789", min_size=1, max_size=20)
    | st.text(max_size=12)
    | st.integers(min_value=0, max_value=10**30)
)
"""Meta's ids: digits as a rule, but opaque."""

times = (
    st.integers(min_value=1_072_915_200, max_value=4_000_000_000)
    | st.integers(min_value=1_072_915_200_000, max_value=4_000_000_000_000)
    | st.datetimes().map(lambda moment: f"{moment.isoformat()}+0000")
    | st.integers()
    | st.text(max_size=5)
    | st.none()
)

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


def _object(**parts: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=parts)


_people = _object(id=ids, username=st.text(max_size=5))
_comments = _object(
    **{"from": _people},
    id=ids,
    comment_id=ids,
    parent_id=ids,
    text=st.text(max_size=20),
    media=_object(id=ids, original_media_id=ids),
    verb=st.sampled_from(["add", "edited", "remove", "hide"]),
    created_time=times,
)
_mentions = _object(media_id=ids, comment_id=ids, story_id=ids, post_id=ids)
_feed = _object(
    **{"from": _people},
    item=st.sampled_from(["comment", "post", "reaction", "album"]),
    verb=st.sampled_from(["add", "edited", "remove", "hide"]),
    comment_id=ids,
    parent_id=ids,
    post_id=ids,
    created_time=times,
    edited_time=times,
)


def _change(fields: Sequence[str], values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({"field": st.sampled_from(fields), "value": values})


changes = (
    _change(["comments", "live_comments"], _comments)
    | _change(["mentions", "mention"], _mentions)
    | _change(["feed"], _feed)
    | st.fixed_dictionaries({"field": st.text(max_size=8), "value": json_values})
)

_control = _object(new_owner_app_id=ids, requested_owner_app_id=ids)
_payloads = st.one_of(
    _object(message=_object(mid=ids, is_echo=st.booleans(), is_deleted=st.booleans())),
    _object(message_edit=_object(mid=ids, num_edit=ids, text=st.text(max_size=5))),
    _object(reaction=_object(mid=ids, action=st.just("react"), emoji=st.text(max_size=2))),
    _object(postback=_object(mid=ids, payload=st.text(max_size=5))),
    _object(referral=_object(ref=st.text(max_size=5))),
    _object(read=_object(mid=ids, watermark=times.filter(bool))),
    _object(delivery=_object(watermark=ids)),
    _object(pass_thread_control=_control, take_thread_control=_control),
    _object(optin=_object(notification_messages_token=ids, user_ref=ids)),
    _object(response_feedback=_object(mid=ids)),
    _object(policy_enforcement=_object(action=st.text(max_size=5))),
    st.dictionaries(st.text(max_size=8), json_values, max_size=2),
)
messages = st.builds(
    lambda payload, frame: payload | frame,
    _payloads,
    _object(sender=_object(id=ids), recipient=_object(id=ids), timestamp=times),
)

broken_changes = st.one_of(
    json_values.filter(lambda value: not isinstance(value, dict)),
    st.just({"field": "comments"}),
    st.just({"field": 5}),
    _change(["comments", "mentions"], st.text(max_size=3) | st.just([]) | st.booleans()),
    _change(["comments"], st.fixed_dictionaries({"id": st.just([]) | st.just({})})),
)


@dataclass(frozen=True)
class Entry:
    """An entry whose items are bytes already, so that a test knows what must come out."""

    id: str
    containers: dict[str, list[bytes]]
    time: int = 1763600000

    @property
    def items(self) -> list[bytes]:
        """All items, in the order in which they are read."""
        names = ("changes", "messaging", "standby")
        return [item for name in names for item in self.containers.get(name, [])]

    def written(self, gap: bytes) -> bytes:
        """The entry as JSON, with `gap` wherever JSON allows it around the items."""
        parts = [
            b'"id":' + encoded(self.id),
            b'"time":%d' % self.time,
            *(
                b'"%b":[%b%b%b]' % (name.encode(), gap, (gap + b"," + gap).join(items), gap)
                for name, items in self.containers.items()
            ),
        ]
        return b"{" + (gap + b"," + gap).join(parts) + b"}"


@dataclass(frozen=True)
class Delivery:
    """A body that can be written in several ways."""

    object: str
    entries: tuple[Entry, ...]

    @property
    def items(self) -> list[bytes]:
        """All items, in the order in which they are read."""
        return [item for entry in self.entries for item in entry.items]

    def written(self, gap: bytes = b"") -> bytes:
        """The body, with `gap` wherever JSON allows it around the items."""
        entries = (gap + b"," + gap).join(entry.written(gap) for entry in self.entries)
        return b'%b{"object":%b,"entry":[%b]}%b' % (gap, encoded(self.object), entries, gap)

    def apart(self) -> list["Delivery"]:
        """The same items, one to a delivery."""
        return [
            Delivery(self.object, (replace(entry, containers={name: [item]}),))
            for entry in self.entries
            for name, items in sorted(entry.containers.items())
            for item in items
        ]


def encoded(value: object) -> bytes:
    """`value` as Meta writes JSON: ASCII only, and slashes escaped."""
    return json.dumps(value, separators=(",", ":")).replace("/", "\\/").encode()


def _text(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode(errors="replace")


def _items(values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[bytes]]:
    return st.lists(values.map(encoded) | values.map(_text), min_size=1, max_size=4)


entries = st.builds(
    Entry,
    id=st.text(alphabet="0123456789", min_size=1, max_size=18),
    containers=st.fixed_dictionaries(
        {}, optional={"changes": _items(changes), "messaging": _items(messages)}
    ).filter(bool)
    | st.fixed_dictionaries({"standby": _items(messages)}),
)
deliveries = st.builds(
    Delivery,
    object=st.sampled_from(["instagram", "page", "user"]),
    entries=st.lists(entries, min_size=1, max_size=3).map(tuple),
)

_loose_entries = st.dictionaries(
    st.sampled_from(
        ["id", "time", "uid", "changes", "messaging", "standby", "field", "value", "new"]
    ),
    json_values | st.lists(changes | messages | json_values, max_size=3),
    max_size=5,
)
shapes = st.dictionaries(
    st.sampled_from(["object", "entry", "new"]),
    json_values | st.lists(_loose_entries | json_values, max_size=3),
    max_size=3,
)
"""JSON that resembles a delivery more or less."""

odd_texts = st.text(
    st.characters()
    | st.sampled_from("aI1l0@$!|.-_ *")
    | st.sampled_from(
        "\u0335\u200b\ufe0f\u043e\u0455\u0412\U0001f170\u3042\ud55c\u0e01\ud800\U0001f525"
    )
)
"""What people write who want to be missed by rules: look-alikes, marks, unseen characters."""
