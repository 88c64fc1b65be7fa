"""What an action becomes by what is heard of it: from a row and a result to the next state.

| heard | state | from then on |
|---|---|---|
| done | `sent` | |
| nothing there to hide or delete any more | `skipped`: `gone` | done, as far as anybody can tell (B10) |
| done by an earlier try | `sent`, settled `present` | |
| refused for good, too late | `failed`, `expired` | others may have the claim |
| surely not done, possible later | `requested` | tried again when it is due |
| may be done | `unknown` | read back: 2, 5, 15, 35 s later, each minute, after an hour each hour |
| the executor died | `unknown` | the same |
| read: it is there | `sent`, settled `present` | |
| read: it is not, half a minute after the call | `requested`, once more; then `failed`: `not_done` | |
"""  # noqa: E501 (a table)

from datetime import datetime, timedelta
from typing import Literal

from services.executor.gate import CALL_SECONDS, Wait
from services.executor.results import Ended, Later, Result, Sent, Unsure
from services.executor.sightings import Absent, Present, Verdict
from shared.meta.graph_errors import GraphError
from shared.postgres.action_rows import Change, Kept

ABSENT_AFTER_SECONDS = 30.0
"""How long after a call Meta may still carry it out: what is missing before that proves nothing."""

ATTEMPTS = 2
"""Calls that may have reached Meta: one, and one more after a proven absence."""

TRIES = 12
"""Of what Meta says is not possible yet: three quarters of an hour together."""

_LONGEST_SECONDS = 600.0
_READS = tuple(timedelta(seconds=seconds) for seconds in (2, 5, 15, 35))
_EACH_MINUTE = timedelta(minutes=1)
_EACH_HOUR = timedelta(hours=1)
_AN_HOUR = timedelta(hours=1)

EndState = Literal["failed", "expired", "skipped"]


def after_call(known: Kept, result: Result, now: datetime) -> Change:
    """The state after a call, and when that leads to something."""
    match result:
        case Sent():
            return _sent(known, result)
        case Ended(state, reason, error):
            return _ended(known, state, reason, error)
        case Later():
            return _later(known, result, now)
        case _:
            return _unsure(known, result, now)


def after_death(known: Kept, now: datetime) -> Change:
    """The state of a claimed action whose executor has said nothing in time."""
    return Change(state="unknown", reason="lost", attempts=known.attempts, due_at=now + _READS[0])


def after_reading(known: Kept, verdict: Verdict, read_at: datetime, now: datetime) -> Change | Wait:
    """The state after looking, beginning at `read_at`, for what an `unknown` call did."""
    if isinstance(verdict, Present):
        return Change(
            state="sent",
            settled="present",
            attempts=known.attempts,
            created_id=verdict.created_id,
            recipient_id=verdict.recipient_id,
        )
    if not isinstance(verdict, Absent) or read_at < _proof_from(known):
        return Wait(next_read(known.state_at, now))
    if known.attempts < ATTEMPTS:
        return Change(
            state="requested", reason="not_done", settled="absent", attempts=known.attempts
        )
    return Change(state="failed", reason="not_done", settled="absent", attempts=known.attempts)


def next_read(unknown_since: datetime, now: datetime) -> datetime:
    """When to look again."""
    for after in _READS:
        if unknown_since + after > now:
            return unknown_since + after
    return now + (_EACH_MINUTE if now - unknown_since < _AN_HOUR else _EACH_HOUR)


def _proof_from(known: Kept) -> datetime:
    """From when on a missing thing is proof: the call began at the latest when it was given up, or
    when its time was over."""
    ended = known.state_at
    if known.called_at is not None:
        ended = min(ended, known.called_at + timedelta(seconds=CALL_SECONDS))
    return ended + timedelta(seconds=ABSENT_AFTER_SECONDS)


def _unsure(known: Kept, unsure: Unsure, now: datetime) -> Change:
    code, subcode = _codes(unsure.error)
    return Change(
        state="unknown",
        reason=unsure.reason,
        code=code,
        subcode=subcode,
        attempts=known.attempts,
        due_at=now + _READS[0],
    )


def _sent(known: Kept, sent: Sent) -> Change:
    tried_before = known.attempts > 1
    if sent.reason == "gone" and not (tried_before and known.action.kind == "delete"):
        return Change(state="skipped", reason="gone", attempts=known.attempts - 1)
    return Change(
        state="sent",
        settled="present" if sent.reason else None,
        attempts=known.attempts,
        created_id=sent.created_id,
        recipient_id=sent.recipient_id,
    )


def _ended(known: Kept, state: EndState, reason: str, error: GraphError | None) -> Change:
    code, subcode = _codes(error)
    if reason == "gone" and known.action.kind == "unhide":
        state = "skipped"
    return Change(
        state=state, reason=reason, code=code, subcode=subcode, attempts=known.attempts - 1
    )


def _later(known: Kept, later: Later, now: datetime) -> Change:
    code, subcode = _codes(later.error)
    tries = known.changes // 2  # each is a claim and what came of it
    hopeless = later.reason == "not_yet" and tries >= TRIES
    # What Meta refuses a person is theirs to know at once, not hours later.
    if hopeless or (later.reason == "paused" and known.action.requested_by == "person"):
        return _ended(known, "failed", later.reason, later.error)
    seconds = max(later.seconds, min(2.0 ** min(tries, 20), _LONGEST_SECONDS))
    return Change(
        state="requested",
        reason=later.reason,
        code=code,
        subcode=subcode,
        attempts=known.attempts - 1,
        due_at=now + timedelta(seconds=seconds),
    )


def _codes(error: GraphError | None) -> tuple[int | None, int | None]:
    return (None, None) if error is None else (error.code, error.subcode)
