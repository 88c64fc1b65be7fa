"""A rolling restart of everything, under load, on a real Kafka."""

from pathlib import Path

import pytest

from tests.system import report
from tests.system.rolling import KINDS, MEMBERS, roll

RETRIED_AT_ONCE = {"503", "unreachable"}
MEANWHILE = {"failed gone", "failed used", "failed refused"}
"""What Meta's no becomes to an answer to a comment that was taken back or hidden meanwhile."""


@pytest.mark.kafka
async def test_nobody_notices(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two of each service are replaced one by one: every delivery is answered 200, or as Meta tries
    again at once; every acknowledged event is in Postgres, and every action at Meta once."""
    rolled = await roll(tmp_path)
    with capsys.disabled():
        report.print_line(f"\n{rolled.line()}")
    assert (rolled.codes, rolled.falls) == ([0] * len(KINDS) * MEMBERS, [])
    assert set(rolled.answers) - RETRIED_AT_ONCE == {"200"}
    assert rolled.verdict.holds, rolled.verdict.lines()
    assert rolled.verdict.waiting == 0
    assert rolled.verdict.proof.sent > 100
    assert set(rolled.ends) <= MEANWHILE
    assert rolled.dead == 0
