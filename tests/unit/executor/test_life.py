"""From a row and what is heard of it to the next state."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.executor.gate import Wait
from services.executor.life import TRIES, after_call, after_death, after_reading, next_read
from services.executor.results import Ended, Later, Result, Sent, Unsure
from services.executor.sightings import Absent, Present, Unreadable, Verdict
from shared.meta.graph_errors import GraphError
from shared.postgres.action_rows import Change, Kept
from tests.executing import action

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ERROR = GraphError("request", 100, 33)


def _kept(kind: str = "reply", requested_by: str = "rule", **fields: Any) -> Kept:
    given: dict[str, Any] = {
        "action": action(kind, requested_by=requested_by),
        "state": "claimed",
        "attempts": 1,
        "reads": 0,
        "changes": 2,
        "requested_at": NOW,
        "due_at": NOW,
        "state_at": NOW,
        "called_at": NOW,
    }
    return Kept(**{**given, **fields})


def _change(state: str, reason: str | None = None, **fields: Any) -> Change:
    return Change(**{"state": state, "reason": reason, "attempts": 1, **fields})


def _in(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


CALLS: dict[str, tuple[Kept, Result, Change]] = {
    "done": (
        _kept(),
        Sent("r1", "p1"),
        _change("sent", created_id="r1", recipient_id="p1"),
    ),
    "gone is done": (_kept("hide"), Sent(reason="gone"), _change("skipped", "gone", attempts=0)),
    "gone by our own hand": (
        _kept("delete", attempts=2),
        Sent(reason="gone"),
        _change("sent", settled="present", attempts=2),
    ),
    "hidden and then gone": (
        _kept("hide", attempts=2),
        Sent(reason="gone"),
        _change("skipped", "gone"),
    ),
    "done by the try before": (
        _kept("private_reply", attempts=2),
        Sent(reason="used"),
        _change("sent", settled="present", attempts=2),
    ),
    "refused": (
        _kept(),
        Ended("failed", "refused", ERROR),
        _change("failed", "refused", code=100, subcode=33, attempts=0),
    ),
    "too late": (_kept(), Ended("expired", "window"), _change("expired", "window", attempts=0)),
    "nothing to show again": (
        _kept("unhide"),
        Ended("failed", "gone", ERROR),
        _change("skipped", "gone", code=100, subcode=33, attempts=0),
    ),
    "throttled": (
        _kept(),
        Later("throttled", 300.0, error=GraphError("wait", 80002)),
        _change("requested", "throttled", code=80002, attempts=0, due_at=_in(300)),
    ),
    "not ready, again and again": (
        _kept(changes=12),
        Later("not_yet", 30.0),
        _change("requested", "not_yet", attempts=0, due_at=_in(64)),
    ),
    "not ready, too often": (
        _kept(changes=2 * TRIES),
        Later("not_yet", 30.0, error=ERROR),
        _change("failed", "not_yet", code=100, subcode=33, attempts=0),
    ),
    "throttled for ever": (
        _kept(changes=2000),
        Later("throttled", 1.0),
        _change("requested", "throttled", attempts=0, due_at=_in(600)),
    ),
    "paused, for a rule": (
        _kept(),
        Later("paused", 3600.0),
        _change("requested", "paused", attempts=0, due_at=_in(3600)),
    ),
    "paused, for a person": (
        _kept(requested_by="person"),
        Later("paused", 3600.0),
        _change("failed", "paused", attempts=0),
    ),
    "unclear": (_kept(), Unsure("slow"), _change("unknown", "slow", due_at=_in(2))),
    "unclear, with an error": (
        _kept(attempts=2),
        Unsure("ambiguous", GraphError("ambiguous", 1, 1357046)),
        _change("unknown", "ambiguous", code=1, subcode=1357046, attempts=2, due_at=_in(2)),
    ),
}


@pytest.mark.parametrize("case", CALLS)
def test_after_call(case: str) -> None:
    """Each answer leads to its state."""
    known, result, expected = CALLS[case]
    assert after_call(known, result, NOW) == expected


def test_after_death() -> None:
    """A dead executor's call is unknown and soon looked for."""
    assert after_death(_kept(), NOW) == _change("unknown", "lost", due_at=_in(2))


_LOOKED: dict[str, tuple[int, float, Verdict, str | None, str | None]] = {
    "present": (1, 1.0, Present("r1", "p1"), "sent", "present"),
    "present, after two tries": (2, 1.0, Present(), "sent", "present"),
    "absent, too soon": (1, 29.0, Absent(), None, None),
    "absent": (1, 30.0, Absent(), "requested", "absent"),
    "absent again": (2, 30.0, Absent(), "failed", "absent"),
    "unreadable": (1, 99.0, Unreadable("slow"), None, None),
}


@pytest.mark.parametrize("case", _LOOKED)
def test_after_reading(case: str) -> None:
    """What is there counts at once, what is missing half a minute after the call at the soonest."""
    attempts, seconds, verdict, state, settled = _LOOKED[case]
    known = _kept(state="unknown", attempts=attempts)
    found = after_reading(known, verdict, _in(seconds), _in(seconds))
    if state is None:
        assert isinstance(found, Wait)
    else:
        assert isinstance(found, Change)
        assert (found.state, found.settled, found.attempts) == (state, settled, attempts)


@pytest.mark.parametrize(
    ("unknown_after", "read_after", "proves"),
    [
        (0.5, 30.0, False),  # a call that was given up after half a second
        (0.5, 30.5, True),
        (100.0, 47.9, False),  # a dead executor's call may have begun until its time was over
        (100.0, 48.0, True),
    ],
)
def test_proof(*, unknown_after: float, read_after: float, proves: bool) -> None:
    """The half minute counts from when the call can have begun at the latest."""
    known = _kept(state="unknown", state_at=_in(unknown_after))
    found = after_reading(known, Absent(), _in(read_after), _in(200))
    assert isinstance(found, Change) is proves


def test_no_call() -> None:
    """Without a note of the call, the half minute counts from when it became unknown."""
    known = replace(_kept(state="unknown", state_at=NOW), called_at=None)
    verdict: Verdict = Absent()
    assert isinstance(after_reading(known, verdict, _in(29), NOW), Wait)
    assert isinstance(after_reading(known, verdict, _in(30), NOW), Change)


@pytest.mark.parametrize(
    ("age", "following"),
    [(0, 2), (2, 5), (4.9, 5), (5, 15), (20, 35), (35, 95), (3599, 3659), (3600, 7200)],
)
def test_next_read(age: float, following: float) -> None:
    """It is looked for soon, then each minute, and after an hour each hour."""
    assert next_read(NOW, _in(age)) == _in(following)
