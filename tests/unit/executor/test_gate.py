"""Which actions may go ahead, how fast, and what holds the others."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.executor.gate import Candidate, Standing, Wait, decide, open_kinds, priority
from services.executor.holding import holding, standing_after
from services.executor.intake import decode, first_outcome, possible, row
from services.executor.pacing import EDGES, LIMITS, Limit, take
from services.executor.results import Ended, Later, Result, Sent, Unsure
from services.executor.turns import Turns
from shared.contracts.actions import ACTION_KINDS, AT_META, Requester
from shared.errors import Poison
from shared.graph.holds import Hold, Scope
from shared.meta.graph_errors import GraphError
from shared.postgres.action_rows import Change, Kept
from tests.executing import ACCOUNT, OWNER, action, record

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
EVERY: set[str] = set(ACTION_KINDS)
OURS: set[str] = EVERY - AT_META
MODERATES = {"hide", "unhide", "delete"}
SENDS = {"reply", "private_reply", "message"}


def _candidate(kind: str = "hide", **fields: Any) -> Candidate:
    facts: dict[str, Any] = {
        "opened_at": None,
        "in_force": True,
        "taken": False,
        "crossed": False,
        **{name: fields.pop(name) for name in list(fields) if name in Candidate.__slots__},
    }
    expires_at = fields.pop("expires_at", None)
    known = Kept(
        action=action(kind, **fields),
        state="requested",
        attempts=0,
        reads=0,
        changes=1,
        requested_at=NOW,
        due_at=NOW,
        state_at=NOW,
        expires_at=expires_at,
    )
    return Candidate(known=known, **facts)


def _standing(**fields: Any) -> Standing:
    given: dict[str, Any] = {
        "connected": True,
        "stopped": False,
        "holds": frozenset(),
        "next_at": {},
    }
    return Standing(**{**given, **fields})


_DECIDED: dict[str, tuple[Candidate, str, str | None]] = {
    "free": (_candidate(), "claimed", None),
    "ours": (_candidate("tag"), "sent", None),
    "late": (_candidate(expires_at=NOW), "expired", "too_late"),
    "in time": (_candidate(expires_at=NOW + HOUR), "claimed", None),
    "window": (_candidate("message", opened_at=NOW - 24 * HOUR), "expired", "window"),
    "window of a person": (
        _candidate("message", opened_at=NOW - 24 * HOUR, human_agent=True, requested_by="person"),
        "claimed",
        None,
    ),
    "window of a rule that passes for a person": (
        _candidate("message", opened_at=NOW - 24 * HOUR, human_agent=True),
        "expired",
        "window",
    ),
    "answers something newer": (
        _candidate("message", opened_at=NOW - 48 * HOUR, written_at=NOW - HOUR, comment_id=None),
        "claimed",
        None,
    ),
    "answers a comment, which opens nothing": (
        _candidate("message", opened_at=NOW - 48 * HOUR, written_at=NOW - HOUR),
        "expired",
        "window",
    ),
    "old comment": (
        _candidate("private_reply", written_at=NOW - 7 * 24 * HOUR),
        "expired",
        "window",
    ),
    "old comment, publicly": (
        _candidate("reply", written_at=NOW - 7 * 24 * HOUR),
        "claimed",
        None,
    ),
    "rule changed": (_candidate(in_force=False), "skipped", "rule_changed"),
    "taken": (_candidate(taken=True), "skipped", "already_claimed"),
    "taken, ours": (_candidate("block", taken=True), "skipped", "already_claimed"),
}


@pytest.mark.parametrize("case", _DECIDED)
def test_decide(case: str) -> None:
    """Each obstacle has its end; without one the call is next."""
    candidate, state, reason = _DECIDED[case]
    found = decide(candidate, NOW, "me")
    assert isinstance(found, Change)
    assert (found.state, found.reason) == (state, reason)


def test_claim() -> None:
    """A claim counts a call, and says whose it is and how long it holds."""
    found = decide(_candidate(), NOW, "me")
    assert isinstance(found, Change)
    assert (found.attempts, found.claimed_by, found.called_at) == (1, "me", NOW)
    assert found.claimed_until == NOW + timedelta(seconds=25)


def test_crossed() -> None:
    """While the opposite is under way, it waits."""
    assert isinstance(decide(_candidate(crossed=True), NOW, "me"), Wait)


_SPENT = {"private_reply": NOW + timedelta(days=1)}
_OPEN: dict[str, tuple[Standing, Requester, set[str]]] = {
    "all": (_standing(), "rule", EVERY),
    "stopped, rules": (_standing(stopped=True), "rule", set()),
    "stopped, people": (_standing(stopped=True), "person", EVERY),
    "no token": (_standing(connected=False), "person", OURS),
    "account": (_standing(holds=frozenset({"account"})), "person", OURS),
    "app": (_standing(holds=frozenset({"app"})), "rule", OURS),
    "comments": (
        _standing(holds=frozenset({"instagram"})),
        "rule",
        OURS | {"private_reply", "message"},
    ),
    "messages": (_standing(holds=frozenset({"messenger"})), "rule", OURS | MODERATES | {"reply"}),
    "one edge": (
        _standing(holds=frozenset({"hide"})),
        "rule",
        OURS | SENDS | {"delete"},
    ),
    "automatic, rules": (_standing(holds=frozenset({"automatic"})), "rule", OURS | MODERATES),
    "automatic, people": (
        _standing(holds=frozenset({"automatic"})),
        "person",
        EVERY,
    ),
    "a scope nobody knows": (_standing(holds=frozenset({"reads"})), "rule", EVERY),
    "spent": (_standing(next_at=_SPENT), "rule", EVERY - {"private_reply"}),
}


@pytest.mark.parametrize("case", _OPEN)
def test_open_kinds(case: str) -> None:
    """Holds, brakes and budgets each keep back what they are about."""
    standing, requested_by, kinds = _OPEN[case]
    assert set(open_kinds(standing, requested_by, NOW)) == kinds


def test_priorities() -> None:
    """Hide before delete before reply before the rest; a person before a rule."""
    order: list[tuple[Any, Any]] = [
        (kind, who) for kind in ("hide", "delete", "reply", "queue") for who in ("person", "rule")
    ]
    assert [priority(*each) for each in order] == list(range(8))
    assert set(EDGES) == AT_META


def test_pace() -> None:
    """A burst at once, then one each interval; a pause earns the burst back and no more."""
    limit, next_at, calls = Limit(timedelta(seconds=2), 3), None, []
    for second in [*range(10), *range(100, 110)]:
        while (found := take(next_at, limit, NOW + timedelta(seconds=second))) is not None:
            next_at = found
            calls.append(second)
    burst_and_pace = [0, 0, 0, 2, 4, 6, 8]
    assert calls == burst_and_pace + [100 + second for second in burst_and_pace]


@pytest.mark.parametrize(
    ("edge", "calls", "within"),
    [("private_reply", 750, 60 * 60), ("message", 100, 1), ("conversations", 2, 1)],
)
def test_documented_limits(edge: Any, calls: int, within: int) -> None:
    """However the calls fall, Meta's limits hold (platform §7.1)."""
    limit = LIMITS[edge]
    assert limit.burst - 1 + math.ceil(timedelta(seconds=within) / limit.interval) <= calls


def _turns(*candidates: Candidate, **fields: Any) -> Turns:
    turns = Turns(_standing(**fields), NOW, "me")
    turns.give(candidates)
    return turns


def test_turns_of_one_claim() -> None:
    """Of two with one claim in one batch the first is done; their opposite waits."""
    turns = _turns(_candidate(), _candidate(), _candidate("unhide"))
    assert [change.state for _, change in turns.changes] == ["claimed", "skipped"]
    assert [known.action.kind for known, _ in turns.waits] == ["unhide"]
    assert [each.changes for each in turns.claimed()] == [2]


def test_turns_of_one_person() -> None:
    """One message to a person at a time."""
    messages = [_candidate("message", client_key=str(n)) for n in range(2)]
    other = _candidate("message", client_key="3", person_id="other")
    turns = _turns(*messages, other)
    assert [known.action.client_key for known, _ in turns.changes] == ["0", "3"]


def test_turns_within_the_budget() -> None:
    """Beyond the budget nothing changes, neither for the action nor for others."""
    burst = LIMITS["reply"].burst
    replies = [_candidate("reply", comment_id=str(n)) for n in range(burst + 2)]
    turns = _turns(*replies, _candidate("hide"))
    assert len(turns.changes) == burst + 1
    assert turns.waits == []
    assert set(turns.next_at) == {"reply", "hide"}


def _later(code: int, verdict: Any = "reauthenticate") -> Later:
    return Later("reauthenticate", 30.0, called=True, error=GraphError(verdict, code))


_PAUSE = Hold(Scope("automatic", *OWNER), 100.0, "paused")
_QUOTA = Hold(Scope("instagram", *OWNER), 60.0, "throttled")
_LONGER = Hold(Scope("instagram", *OWNER), 90.0, "throttled")
_HELD: dict[str, tuple[str, Result, list[tuple[str, float]]]] = {
    "nothing": ("reply", Sent(), []),
    "pause of a reply": ("reply", Unsure("slow", holds=(_PAUSE,)), [("automatic", 100.0)]),
    "pause of a hide": ("unhide", Unsure("slow", holds=(_PAUSE,)), [("hide", 100.0)]),
    "the longer one": ("hide", Sent(holds=(_QUOTA, _LONGER)), [("instagram", 90.0)]),
    "the longer one first": ("hide", Sent(holds=(_LONGER, _QUOTA)), [("instagram", 90.0)]),
    "no permission": ("hide", _later(200), [("hide", 600.0)]),
    "dead token": ("hide", _later(190), []),
    "throttled": ("hide", _later(613, "wait"), []),
    "held by ourselves": ("hide", Later("throttled", 30.0), []),
}


@pytest.mark.parametrize("case", _HELD)
def test_holding(case: str) -> None:
    """Holds are of what Meta held, and of what it did."""
    kind, result, expected = _HELD[case]
    found = holding(action(kind), result)
    assert [(scope, seconds) for _, _, scope, seconds, _ in found] == expected
    assert {(platform, account) for platform, account, *_ in found} <= {("instagram", ACCOUNT)}


@pytest.mark.parametrize(
    ("result", "status"),
    [
        (Sent(), None),
        (Ended("failed", "refused", GraphError("request", 190)), None),
        (Later("no_token", 30.0), None),
        (_later(190), "needs_reauth"),
        (_later(102), "needs_reauth"),
        (_later(200), None),
        (_later(190, "disconnected"), "disconnected"),
        (_later(190, "retry"), None),
    ],
)
def test_standing_after(result: Result, status: str | None) -> None:
    """Only a token that Meta named as dead costs the account its connection (pitfalls B32)."""
    assert standing_after(result) == status


@pytest.mark.parametrize(
    ("kind", "fields", "expected"),
    [
        ("hide", {}, True),
        ("hide", {"comment_id": None}, False),
        ("reply", {"text": "x" * 2201}, False),
        ("private_reply", {"text": "é" * 501}, False),
        ("message", {"text": None}, False),
        ("message", {"person_id": None}, False),
        ("message", {"human_agent": True}, False),
        ("message", {"human_agent": True, "requested_by": "person"}, True),
        ("block", {}, True),
        ("unblock", {"person_id": None}, False),
        ("tag", {"person_id": None}, True),
        ("untag", {"tag": None}, False),
        ("tag", {"person_id": None, "comment_id": None}, False),
        ("queue", {}, True),
        ("queue", {"event_id": None}, False),
    ],
)
def test_possible(kind: str, fields: dict[str, Any], *, expected: bool) -> None:
    """What can't be done is known before its turn."""
    wanted = action(kind, **fields)
    assert possible(wanted) is expected
    outcome = first_outcome(wanted, NOW)
    assert (outcome.state, outcome.number) == ("requested" if expected else "failed", 1)


@pytest.mark.parametrize(
    ("kind", "fields", "due_in", "expires_in"),
    [
        ("hide", {}, 0, 168),
        ("hide", {"not_before": NOW - HOUR}, 0, 168),
        ("delete", {"not_before": NOW + 24 * HOUR}, 24, 192),
        ("hide", {"expires_at": NOW + HOUR}, 0, 1),
        ("private_reply", {"written_at": NOW - HOUR}, 0, 167),
        ("private_reply", {"written_at": NOW - HOUR, "expires_at": NOW + HOUR}, 0, 1),
    ],
)
def test_times(kind: str, fields: dict[str, Any], due_in: int, expires_in: int) -> None:
    """An action is due when it says, and over when it says or when its window is."""
    due_at, expires_at, *_ = row(action(kind, **fields), NOW)[-4:]
    assert (due_at, expires_at) == (NOW + due_in * HOUR, NOW + expires_in * HOUR)


@pytest.mark.parametrize(
    "value",
    [
        b"{",
        b'{"id": "1", "kind": "publish"}',
        None,
        record(action(requested_at=datetime(2026, 1, 1))).value,  # noqa: DTZ001 (that is the case)
    ],
)
def test_undecodable(value: bytes | None) -> None:
    """What is no action, or has a time that could be any, is poison."""
    with pytest.raises(Poison):
        decode(record(action())._replace(value=value))


def test_decoded() -> None:
    """What was asked for is what is taken."""
    wanted = action(not_before=NOW)
    assert decode(record(wanted)).action == wanted
