"""From records of `parley.actions.v1` to rows: what an action is worth before its turn comes."""

from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from services.executor.commands import command
from services.executor.gate import priority
from shared.contracts import wire
from shared.contracts.actions import AT_META, Action, Outcome
from shared.contracts.records import Record
from shared.errors import Poison
from shared.meta import windows
from shared.meta.claims import claim_of, tagged

LASTS = timedelta(days=7)
"""How long an action waits that does not say: longer than any window, so that nothing waits for
ever."""

_decoder = msgspec.json.Decoder(Action)
_encode = msgspec.json.Encoder().encode


class Wanted(NamedTuple):
    """A record and the action in it."""

    record: Record
    action: Action


def decode(record: Record) -> Wanted:
    """The action in `record`.

    Raises:
        Poison: it holds none, or a time that could be any.
    """
    action = wire.decode(record, _decoder)
    times = (action.requested_at, action.written_at, action.not_before, action.expires_at)
    if any(at is not None and at.tzinfo is None for at in times):
        raise Poison(record, "undecodable")
    return Wanted(record, action)


def possible(action: Action) -> bool:
    """Whether there is somebody or something to do it to, and something to say that Meta takes; a
    rule does not pass for a person (platform §6.3)."""
    if action.human_agent and not windows.by_human(action):
        return False
    if action.kind in AT_META:
        return not isinstance(command(action), str)
    match action.kind:
        case "block" | "unblock":
            return bool(action.person_id)
        case "queue":
            return bool(action.event_id)
        case _:
            return bool(action.tag and tagged(action))


def row(action: Action, now: datetime, traceparent: str | None = None) -> tuple[object, ...]:
    """A new action's row, in the order of `statements.TAKE`; what is not `possible` has failed."""
    due_at = max(action.not_before or now, now)
    outcome = first_outcome(action, now)
    return (
        action.id,
        action.kind,
        action.platform,
        action.account,
        action.thread,
        claim_of(action),
        priority(action.kind, action.requested_by),
        action.event_id,
        action.rule,
        action.rule_version,
        action.requested_by,
        action.comment_id,
        action.person_id,
        action.text,
        action.tag,
        _encode(action).decode(),
        outcome.state,
        outcome.reason,
        action.requested_at,
        due_at,
        _expires_at(action, due_at),
        _encode(outcome),
        traceparent,
    )


def first_outcome(action: Action, now: datetime) -> Outcome:
    """What is told of an action when it is taken."""
    if possible(action):
        return Outcome(action=action, number=1, state="requested", at=now)
    return Outcome(action=action, number=1, state="failed", at=now, reason="invalid")


def _expires_at(action: Action, due_at: datetime) -> datetime:
    wanted = action.expires_at or due_at + LASTS
    if action.kind != "private_reply":
        return wanted
    return min(wanted, windows.closes_at(action, action.written_at) or wanted)
