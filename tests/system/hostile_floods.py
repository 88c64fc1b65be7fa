"""Attacks that go on: slow, idle, endless, huge, and by thousands of connections at once."""

import itertools
from collections.abc import Callable, Iterable, Mapping

from tests.receiving import request
from tests.system.hostile_play import Attack
from tests.system.hostile_requests import GOOD, HEAD

_MEGABYTE = b"x" * 1_000_000
_TOO_MANY_HEADERS = ("431 closed", "400 closed", "431 reset", "400 reset", "reset", "408 closed")
_TOO_LARGE = (
    "413 closed",
    "413 reset",
    "reset",
    "408 closed",
    "408 reset",
    "503 closed",
    "503 reset",
)
_TOO_SLOW = ("408 closed", "closed")
_TOO_MUCH = ("503 closed", "408 closed")

LONGER_THAN_A_BODY = 14.0
"""The receiver gives a body 10 seconds (services/receiver/intake.py)."""


_ARRIVALS_A_SECOND = 1000.0


def _drip(raw: bytes, at_once: int) -> Callable[[], Iterable[bytes]]:
    """`raw` in single bytes, behind the first so many at once."""
    return lambda: itertools.chain(
        [raw[:at_once]], (raw[at : at + 1] for at in range(at_once, len(raw)))
    )


def _slow(pieces: Callable[[], Iterable[bytes]], connections: int, *answers: str) -> Attack:
    return Attack(
        pieces=pieces,
        answers=answers or _TOO_SLOW,
        pause_seconds=1.0,
        rate=_ARRIVALS_A_SECOND,
        connections=connections,
        seconds=max(4.0, connections / _ARRIVALS_A_SECOND),
        patience_seconds=LONGER_THAN_A_BODY,
    )


def _endless(start: bytes, more: bytes, *answers: str) -> Attack:
    """From a few connections, as fast as the receiver takes it, and 200 MB at most from each."""
    return Attack(
        pieces=lambda: itertools.chain([start], itertools.repeat(more, 200_000_000 // len(more))),
        answers=answers or _TOO_MANY_HEADERS,
        rate=2,
        connections=4,
        patience_seconds=LONGER_THAN_A_BODY,
    )


def _headers(count: int) -> bytes:
    return b"".join(b"x-%d: %d\r\n" % (number, number) for number in range(count))


def _huge(raw: bytes, *answers: str) -> Attack:
    return Attack(pieces=lambda: [raw], answers=answers, rate=20)


_UNFINISHED = HEAD + b"content-length: 5000000\r\n\r\n"
_CHUNKED = HEAD + b"transfer-encoding: chunked\r\n\r\n"
_MINIMAL = b"POST /webhooks/meta HTTP/1.1\r\ncontent-length: 0\r\n\r\n"

SLOW: Mapping[str, Attack] = {
    "3,000 slow bodies": _slow(
        _drip(request(GOOD), len(request(GOOD)) - len(GOOD)), 3000, *_TOO_MUCH
    ),
    "slow chunks": _slow(lambda: itertools.chain([_CHUNKED], itertools.repeat(b"1\r\nx\r\n")), 300),
    "3,000 slow headers": _slow(_drip(request(GOOD), 10), 3000),
    "10,000 idle connections": _slow(list, 10_000),
    "idle after an answer": _slow(lambda: [request(GOOD)], 300, "200 closed", "200 open"),
    "bodies that fill the memory and stop": _slow(
        lambda: [_UNFINISHED, *[_MEGABYTE] * 4, _MEGABYTE[:900_000]], 8, *_TOO_MUCH
    ),
    "small bodies that fill the memory and stop": _slow(
        lambda: [_UNFINISHED, _MEGABYTE[:60_000]], 600, *_TOO_MUCH
    ),
}

ENDLESS: Mapping[str, Attack] = {
    "huge header": _huge(HEAD + b"x-a: " + _MEGABYTE + b"\r\n\r\n", *_TOO_MANY_HEADERS),
    "huge header name": _huge(HEAD + _MEGABYTE + b": x\r\n\r\n", *_TOO_MANY_HEADERS),
    "20,000 headers": _huge(HEAD + _headers(20_000) + b"\r\n", *_TOO_MANY_HEADERS),
    "huge path": _huge(
        b"POST /" + _MEGABYTE + b" HTTP/1.1\r\n\r\n", "414 closed", *_TOO_MANY_HEADERS
    ),
    "headers without end": _endless(HEAD, b"x-a: b\r\n" * 8000),
    "a header without end": _endless(HEAD + b"x-a: ", _MEGABYTE[:65536]),
    "path without end": _endless(b"POST /", _MEGABYTE[:65536], "414 closed", *_TOO_MANY_HEADERS),
    "trailers without end": _endless(_CHUNKED + b"0\r\n", b"x-a: b\r\n" * 8000),
    "chunks without end": _endless(
        _CHUNKED, b"10000\r\n" + _MEGABYTE[:65536] + b"\r\n", *_TOO_LARGE
    ),
    "tiny chunks without end": _endless(_CHUNKED, b"1\r\nx\r\n" * 10_000, *_TOO_LARGE),
    "chunk extension without end": _endless(
        _CHUNKED + b"1;", _MEGABYTE[:65536], *_TOO_LARGE, *_TOO_MANY_HEADERS
    ),
    "100 MB, announced": _endless(
        HEAD + b"content-length: 100000000\r\n\r\n", _MEGABYTE, *_TOO_LARGE
    ),
    "empty lines without end": _endless(b"", b"\r\n" * 30_000, *_TOO_MANY_HEADERS),
    "5,000 requests at once": Attack(
        pieces=lambda: [_MINIMAL * 5_000],
        answers=("401x5000", "401x17 closed", "401x17 reset"),
        rate=1,
        connections=4,
    ),
    "answers never read": Attack(
        pieces=lambda: [_MINIMAL * 20_000], answers=("open",), connections=20, ending="never read"
    ),
}
