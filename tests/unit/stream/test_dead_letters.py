"""When there is too much poison."""

from hypothesis import given
from hypothesis import strategies as st

from shared.stream.dead_letters import PoisonLimit


@given(st.lists(st.booleans(), max_size=200))
def test_limit(poisoned: list[bool]) -> None:
    """It is too much when so many of the last so many records were poison, and only then."""
    limit = PoisonLimit(most=3, among=10)
    for number, poison in enumerate(poisoned):
        recent = poisoned[max(0, number - 9) : number + 1]
        if poison:
            assert limit.buried(1) == (sum(recent) >= 3)
        else:
            limit.settled(1)
