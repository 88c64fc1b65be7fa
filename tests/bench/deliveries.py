"""Signed deliveries for the load: whole HTTP requests, each with comments that no other has."""

import hashlib
import hmac
import json

SECRET = "bench-secret"
APPS = json.dumps({"bench": {"secrets": [SECRET], "verify_token": "bench"}})
_TEXT = "What a lovely colour! How much is it, and do you ship to Spain? " * 2


def requests(events: int, *, most: int = 20_000, accounts: int = 20) -> list[bytes]:
    """So many comments a body, about 450 bytes each, all about `accounts` accounts; at `most` so
    many comments in total. Comment ids differ, and so do the records' keys: as in life, where a
    comment is mostly the first in its thread."""
    return [
        request(
            body([_change(number * events + index) for index in range(events)], number % accounts)
        )
        for number in range(max(20, most // events))
    ]


def body(changes: list[dict[str, object]], account: int) -> bytes:
    """What Meta would send about one account."""
    entry = {"id": f"17841400000{account:06}", "time": 1763600000, "changes": changes}
    return json.dumps({"object": "instagram", "entry": [entry]}).encode()


def request(content: bytes) -> bytes:
    """The POST, signed."""
    signature = hmac.new(SECRET.encode(), content, hashlib.sha256).hexdigest()
    head = (
        "POST /webhooks/meta HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n"
        f"x-hub-signature-256: sha256={signature}\r\ncontent-length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def _change(serial: int) -> dict[str, object]:
    return {
        "field": "comments",
        "value": {
            "id": f"1799{serial:012}",
            "text": _TEXT,
            "from": {"id": f"88{serial % 5000:05}", "username": "ana.test"},
            "media": {"id": f"1801{serial % 40:012}", "media_product_type": "REELS"},
        },
    }
