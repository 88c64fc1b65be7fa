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
    found = []
    for number in range(max(20, most // events)):
        first = number * events
        changes = [
            comment(serial, f"1801{serial % 40:012}") for serial in range(first, first + events)
        ]
        found.append(request(body(changes, f"17841400000{number % accounts:06}")))
    return found


def body(changes: list[dict[str, object]], account: str) -> bytes:
    """What Meta would send about one account."""
    entry = {"id": account, "time": 1763600000, "changes": changes}
    return json.dumps({"object": "instagram", "entry": [entry]}).encode()


def request(content: bytes, secret: str = SECRET) -> bytes:
    """The POST, signed."""
    signature = hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()
    head = (
        "POST /webhooks/meta HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n"
        f"x-hub-signature-256: sha256={signature}\r\ncontent-length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def comment(serial: int, media: str) -> dict[str, object]:
    """A comment that tells all but what its media is."""
    return {
        "field": "comments",
        "value": {
            "id": f"1799{serial:012}",
            "text": _TEXT,
            "from": {"id": f"88{serial % 5000:05}", "username": "ana.test"},
            "media": {"id": media, "media_product_type": "REELS"},
        },
    }
