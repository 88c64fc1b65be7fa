"""The simulator's Graph side, and a client that writes to it."""

from collections.abc import AsyncIterator

import pytest

from services.simulator.accounts import Account
from tests.acting import Stage, stage
from tests.graph import clock, open_graph
from tests.unit.simulator.conftest import Meta, build, meta

__all__ = ["account", "acting", "build", "clock", "meta", "open_graph"]


@pytest.fixture
async def acting(meta: Meta) -> AsyncIterator[Stage]:
    """Everything there is to act upon."""
    async with stage(meta) as opened:
        yield opened


@pytest.fixture(params=["instagram", "facebook", "page"])
def account(request: pytest.FixtureRequest, meta: Meta) -> Account:
    """An account of each family: Instagram by both logins, a Page."""
    found: Account = getattr(meta, request.param)
    return found
