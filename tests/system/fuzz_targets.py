"""What must hold for any bytes a stranger, or a tenant, may send: one function for each door."""

import hmac
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from urllib.parse import parse_qsl

import msgspec
from msgspec import Raw
from msgspec.json import Decoder

from services.enricher.identity import identity
from services.enricher.normalise import normalise
from shared import topics
from shared.contracts import wire
from shared.contracts.enriched import (
    EnrichedComment,
    EnrichedEvent,
    EnrichedMention,
    EnrichedMessage,
)
from shared.contracts.raw import KINDS, RawEvent
from shared.contracts.records import Outgoing, Record
from shared.errors import Rejected
from shared.meta.handshake import answer_challenge
from shared.meta.ids import LONGEST
from shared.meta.signature import Keyring
from shared.meta.split import split
from shared.meta.times import EARLIEST, parse_time

NOW = datetime(2025, 11, 20, 12, tzinfo=UTC)
_LATER = NOW + timedelta(hours=1)
_TRACE = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
_US = identity("17841400000000001", "9001", username="our.shop")
_SECRETS = (("shop", 0, "newest"), ("shop", 1, "previous"), ("cafe", 0, "other ümlaut"))
_KEYRING = Keyring.of({"shop": ["newest", "previous"], "cafe": ["other ümlaut"]})
_RIGHT = (0, 1)
_TOKENS = (b"verify-me", "vérify".encode())

_Found = TypeVar("_Found")

_decode_raw = Decoder(RawEvent)
_DECODERS: Mapping[type[EnrichedEvent], Decoder[EnrichedEvent]] = {
    kind: Decoder(kind) for kind in (EnrichedComment, EnrichedMention, EnrichedMessage)
}


def splitter(body: bytes) -> None:
    """A body becomes events that can be written and read, or is refused as no JSON."""
    events, refusal = _outcome(lambda: split(body, "shop", NOW))
    if events is None:
        assert refusal == "400 not_json"
        assert not _is_plainly_json(body)
        return
    assert events
    again = split(body, "cafe", _LATER)
    assert [event.id for event in again] == [event.id for event in events]
    for event in events:
        _check_event(event, body)


def _outcome(door: Callable[[], _Found]) -> tuple[_Found | None, str]:
    """What came of it, or why it was refused."""
    try:
        return door(), ""
    except Rejected as refusal:
        return None, f"{refusal.status} {refusal.reason}"


def _is_plainly_json(body: bytes) -> bool:
    """Whether another parser takes it for JSON that is not too deep for anyone."""
    text = body.removeprefix(b"\xef\xbb\xbf").strip(b" \t\r\n")
    if not text.startswith((b"{", b"[")) or text.count(b"[") + text.count(b"{") > 100:
        return False
    with suppress(ValueError):
        json.loads(text.decode(), parse_int=str, parse_float=str, parse_constant=_refuse)
        return True
    return False


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _check_event(event: RawEvent, body: bytes) -> None:
    item = bytes(event.item)
    assert item in body
    assert event.kind in KINDS
    assert event.id.startswith(f"{event.platform}:{event.account}:")
    for word in (event.platform, event.account, event.thread, event.field):
        assert len(word) <= LONGEST
        assert word.isprintable()
    assert event.id.isprintable()
    assert event.occurred_at >= EARLIEST
    record = wire.raw_record(event, _TRACE)
    around = len(record.key or b"") + len(record.value or b"") - len(item)
    assert around + sum(len(value) for _, value in record.headers) < topics.ENVELOPE_BYTES
    assert wire.decode(_arrived(record), _decode_raw) == event
    _read_by_others(record)


def _read_by_others(record: Outgoing) -> None:
    """Who consumes our topics has a JSON parser of their own."""
    with suppress(RecursionError):
        json.loads((record.value or b"").decode(), parse_int=str, parse_float=str)


def _arrived(record: Outgoing) -> Record:
    return Record(record.topic, 0, 0, 0, record.key, record.value, record.headers)


def enricher(body: bytes) -> None:
    """Whatever the receiver lets through can be typed, written and read."""
    with suppress(Rejected):
        for event in split(body, "shop", NOW):
            if event.kind not in {"change", "broken"}:
                _check_typed(event)


def _check_typed(event: RawEvent) -> None:
    typed = normalise(event, _US)
    record = wire.enriched_record(typed, _TRACE)
    assert len(record.value or b"") < 2 * len(bytes(event.item)) + topics.ENVELOPE_BYTES
    decoder = _DECODERS[type(typed)]
    assert wire.decode(_arrived(record), decoder) == typed  # type: ignore[type-var]
    _read_by_others(record)


def signature(data: bytes) -> None:
    """A header is accepted if and only if it is the HMAC of the body under a secret of ours."""
    how, at, byte, body = sum(data[:1]) % 8, sum(data[1:2]), data[2:3], data[3:]
    app, index, secret = _SECRETS[at % len(_SECRETS)]
    right = b"sha256=" + hmac.digest(secret.encode(), body, "sha256").hex().encode()
    place = at % len(right)
    header, body = {
        0: (right, body),
        1: (right[:7] + right[7:].upper(), body),
        2: (right[:place] + byte + right[place + 1 :], body),
        3: (right[:place], body),
        4: (right + byte, body),
        5: (right, body + (byte or b"x")),
        6: (b"sha256=" + body[:64], body[64:]),
    }.get(how, (body[:80], body[80:]))
    found, refusal = _outcome(lambda: _KEYRING.verify(header or None, body))
    rightly = header[:7] == b"sha256=" and header[7:].lower() in _digests(body)
    assert rightly is (found is not None)
    assert rightly or refusal == ("401 bad_signature" if header else "401 unsigned")
    if how in _RIGHT:
        assert found == (app, index)


def _digests(body: bytes) -> list[bytes]:
    secrets = (secret.encode() for _, _, secret in _SECRETS)
    return [hmac.digest(secret, body, "sha256").hex().encode() for secret in secrets]


def challenge(data: bytes) -> None:
    """The challenge comes back only to who knows a verify token."""
    query = dict(parse_qsl(data.decode("latin-1"), keep_blank_values=True))
    token = query.get("hub.verify_token", "").encode(errors="surrogatepass")
    known = token in _TOKENS and query.get("hub.mode") == "subscribe"
    answer, refusal = _outcome(lambda: answer_challenge(query, _TOKENS))
    if known and query.get("hub.challenge"):
        assert answer == query["hub.challenge"]
    else:
        assert refusal == ("400 no_challenge" if known else "403 wrong_verify_token")


def time(data: bytes) -> None:
    """Any value is a time between 2004 and tomorrow, or none."""
    values: list[object] = [data.decode(errors="replace"), Raw(data), int.from_bytes(data[:40])]
    with suppress(ValueError):
        values.append(float(data))
    with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        values.append(msgspec.json.decode(data))
    for value in values:
        found = parse_time(value, NOW)
        assert found is None or EARLIEST <= found <= NOW + timedelta(days=1)


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    "splitter": splitter,
    "enricher": enricher,
    "signature": signature,
    "challenge": challenge,
    "time": time,
}
