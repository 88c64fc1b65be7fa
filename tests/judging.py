"""Facts, texts and rule books for tests of the judgement; the defaults are a common case."""

from datetime import UTC, datetime, timedelta
from typing import Any

from services.moderator.facts import Facts

ACCOUNT = "17841400000000001"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    """So many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


def facts_of(id_: str = "c1", seconds: float = 0, **more: Any) -> Facts:
    """A comment by somebody, `seconds` after noon; `id_` makes its ids."""
    fields: dict[str, Any] = {
        "event_id": f"instagram:{ACCOUNT}:comment:{id_}",
        "platform": "instagram",
        "account": ACCOUNT,
        "thread": id_,
        "kind": "comment",
        "occurred_at": at(seconds),
        "written_at": at(seconds),
        "received_at": at(seconds + 1),
        "person_id": "880001",
        "username": "ana.test",
        "text": "how much is it?",
        "comment_id": id_,
        "media_id": "m1",
    }
    return Facts(**(fields | more))


def message_of(id_: str = "mid1", seconds: float = 0, **more: Any) -> Facts:
    """A message by the same person."""
    fields: dict[str, Any] = {
        "event_id": f"instagram:{ACCOUNT}:message:{id_}",
        "thread": "880001",
        "kind": "message",
        "comment_id": None,
        "media_id": None,
        "message_id": id_,
    }
    return facts_of(id_, seconds, **(fields | more))
