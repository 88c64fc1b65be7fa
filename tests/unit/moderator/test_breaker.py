"""When a rule has left its usual band."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.moderator.breaker import Minute, Surge, surge
from tests.judging import NOON, at


def recent(judged: int, hit: int) -> Minute:
    """What was counted two minutes ago."""
    return Minute(at(-120), judged, hit)


def usual(judged: int, hit: int) -> Minute:
    """What was counted hours ago."""
    return Minute(NOON - timedelta(hours=5), judged, hit)


def test_bad_pattern() -> None:
    """A rule that hit one in a hundred suddenly hits everything."""
    found = surge([usual(10_000, 100), recent(100, 98)], NOON)
    assert found == Surge(share=0.98, usual=0.01)


def test_the_usual() -> None:
    """As much as ever, and a bit more."""
    assert surge([usual(10_000, 100), recent(1000, 30)], NOON) is None


@pytest.mark.parametrize(("hit", "opens"), [(24, False), (25, True)])
def test_few_hits(hit: int, opens: bool) -> None:
    """Little harm is done by a few hits."""
    assert (surge([usual(10_000, 0), recent(60, hit)], NOON) is not None) == opens


def test_few_events() -> None:
    """A handful of events has no share to speak of."""
    assert surge([recent(49, 49)], NOON) is None


@pytest.mark.parametrize(("hit", "opens"), [(50, False), (51, True)])
def test_new_rule(hit: int, opens: bool) -> None:
    """Without a history more than half is too much."""
    found = surge([usual(499, 0), recent(100, hit)], NOON)
    assert (found is not None) == opens
    assert found is None or found.usual == 0.5


def test_rule_for_nearly_all() -> None:
    """A rule that usually hits most of what comes may hit all of it, by chance."""
    assert surge([usual(10_000, 9_700), recent(100, 100)], NOON) is None
    assert surge([usual(10_000, 4_000), recent(1000, 1000)], NOON) is not None


def test_by_chance() -> None:
    """Five times a rare hit in a small number of events may be chance."""
    assert surge([usual(100_000, 500), recent(300, 26)], NOON) is not None
    assert surge([usual(1000, 60), recent(80, 25)], NOON) is not None
    assert surge([usual(1000, 60), recent(100, 25)], NOON) is None


def test_long_ago() -> None:
    """What was yesterday before this time does not count."""
    old = Minute(NOON - timedelta(days=1, minutes=10), 10_000, 0)
    assert surge([old, recent(100, 40)], NOON) is None


def test_ten_minutes() -> None:
    """Recent are ten minutes, what is older is the usual."""
    assert surge([Minute(at(-600), 100, 98)], NOON) is None
    assert surge([Minute(at(-599), 100, 98)], NOON) is not None


@given(
    st.lists(
        st.tuples(st.integers(-90_000, 100), st.integers(0, 10**6), st.integers(0, 10**6)),
        max_size=20,
    )
)
def test_never_raises(counted: list[tuple[int, int, int]]) -> None:
    """Whatever was counted, and the shares it tells are shares."""
    minutes = [Minute(at(when), judged, min(hit, judged)) for when, judged, hit in counted]
    found = surge(minutes, NOON)
    assert found is None or 0 <= found.usual < found.share <= 1
