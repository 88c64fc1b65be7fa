"""One action carried out at Meta: at most one write, and what its answer amounts to.

| answer | result |
|---|---|
| done | `Sent` |
| comment gone | `Sent` for hide and delete, once a read agrees; `Ended` for the rest |
| window closed, comment too old, broadcast over | `Ended`, expired |
| throttled, paused, no token, not ready, nobody there | `Later` |
| refused for good | `Ended`, failed |
| may have happened | `Unsure`: to be read back before anything else (pitfalls B8) |
"""

from datetime import datetime, timedelta

from services.executor import questions
from services.executor.commands import command
from services.executor.results import Ended, Later, Result, Sent, Unsure
from shared.contracts.actions import Action
from shared.graph.client import Graph
from shared.graph.commands import Done, NotCalled, Refused, Unclear, Written
from shared.graph.holds import Hold
from shared.graph.queries import Failed
from shared.meta import lenient, windows
from shared.meta.error_table import Verdict
from shared.meta.graph_errors import GraphError

_SURELY_YOUNG = timedelta(days=5)
"""What is told of a comment's age may be the time of its delivery, which is at most 36 hours later
(platform §0.5, §3)."""

_FRESH = timedelta(minutes=1)
"""Graph denies some objects that are seconds old (platform §7.3, 100/33)."""

_AGAIN_SECONDS = 30.0


_WAITING: dict[Verdict, str] = {
    "wait": "throttled",
    "later": "not_yet",
    "pause": "paused",
    "reauthenticate": "reauthenticate",
    "disconnected": "reauthenticate",
}
_FAILING: dict[Verdict, str] = {
    "forbidden": "forbidden",
    "recipient": "recipient",
    "content": "content",
    "config": "config",
    "used": "used",
}
_OVER: set[Verdict] = {"request", "gone", "used"}
"""What Graph says of a live comment after the broadcast; no code tells it (platform §6.3)."""

_TELL_NOTHING = {"gone", "forbidden", "refused"}


async def carry_out(graph: Graph, action: Action, now: datetime, *, attempted: bool) -> Result:
    """Do what `action` says, within 16 seconds; `attempted` is that an earlier call for it may have
    reached Meta."""
    told = command(action)
    if isinstance(told, str):
        return Ended("failed", told)
    if action.kind == "private_reply" and (early := await _too_late(graph, action, now)):
        return early
    written = await graph.write(action.platform, action.account, told)
    if isinstance(written, Refused) and written.error.verdict == "gone" and not action.live:
        return await _gone(graph, action, now, written.error)
    return _result(action, written, attempted=attempted)


def _result(action: Action, written: Written, *, attempted: bool) -> Result:
    match written:
        case Done(body, holds):
            return _sent(action, body, holds)
        case Unclear(reason, error, holds):
            return Unsure(reason, error, holds)
        case NotCalled(reason, seconds, holds):
            return Later(reason, seconds or _AGAIN_SECONDS, holds=holds)
        case Refused(error, holds):
            return _refused(action, error, holds, attempted=attempted)


def _sent(action: Action, body: lenient.Fields, holds: tuple[Hold, ...]) -> Result:
    created_id = lenient.identifier(body, "id" if action.kind == "reply" else "message_id")
    if created_id is None and action.kind in ("reply", "private_reply", "message"):
        return Unsure("unreadable", None, holds)
    return Sent(created_id, lenient.identifier(body, "recipient_id"), holds=holds)


async def _too_late(graph: Graph, action: Action, now: datetime) -> Result | None:
    """Why a private reply is not to be tried (pitfalls B7); if Graph can't tell, the call will."""
    written_at = action.written_at
    if written_at is None or _SURELY_YOUNG < now - written_at <= windows.PRIVATE_REPLY:
        question = questions.comment(action, "written")
        (answer,) = await graph.ask(action.platform, action.account, [question])
        if isinstance(answer, Failed):
            return None if answer.reason in _TELL_NOTHING else Later(answer.reason, _AGAIN_SECONDS)
        written_at = lenient.moment(answer.body, "timestamp", "created_time")
    if written_at is not None and now - written_at > windows.PRIVATE_REPLY:
        return Ended("expired", "window")
    return None


async def _gone(graph: Graph, action: Action, now: datetime, error: GraphError) -> Result:
    """Graph denies that there is what we write to; it is believed when it says so twice."""
    if action.kind == "message":
        return Ended("failed", "gone", error)
    if now - (action.written_at or action.requested_at) < _FRESH:
        return Later("not_yet", _AGAIN_SECONDS, called=True, error=error)
    (answer,) = await graph.ask(action.platform, action.account, [questions.comment(action)])
    if not isinstance(answer, Failed) or answer.reason != "gone":
        return Later("not_yet", _AGAIN_SECONDS, called=True, error=error)
    if action.kind in ("hide", "delete"):
        return Sent(reason="gone")
    return Ended("failed", "gone", error)


def _refused(
    action: Action, error: GraphError, holds: tuple[Hold, ...], *, attempted: bool
) -> Result:
    if reason := _WAITING.get(error.verdict):
        return Later(reason, _seconds(action, error, holds), called=True, error=error, holds=holds)
    if error.verdict == "used" and attempted:
        return Sent(reason="used", holds=holds)
    if error.verdict == "window" or (action.live and error.verdict in _OVER):
        return Ended("expired", "live" if action.live else "window", error, holds)
    return Ended("failed", _FAILING.get(error.verdict, "refused"), error, holds)


def _seconds(action: Action, error: GraphError, holds: tuple[Hold, ...]) -> float:
    """How long Meta wants this account, or the whole app, to wait."""
    mine = [
        hold.seconds
        for hold in holds
        if hold.scope.kind == "app" or hold.scope.account == action.account
    ]
    wait = error.wait.total_seconds() if error.wait else _AGAIN_SECONDS
    return max(mine, default=wait)
