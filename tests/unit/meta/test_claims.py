"""What may be done once, until when, and with how many words."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.meta.claims import claim_of, opposite_of
from shared.meta.texts import fits
from shared.meta.windows import closes_at
from tests.executing import COMMENT, PERSON, action

NOW = datetime(2026, 11, 21, tzinfo=UTC)
PERSONAL: dict[str, Any] = {"requested_by": "person", "rule": None, "event_id": None, "id": "a1"}


@pytest.mark.parametrize(
    ("kind", "fields", "claim", "opposite"),
    [
        ("hide", {}, f"hide:{COMMENT}", f"unhide:{COMMENT}"),
        ("unhide", {}, f"unhide:{COMMENT}", f"hide:{COMMENT}"),
        ("delete", {}, f"delete:{COMMENT}", None),
        ("private_reply", {}, f"private_reply:{COMMENT}", None),
        ("reply", {}, f"reply:{COMMENT}:r1", None),
        ("reply", {"client_key": "k"}, f"reply:{COMMENT}:k", None),
        ("reply", PERSONAL, f"reply:{COMMENT}:a1", None),
        ("message", {}, f"message:{PERSON}:e1/r1", None),
        ("message", {"client_key": "k"}, f"message:{PERSON}:k", None),
        ("message", PERSONAL, f"message:{PERSON}:a1", None),
        ("message", {"rule": None}, f"message:{PERSON}:e1/", None),
        ("message", {"person_id": None}, "message::e1/r1", None),
        ("block", {}, f"block:{PERSON}", f"unblock:{PERSON}"),
        ("tag", {}, f"tag:{PERSON}:vip", f"untag:{PERSON}:vip"),
        ("untag", {"person_id": None}, f"untag:{COMMENT}:vip", f"tag:{COMMENT}:vip"),
        ("queue", {}, "queue:e1", None),
        ("queue", {"event_id": None, "id": "a1"}, "queue:a1", None),
    ],
)
def test_claims(kind: str, fields: dict[str, Any], claim: str, opposite: str | None) -> None:
    """Each kind is claimed by what Meta allows once."""
    wanted = action(kind, **fields)
    assert (claim_of(wanted), opposite_of(wanted)) == (claim, opposite)


@pytest.mark.parametrize(
    ("kind", "fields", "hours"),
    [
        ("message", {}, 24),
        ("message", {"human_agent": True}, 24),
        ("message", {"human_agent": True, "requested_by": "person"}, 168),
        ("message", {"requested_by": "person"}, 24),
        ("private_reply", {}, 168),
        ("reply", {}, None),
    ],
)
def test_windows(kind: str, fields: dict[str, Any], hours: int | None) -> None:
    """A window is as long as platform §6.3 says; what is not known closes none."""
    wanted = action(kind, **fields)
    assert closes_at(wanted, NOW) == (None if hours is None else NOW + timedelta(hours=hours))
    assert closes_at(wanted, None) is None


@pytest.mark.parametrize(
    ("platform", "kind", "text", "fine"),
    [
        ("instagram", "message", "é" * 500, True),
        ("instagram", "message", "é" * 501, False),
        ("instagram", "private_reply", "x" * 1001, False),
        ("page", "message", "é" * 2000, True),
        ("page", "message", "é" * 2001, False),
        ("instagram", "reply", "é" * 2200, True),
        ("instagram", "reply", "é" * 2201, False),
        ("page", "reply", "é" * 8001, False),
        ("page", "reply", " \n", False),
        ("instagram", "message", "\ud800", True),
    ],
)
def test_texts(platform: str, kind: Any, text: str, *, fine: bool) -> None:
    """Messages of Instagram are counted in bytes, the rest in characters (pitfalls B42)."""
    assert fits(platform, kind, text) is fine
