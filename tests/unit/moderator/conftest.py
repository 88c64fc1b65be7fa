"""Fixtures for tests of the moderator's shell."""

from collections.abc import AsyncIterator

import pytest

from shared.postgres.pool import Pool
from shared.stream.memory import MemoryBroker
from tests.moderating import Desk


@pytest.fixture
async def desk(pool: Pool) -> AsyncIterator[Desk]:
    """Moderators and what they write to."""
    broker = MemoryBroker()
    async with broker.writer() as writer:
        yield Desk(pool, writer, broker)
