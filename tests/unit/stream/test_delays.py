"""How long to wait, and for how long to go on."""

import itertools

import pytest

from shared.errors import Transient
from shared.stream.delays import Patience, delays


def test_delays() -> None:
    """Waits double up to a limit, and no two who wait do so equally long."""
    waits = list(itertools.islice(delays(1.0, 8.0), 6))
    assert all(
        most / 2 <= wait <= most for wait, most in zip(waits, [1, 2, 4, 8, 8, 8], strict=True)
    )
    assert waits != list(itertools.islice(delays(1.0, 8.0), 6))


def test_no_patience() -> None:
    """Without patience the first failure is the last."""
    with pytest.raises(Transient, match="broken"):
        Patience(0.0).wait_after(Transient("broken"))


def test_renewed() -> None:
    """Success makes the waits short again."""
    patience = Patience(60.0)
    long = [patience.wait_after(Transient("broken")) for _ in range(5)][-1]
    patience.renew()
    assert patience.wait_after(Transient("broken")) < long
