"""What holds for every delivery, whatever is in it."""

import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import topics
from shared.contracts.raw import RawEvent
from shared.contracts.wire import raw_record
from shared.errors import Rejected
from shared.meta.entries import MAX_ITEMS
from shared.meta.split import split
from tests import strategies
from tests.strategies import Delivery, Entry, encoded

RECEIVED_AT = datetime(2025, 11, 20, 12, 0, tzinfo=UTC)
TRACE = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def events_of(
    body: bytes, app: str = "shop", received_at: datetime = RECEIVED_AT
) -> list[RawEvent]:
    """The events of `body`."""
    return split(body, app, received_at)


def items_of(events: list[RawEvent]) -> list[bytes]:
    """The items of `events`."""
    return [bytes(event.item) for event in events]


def one(container: str, *items: bytes, account: str = "1") -> bytes:
    """A delivery with one entry."""
    return Delivery("instagram", (Entry(account, {container: list(items)}),)).written()


def outcome(body: bytes) -> str:
    """What becomes of `body`."""
    try:
        return "events" if events_of(body) else "nothing"
    except Rejected as refusal:
        return f"{refusal.status} {refusal.reason}"


@given(
    st.binary(max_size=200) | st.binary(max_size=50).map(lambda inner: b'{"entry":[%b]}' % inner)
)
def test_any_bytes(body: bytes) -> None:
    """Bytes become events or are refused as no JSON; nothing else happens."""
    assert outcome(body) in {"events", "400 not_json"}


@given(strategies.deliveries, st.data())
def test_damaged(delivery: Delivery, data: st.DataObject) -> None:
    """So do deliveries that were damaged somewhere."""
    body = delivery.written()
    place = data.draw(st.integers(0, len(body) - 1))
    length = data.draw(st.integers(0, 3))
    damage = data.draw(
        st.binary(max_size=3) | st.sampled_from([rb"\ud800", b"{", b'"', b"[", b","])
    )
    damaged = body[:place] + damage + body[place + length :]
    assert outcome(damaged) in {"events", "400 not_json"}


@given(strategies.shapes | st.lists(strategies.shapes | strategies.json_values, max_size=3))
def test_any_shape(body: object) -> None:
    """Every JSON object or array becomes events, each with bytes of the body."""
    written = encoded(body)
    events = events_of(written)
    assert events
    assert all(item in written for item in items_of(events))


@given(strategies.json_values)
def test_any_json(value: object) -> None:
    """Only objects and arrays are accepted."""
    if isinstance(value, dict | list):
        assert events_of(encoded(value))
    else:
        with pytest.raises(Rejected, match="not_json"):
            events_of(encoded(value))


@given(strategies.deliveries, strategies.WHITESPACE)
def test_every_item_once(delivery: Delivery, gap: bytes) -> None:
    """Every item comes out once, in order, byte for byte, whatever stands around it."""
    assert items_of(events_of(delivery.written(gap))) == delivery.items


@given(strategies.deliveries, strategies.WHITESPACE)
def test_byte_order_mark(delivery: Delivery, gap: bytes) -> None:
    """Neither a byte order mark nor white space makes another event."""
    plain = events_of(delivery.written())
    marked = events_of(b"\xef\xbb\xbf" + delivery.written(gap))
    assert [event.id for event in marked] == [event.id for event in plain]


@given(strategies.deliveries)
def test_batching(delivery: Delivery) -> None:
    """An item has the same id alone as among others, in whatever order."""
    together = {event.id for event in events_of(delivery.written())}
    backwards = Delivery(delivery.object, delivery.entries[::-1])
    assert {event.id for event in events_of(backwards.written())} == together
    alone = [events_of(single.written()) for single in delivery.apart()]
    assert {event.id for events in alone for event in events} == together


@given(strategies.deliveries)
def test_array(delivery: Delivery) -> None:
    """An array of envelopes is all of them."""
    body = delivery.written()
    expected = [event.id for event in events_of(body)] * 2
    assert [event.id for event in events_of(b"[%b,%b]" % (body, body))] == expected


@given(strategies.deliveries, st.integers(0, 10**6), st.sampled_from(["other", "shop"]))
def test_redelivery(delivery: Delivery, later: int, app: str) -> None:
    """When a delivery came, and who signed it, is not in its ids."""
    first = events_of(delivery.written())
    again = events_of(delivery.written(), app, RECEIVED_AT + timedelta(seconds=later))
    assert [event.id for event in again] == [event.id for event in first]


@given(st.lists(strategies.changes.map(encoded), min_size=1, max_size=3), strategies.broken_changes)
def test_broken_neighbour(good: list[bytes], wrong: object) -> None:
    """A broken item changes nothing for those beside it, and travels itself with the reason."""
    alone = events_of(one("changes", *good))
    (*before, broken, last) = events_of(one("changes", *good, encoded(wrong), good[0]))
    assert [event.id for event in before] == [event.id for event in alone]
    assert [event.kind for event in before] == [event.kind for event in alone]
    assert last.id == alone[0].id
    assert (broken.kind, bytes(broken.item)) == ("broken", encoded(wrong))
    assert broken.reason in {"wrong_type", "no_value"}


@given(strategies.json_values, st.sampled_from(["changes", "messaging", "standby"]))
def test_broken_container(value: object, name: str) -> None:
    """A container of the wrong type leaves the entries and containers beside it alone."""
    item = encoded({"field": "comments", "value": {"id": "7"}})
    other = "messaging" if name == "changes" else "changes"
    body = (
        b'{"object":"instagram","entry":[{"id":"1","%b":%b,"%b":[%b]},{"id":"2","changes":[%b]}]}'
    )
    written = body % (name.encode(), encoded(value), other.encode(), item, item)
    events = events_of(written)
    assert events[-1].id == "instagram:2:comment:7"
    assert item in items_of(events[:-1])


@given(st.text(max_size=400), st.text(max_size=400), st.text(max_size=400), st.integers(0, 10**300))
def test_envelope_is_small(account: str, thread: str, key: str, number: int) -> None:
    """Whatever a delivery says, what we put around its items stays within its bound."""
    entry = {
        "id": account,
        "changes": [
            {"field": key, "value": {}},
            {"field": "comments", "value": {"id": key, "parent_id": thread, "verb": account}},
            {"field": "mentions", "value": {"media_id": key, "comment_id": number, "verb": thread}},
        ],
        "messaging": [
            {"sender": {"id": thread}, "timestamp": key, "message": {"mid": key}},
            {
                "sender": {"id": thread},
                "timestamp": key,
                "reaction": {"mid": key, "action": account, "emoji": thread},
            },
        ],
        "field": key,
    }
    for event in events_of(encoded({"object": account, "entry": [entry, {**entry, "id": number}]})):
        record = raw_record(event, TRACE)
        around = len(record.key or b"") + len(record.value or b"") - len(bytes(event.item))
        around += sum(len(name) + len(value) for name, value in record.headers)
        assert around <= topics.ENVELOPE_BYTES


def test_longest_envelope() -> None:
    """The longest that ids can be, of the widest characters, is still within the bound."""
    wide = "\U0001f9a9" * 256
    item = {
        "sender": {"id": wide},
        "timestamp": wide,
        "reaction": {"mid": wide, "action": wide, "emoji": wide},
    }
    for name in ("page", wide):
        body = {"object": name, "entry": [{"id": wide, "messaging": [item], "field": wide}]}
        for event in events_of(encoded(body)):
            record = raw_record(event, TRACE)
            size = len(record.value or b"") + sum(len(value) for _, value in record.headers)
            assert size + len(record.key or b"") < topics.ENVELOPE_BYTES + len(bytes(event.item))


@pytest.mark.parametrize("shape", ["items", "entries", "odd entries", "envelopes"])
def test_too_many(shape: str) -> None:
    """A delivery beyond the limit travels whole; one at the limit is taken apart."""
    for count in (MAX_ITEMS, MAX_ITEMS + 1):
        entries = {
            "items": [{"id": "1", "changes": [{}] * count}],
            "entries": [{"id": "1", "changes": [{}]}] * count,
            "odd entries": [{"id": "1"}] * count,
        }
        envelope = {"object": "instagram", "entry": entries.get(shape, [])}
        body = encoded([{}] * count if shape == "envelopes" else envelope)
        events = events_of(body)
        if count == MAX_ITEMS:
            assert len(events) == count
        else:
            (whole,) = events
            assert (whole.kind, whole.container, whole.reason) == (
                "broken",
                "delivery",
                "too_many_items",
            )
            assert bytes(whole.item) == body


@pytest.mark.parametrize("depth", range(180, 1200, 17))
def test_depth(depth: int) -> None:
    """However deep it is nested, a delivery becomes events or is refused in order."""
    nested = b"[" * depth + b"]" * depth
    for body in (
        b'{"object":"instagram","entry":[{"id":"1","field":"x","value":%b}]}',
        b'{"object":"instagram","entry":[{"id":"1","changes":[{"field":"messages","value":%b}]}]}',
        b'{"object":"instagram","entry":[{"id":"1","messaging":[{"timestamp":%b}]}]}',
        b"[%b]",
    ):
        assert outcome(body % nested) in {"events", "400 not_json"}


def test_verbatim_digits() -> None:
    """What no double holds leaves as it came."""
    item = b'{"field": "x","value":{"a": 1.10, "b":9007199254740993123, "c":1e400,"d":-0.0}}'
    (event,) = events_of(one("changes", item))
    assert bytes(event.item) == item


def test_hash_of_own_bytes() -> None:
    """Without a key of Meta's the id is the hash of the item as it stood in the body."""
    item = rb'{"field":"x","value":"\ud83d"}'
    (event,) = events_of(one("changes", item))
    assert event.id == f"instagram:1:change:{hashlib.sha256(item).hexdigest()}"


@given(st.text(alphabet=st.characters(categories=["Cs", "L"]), min_size=1, max_size=6))
def test_surrogates(text: str) -> None:
    """Half a pair, escaped as JSON allows, loses neither the item nor those beside it."""
    cut = json.dumps({"field": "comments", "value": {"id": "1", "text": text}}).encode()
    good = encoded({"field": "comments", "value": {"id": "2", "text": "\U0001f60d"}})
    events = events_of(one("changes", good, cut, good))
    assert [event.id[-1] for event in events] == ["2", "1", "2"]
    assert items_of(events) == [good, cut, good]


def test_no_words_in_refusals() -> None:
    """A refusal carries nothing of the body, not even as its cause."""
    with pytest.raises(Rejected) as refusal:
        events_of(b'{"text":"secret \xff"}')
    assert refusal.value.__cause__ is None
    assert "secret" not in repr(refusal.value)


def test_token_is_hashed() -> None:
    """The token of an opt-in can send messages: it is in the item and nowhere else."""
    item = encoded(
        {
            "sender": {"id": "2"},
            "timestamp": 1763600000000,
            "optin": {"notification_messages_token": "can-send"},
        }
    )
    (event,) = events_of(one("messaging", item))
    record = raw_record(event, TRACE)
    assert b"can-send" not in (record.value or b"").replace(item, b"")
    assert not [value for _, value in record.headers if b"can-send" in value]
