"""The short run of the exactly-once proof, and that the proof can fail."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.system.broken import ACTING
from tests.system.performance import Row, Script, perform
from tests.system.stage import Cast
from tests.system.upsets import MISHAPS, Faults

pytestmark = pytest.mark.xdist_group("once")  # they mostly wait: beside the others


BRIEFLY: Faults = tuple({**fault, "seconds": 45.0} for fault in MISHAPS)
"""What is undone in the end shall not take another round of reading back."""


async def test_exactly_once(tmp_path: Path) -> None:
    """Killed twice each, moderator and executor do what is wanted once, and nothing else, however
    Meta answers."""
    script = Script(effects=300, kills=2, rate=40.0, faults=BRIEFLY)
    row = await perform(tmp_path, Cast(seed=7), script)
    found = row.tally
    assert (found.missing, found.duplicates) == ((), ())
    assert (found.unwanted, found.orphans) == ((), ())
    assert (row.open, row.unknown, row.unkept) == (0, 0, ())
    assert row.unsure > 10
    assert found.wanted == found.done > 250


async def broken(folder: Path, mutation: str, service: str, *faults: Mapping[str, Any]) -> Row:
    """A small run in which one of the services is broken on purpose."""
    cast = Cast(seed=7, accounts=3, mutation=mutation, broken=service)
    script = Script(effects=60, kills=0, rate=50.0, faults=faults, rest_seconds=10.0)
    return await perform(folder, cast, script)


async def test_blind_retries_are_found(tmp_path: Path) -> None:
    """An executor that does again what may have been done does some of it twice."""
    fault = {"probability": 0.3, "after_write": True, "answer": "drop", "method": "POST"}
    row = await broken(tmp_path, "retry-blindly", "executor", fault)
    assert row.tally.duplicates
    assert not row.clean


async def test_blind_faith_is_found(tmp_path: Path) -> None:
    """An executor that takes for done what may have been done leaves some of it out."""
    fault = {"probability": 0.3, "answer": "drop", "method": "POST"}
    row = await broken(tmp_path, "take-for-done", "executor", fault)
    assert row.tally.missing
    assert not row.clean


async def test_talking_to_oneself_is_found(tmp_path: Path) -> None:
    """A moderator that takes its own words for those of others is found to act unasked."""
    row = await broken(tmp_path, "answer-itself", "moderator")
    assert row.tally.unwanted
    assert not row.clean


def test_every_mutation_is_tried() -> None:
    """The list of mutations and the tests above name the same."""
    assert set(ACTING) == {"retry-blindly", "take-for-done", "answer-itself"}
