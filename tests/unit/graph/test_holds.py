"""Who waits, and for how long."""

from shared.graph.holds import Holds
from tests.graph import Clock


def test_longest_hold_counts(clock: Clock) -> None:
    """A shorter hold does not end a longer one."""
    holds = Holds(clock)
    holds.hold(("a",), 60, "throttled")
    holds.hold(("a",), 5, "slow")
    clock.now += 30
    assert holds.first([("b",), ("a",)]) == ("throttled", 30)
    assert holds.count("throttled") == 1
    clock.now += 31
    assert holds.count("throttled") == 0
    assert holds.first([("a",)]) is None
