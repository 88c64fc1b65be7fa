"""A taste of the fuzzing (make fuzz): the same few thousand inputs at each run."""

from random import Random

import pytest

from tests.system.fuzz import by_hypothesis
from tests.system.fuzz_shapes import mutated, parsed, seeds
from tests.system.fuzz_targets import TARGETS


@pytest.mark.parametrize("name", TARGETS)
def test_holds(name: str) -> None:
    """What must hold for any input does for these."""
    by_hypothesis(TARGETS[name], 1500)


@pytest.mark.parametrize("name", ["splitter", "enricher"])
def test_holds_for_shapes(name: str) -> None:
    """And for deliveries changed again and again, far from where they began."""
    random = Random(4)
    body = b""
    for _ in range(2000):
        body = mutated(body or random.choice(seeds()), random)
        TARGETS[name](body)
        if len(body) > 5000 or parsed(body) is None:
            body = b""


def test_notices() -> None:
    """A target that can fail is seen to."""

    def no_braces(body: bytes) -> None:
        assert b"{}" not in body

    with pytest.raises(AssertionError):
        by_hypothesis(no_braces, 1500)
