"""Which actions may go ahead now, and what becomes of those whose turn it is.

| found at an action's turn | becomes |
|---|---|
| it waited past its time, or past Meta's window | `expired`: `too_late`, `window` |
| its rule was changed meanwhile, so that it would not act today (pitfalls B44) | `skipped`: `rule_changed` |
| another one has its claim | `skipped`: `already_claimed` |
| its opposite is under way | waits for the end of that |
| it is one of our own kinds | `sent`, and done in the same transaction |
| none of these | `claimed`: the next thing is the call |
"""  # noqa: E501 (a table)

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from services.executor.pacing import EDGES, LIMITS, take
from shared.contracts.actions import ACTION_KINDS, AT_META, ActionKind, Requester
from shared.meta import windows
from shared.postgres.action_rows import Change, Kept

CALL_SECONDS = 18.0
"""All that an action does at Meta, from its claim on; Graph's own limits add up to less."""

CLAIM_SECONDS = 25.0
"""After which an executor that said nothing counts as dead. Longer than a call and its record."""

_CROSSED = timedelta(seconds=2)
SENDS: frozenset[ActionKind] = frozenset({"reply", "private_reply", "message"})
_AMONG_COMMENTS: frozenset[ActionKind] = frozenset({"hide", "unhide", "delete", "reply"})
HELD: dict[str, frozenset[ActionKind]] = {
    "app": AT_META,
    "account": AT_META,
    "instagram": _AMONG_COMMENTS,
    "pages": _AMONG_COMMENTS,
    "messenger": frozenset({"private_reply", "message"}),
    **{edge: frozenset(kind for kind in EDGES if EDGES[kind] == edge) for edge in LIMITS},
}
"""By what waits: the kinds of actions that wait with it."""

_PRIORITIES: dict[ActionKind, int] = {
    **dict.fromkeys(("hide", "unhide", "block", "unblock"), 0),
    "delete": 1,
    **dict.fromkeys(SENDS, 2),
    **dict.fromkeys(("tag", "untag", "queue"), 3),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How an account stands: whether it has a token that works, whether its rules are stopped, the
    scopes of its holds, and when each edge's next call is due."""

    connected: bool
    stopped: bool
    holds: frozenset[str]
    next_at: Mapping[str, datetime]


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """An action whose turn it is. `opened_at` is when its person last did something, as far as we
    have stored; `in_force` that its rule would still act; `taken` that another one has its claim;
    `crossed` that its opposite is under way."""

    known: Kept
    opened_at: datetime | None
    in_force: bool
    taken: bool
    crossed: bool


@dataclass(frozen=True, slots=True)
class Wait:
    """No change, but not before `until`."""

    until: datetime


def priority(kind: ActionKind, requested_by: Requester) -> int:
    """Less is sooner: what protects before what speaks, people before rules (pitfalls B45)."""
    return 2 * _PRIORITIES[kind] + (requested_by == "rule")


def open_kinds(standing: Standing, requested_by: Requester, now: datetime) -> list[ActionKind]:
    """The kinds of which one more may be done now."""
    automatic = requested_by == "rule"
    if automatic and standing.stopped:
        return []
    shut = set() if standing.connected else set(AT_META)
    for scope in standing.holds:
        shut |= HELD.get(scope, frozenset())
    if automatic and "automatic" in standing.holds:
        shut |= SENDS
    return [
        kind
        for kind in ACTION_KINDS
        if kind not in shut and not _spent(kind, standing.next_at, now)
    ]


def decide(candidate: Candidate, now: datetime, executor: str) -> Change | Wait:
    """What becomes of an action at its turn; see the table above."""
    known = candidate.known
    if reason := _end(candidate, now):
        state, why = reason
        return Change(state=state, reason=why, attempts=known.attempts)
    if candidate.crossed:
        return Wait(now + _CROSSED)
    if known.action.kind not in AT_META:
        return Change(state="sent", attempts=known.attempts)
    return Change(
        state="claimed",
        attempts=known.attempts + 1,
        called_at=now,
        claimed_by=executor,
        claimed_until=now + timedelta(seconds=CLAIM_SECONDS),
    )


_Ending = tuple[Literal["expired", "skipped"], str]


def _end(candidate: Candidate, now: datetime) -> _Ending | None:
    known = candidate.known
    if known.expires_at is not None and known.expires_at <= now:
        return "expired", "too_late"
    closes_at = windows.closes_at(known.action, _opened_at(candidate))
    if closes_at is not None and closes_at <= now:
        return "expired", "window"
    if not candidate.in_force:
        return "skipped", "rule_changed"
    return ("skipped", "already_claimed") if candidate.taken else None


def _opened_at(candidate: Candidate) -> datetime | None:
    # What is answered may not be stored yet: it opens the window all the same, unless it is a
    # comment or a mention, which opens none (platform §6.3).
    action = candidate.known.action
    in_public = action.kind == "message" and (action.comment_id or action.media_id)
    known = (candidate.opened_at, None if in_public else action.written_at)
    return max((at for at in known if at is not None), default=None)


def _spent(kind: ActionKind, next_at: Mapping[str, datetime], now: datetime) -> bool:
    edge = EDGES.get(kind)
    return edge is not None and take(next_at.get(edge), LIMITS[edge], now) is None
