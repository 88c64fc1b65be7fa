"""How many calls of each kind an account may make: evenly, with a burst (GCRA), for all executors
together."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from shared.contracts.actions import ActionKind

Edge = Literal["hide", "delete", "reply", "private_reply", "message", "conversations"]


@dataclass(frozen=True, slots=True)
class Limit:
    """One call each `interval`, and after a quiet time `burst` at once."""

    interval: timedelta
    burst: int


LIMITS: dict[Edge, Limit] = {
    # Meta names no ceiling for comments but its quotas, which its headers tell, and its sense of
    # spam, which public replies are the first to meet (platform §7.1).
    "hide": Limit(timedelta(milliseconds=50), 200),
    "delete": Limit(timedelta(milliseconds=100), 100),
    "reply": Limit(timedelta(milliseconds=500), 100),
    # Interval and burst together stay within 750 an hour, and within 100 a second.
    "private_reply": Limit(timedelta(hours=1) / 700, 50),
    "message": Limit(timedelta(seconds=1) / 50, 50),
    "conversations": Limit(timedelta(milliseconds=500), 1),
}

EDGES: dict[ActionKind, Edge] = {
    "hide": "hide",
    "unhide": "hide",
    "delete": "delete",
    "reply": "reply",
    "private_reply": "private_reply",
    "message": "message",
}


def take(next_at: datetime | None, limit: Limit, now: datetime) -> datetime | None:
    """When the next call is due once another one is made now; None when that is too early.

    `next_at` is what this gave for the call before.
    """
    due = now if next_at is None else max(next_at, now)
    if due - now > limit.interval * (limit.burst - 1):
        return None
    return due + limit.interval
