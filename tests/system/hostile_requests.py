"""Attacks that are one request, or a few: signatures, bodies, framing, other protocols."""

import gzip
import random
import struct
from collections.abc import Mapping

from shared.topics import MAX_BODY_BYTES
from tests.receiving import COMMENT, OTHER_SECRET, body_of, request, sign
from tests.system.hostile_play import Attack, sent

GOOD = body_of(COMMENT)
HEAD = b"POST /webhooks/meta HTTP/1.1\r\nhost: x\r\n"
_SIGNATURE = b"X-Hub-Signature-256: " + sign(GOOD).encode() + b"\r\n"
_MALFORMED = ("400 closed",)
_CUT_SHORT = ("200x17 closed", "200x17 reset")
"""Who sends more at once than anyone needs to gets some answers and must come again."""

_BEHIND = b"GET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n"


def _post(*lines: bytes, body: bytes = GOOD) -> bytes:
    return HEAD + _SIGNATURE + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + body


def _smuggled(*lines: bytes) -> Attack:
    """A request whose end two servers see at two places; what stands behind must not be served."""
    return sent(_post(*lines, body=b"0\r\n\r\n" + _BEHIND), *_MALFORMED)


def _length(body: bytes = GOOD) -> bytes:
    return b"content-length: %d" % len(body)


def _delivery(value: str) -> bytes:
    """A delivery of a comment whose text is this JSON."""
    return GOOD.replace(b'"hi"', value.encode("utf-8", "surrogatepass"))


def _zstd_bomb() -> bytes:
    """A zstd frame of blocks that are one byte 128 KB times over: 4 bytes each (RFC 8878)."""
    size = 128 * 1024
    block = struct.pack("<I", size << 3 | 1 << 1)[:3] + b"x"
    return b"\x28\xb5\x2f\xfd\x00\x58" + block * 10_000


_ZIPPED = gzip.compress(b"x" * 100_000_000)
_FALSE = "sha256=" + "0" * 64
_TRUE = sign(GOOD)
_LARGE = b'{"a":"' + b"x" * (MAX_BODY_BYTES - 8) + b'"}'
_ITEMS = [{"field": "comments", "value": {"id": str(number)}} for number in range(10_000)]

SIGNATURES: Mapping[str, Attack] = {
    "no signature": sent(request(GOOD, ""), "401"),
    "wrong signature": sent(request(GOOD, _FALSE), "401"),
    "truncated signature": sent(request(GOOD, _TRUE[:-1]), "401"),
    "signature without prefix": sent(request(GOOD, _TRUE[7:]), "401"),
    "non-ASCII signature": sent(request(GOOD, "sha256=" + "é" * 64), "401"),
    "signature of another body": sent(request(GOOD, sign(b"{}")), "401"),
    "giant signature": sent(request(GOOD, "x" * 20_000), "401", "431"),
    "two signatures, the last right": sent(
        request(GOOD, _FALSE).replace(b"host: x\r\n", b"X-Hub-Signature-256: x\r\n"), "401"
    ),
    "delivered again and again": sent(request(GOOD) * 3, "200x3"),
    "another tenant's secret": sent(request(GOOD, sign(GOOD, OTHER_SECRET)), "200"),
    "5 MB, wrongly signed": sent(request(_LARGE, _FALSE), "401", rate=3),
}

BODIES: Mapping[str, Attack] = {
    "deep arrays": sent(request(b"[" * 1_000_000), "400", rate=3),
    "deep objects": sent(request(b'{"a":' * 200_000), "400", rate=3),
    "deep and closed": sent(request(b"[" * 100_000 + b"]" * 100_000), "400", rate=3),
    "5 MB of text": sent(request(_LARGE), "200", rate=1),
    "a million items": sent(
        request(body_of({"object": "page", "entry": [{"id": "1", "changes": [{}] * 1_000_000}]})),
        "200",
        rate=1,
    ),
    "10,000 comments": sent(
        request(body_of({"object": "page", "entry": [{"id": "1", "changes": _ITEMS}]})),
        "200",
        rate=1,
    ),
    "invalid UTF-8": sent(request(GOOD.replace(b"hi", b"\xff\xfe")), "400"),
    "surrogates as bytes": sent(request(_delivery('"\ud800"')), "400"),
    "lone surrogates": sent(request(_delivery(r'"\ud83d"')), "200"),
    "NaN": sent(request(_delivery("NaN")), "400"),
    "Infinity": sent(request(_delivery("-Infinity")), "400"),
    "duplicate keys": sent(request(_delivery('"a","text":"b"')), "200"),
    "400 digits": sent(request(_delivery("9" * 400)), "200"),
    "400 digits as an id": sent(request(GOOD.replace(b'"1799"', b"9" * 400)), "200"),
    "no JSON": sent(request(b"hello"), "400"),
    "gzip bomb": sent(request(_ZIPPED, **{"content-encoding": "gzip"}), "400", rate=20),
    "br bomb": sent(request(_ZIPPED, **{"content-encoding": "br"}), "400", rate=20),
    "zstd bomb": sent(request(_zstd_bomb(), **{"content-encoding": "zstd"}), "400", rate=20),
    "unsigned bomb": sent(request(_ZIPPED, "", **{"content-encoding": "gzip"}), "401", rate=20),
}

_CHUNKED = b"transfer-encoding: chunked"
_BAD_CHUNKS = (
    b"xyz\r\n",
    b"-1\r\n",
    b"fffffffffffffffff\r\n",
    b"5\r\nhello!",
    b"\r\n",
    b"5;\x00\r\n",
)

FRAMING: Mapping[str, Attack] = {
    "two lengths": _smuggled(b"content-length: 5", b"content-length: 6"),
    "two equal lengths": _smuggled(b"content-length: 5", b"content-length: 5"),
    "list of lengths": _smuggled(b"content-length: 5, 5"),
    "signed length": _smuggled(b"content-length: +5"),
    "negative length": _smuggled(b"content-length: -5"),
    "hexadecimal length": _smuggled(b"content-length: 0x5"),
    "endless length": _smuggled(b"content-length: " + b"9" * 40),
    "length and chunks": _smuggled(b"content-length: 5", _CHUNKED),
    "chunks and length": _smuggled(_CHUNKED, b"content-length: 5"),
    "chunked, identity": _smuggled(b"transfer-encoding: chunked, identity"),
    "xchunked": _smuggled(b"transfer-encoding: xchunked"),
    "space before colon": _smuggled(b"transfer-encoding : chunked"),
    "vertical tab": _smuggled(b"transfer-encoding:\x0bchunked"),
    "folded header": _smuggled(b"x-a: b", b" transfer-encoding: chunked"),
    "header without colon": _smuggled(b"transfer-encoding"),
    "NUL in a header": _smuggled(b"x-a: \x00"),
    "CR in a header": _smuggled(b"x-a: b\rcontent-length: 5"),
    **{
        f"bad chunk {bad!r}": sent(_post(_CHUNKED, body=bad + _BEHIND), *_MALFORMED)
        for bad in _BAD_CHUNKS
    },
    "good behind bad": sent(request(b"no") + request(GOOD), "400 200"),
    "good behind malformed": sent(_post(b"bad header", _length()) + request(GOOD), *_MALFORMED),
    "50 pipelined": sent(request(GOOD) * 50, "200x50", *_CUT_SHORT, rate=5),
    "expect": sent(_post(_length(), b"expect: 100-continue"), "100 200"),
    "expect, unsigned": sent(
        HEAD + b"content-length: 2\r\nexpect: 100-continue\r\n\r\n{}", "100 401"
    ),
    "expect and too large": sent(
        HEAD + b"content-length: 99999999999\r\nexpect: 100-continue\r\n\r\n", "413 closed"
    ),
    "expect something else": sent(_post(_length(), b"expect: a-pony"), "200"),
}

PROTOCOLS: Mapping[str, Attack] = {
    "HTTP/1.0": sent(request(GOOD).replace(b"HTTP/1.1", b"HTTP/1.0"), "200 closed"),
    "HTTP/9.9": sent(request(GOOD).replace(b"HTTP/1.1", b"HTTP/9.9"), *_MALFORMED),
    "HTTP/0.9": sent(b"GET /webhooks/meta\r\n\r\n", "403 closed", *_MALFORMED),
    "HTTP/2 preface": sent(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9), *_MALFORMED),
    "upgrade to h2c": sent(_post(_length(), b"connection: upgrade", b"upgrade: h2c"), "200", "401"),
    "TLS hello": sent(
        bytes.fromhex("16030100c8010000c40303") + random.Random(1).randbytes(200), *_MALFORMED
    ),
    "random bytes": sent(random.Random(2).randbytes(4096), *_MALFORMED),
    "WebSocket upgrade": sent(
        b"GET /webhooks/meta HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
        b"sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
        "403",
    ),
    "CONNECT": sent(
        b"CONNECT evil:443 HTTP/1.1\r\nhost: evil\r\n\r\n", "404", "405", "400 closed", "closed"
    ),
    "TRACE": sent(b"TRACE /webhooks/meta HTTP/1.1\r\nhost: x\r\n\r\n", "405"),
    "PUT with a body": sent(request(GOOD).replace(b"POST", b"PUT"), "405"),
    "another path": sent(request(GOOD).replace(b"/webhooks/meta", b"/../etc/passwd"), "404"),
    "path in disguise": sent(request(GOOD).replace(b"/meta", b"/%6deta"), "200", "404"),
    "path of another host": sent(request(GOOD).replace(b" /", b" http://evil/", 1), "200", "404"),
    "non-ASCII path": sent(request(GOOD).replace(b"/meta", b"/\xc3\xa9"), "404", "400 closed"),
    "cut off": Attack(
        pieces=lambda: [request(GOOD)[:-9]], answers=("closed",), ending="half-close"
    ),
    "asked and shut": Attack(
        pieces=lambda: [request(GOOD)], answers=("200", "closed"), ending="half-close"
    ),
    "reset in mid-body": sent(request(GOOD)[:-9], "gone", ending="reset"),
    "reset before the answer": sent(request(GOOD), "gone", ending="reset"),
}
