"""Topics that were made while a broker was away."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from shared import topics
from shared.stream import admin
from tests.system.cluster import cluster


@pytest.mark.kafka
async def test_too_few_replicas(tmp_path: Path) -> None:
    """It is said when they are made, and whenever they are looked at later."""
    async with cluster(tmp_path, {}) as three:
        await three.stop(three.brokers[2])
        with capture_logs() as logs:
            await admin.apply(three.servers, [topics.COMMENTS])
        assert [(entry["event"], entry["replicas"]) for entry in logs] == [("few_brokers", 2)]
        await three.start(three.brokers[2])
        await three.until_met()
        (change,) = await admin.plan(three.servers, [topics.COMMENTS])
        assert (change.what, change.differs) == ("replicas", {"replicas": ("2", "3")})
