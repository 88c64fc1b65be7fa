"""The short run of the exactly-once proof, and that the proof can fail."""

from pathlib import Path

import pytest

from tests.system.broken import ACTING
from tests.system.performance import Row, Script, perform
from tests.system.stage import Cast

pytestmark = pytest.mark.xdist_group("stack")


async def test_exactly_once(tmp_path: Path) -> None:
    """Killed twice each, moderator and executor do what is wanted once, and nothing else, however
    Meta answers."""
    row = await perform(tmp_path, Cast(seed=7), Script(effects=300, kills=2, rate=40.0))
    found = row.tally
    assert (found.missing, found.duplicates) == ((), ())
    assert (found.unwanted, found.orphans) == ((), ())
    assert (row.open, row.unknown, row.unkept) == (0, 0, 0)
    assert row.unsure > 10
    assert row.tally.wanted == row.tally.done >= 300


async def broken(folder: Path, mutation: str, service: str) -> Row:
    """A small run in which one of the services is broken on purpose."""
    cast = Cast(seed=7, accounts=3, mutation=mutation, broken=service)
    script = Script(effects=100, kills=0, rate=50.0, rest_seconds=20.0)
    return await perform(folder, cast, script)


async def test_blind_retries_are_found(tmp_path: Path) -> None:
    """An executor that does again what may have been done does some of it twice."""
    row = await broken(tmp_path, "retry-blindly", "executor")
    assert row.tally.duplicates
    assert not row.clean


async def test_talking_to_oneself_is_found(tmp_path: Path) -> None:
    """A moderator that takes its own words for those of others is found to act unasked."""
    row = await broken(tmp_path, "answer-itself", "moderator")
    assert row.tally.unwanted
    assert not row.clean


def test_every_mutation_is_tried() -> None:
    """The list of mutations and the tests above name the same."""
    assert set(ACTING) == {"retry-blindly", "answer-itself"}
