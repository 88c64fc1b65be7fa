"""What the harness expects of its own deliveries, held against the product's splitter."""

from datetime import UTC, datetime

from services.simulator.accounts import accounts
from shared.contracts.wire import raw_topic
from shared.meta.split import split
from tests.system.traffic import STRETCH, Traffic

TRAFFIC = Traffic(1, accounts(1, 6, apps=("chaos",)))


def test_expectations() -> None:
    """Every shape of every account gets the id, the topic and the bytes that are expected of it."""
    for first in range(0, 40 * STRETCH, STRETCH):
        events = split(TRAFFIC.body(first, STRETCH), "chaos", datetime.now(UTC))
        found = [(event.id, raw_topic(event.kind), bytes(event.item)) for event in events]
        wanted = [TRAFFIC.event(number) for number in range(first, first + STRETCH)]
        assert found == [(each.id, each.topic, each.item.encode()) for each in wanted]


def test_ids_are_unique() -> None:
    """No two events share an id, or a lost one could hide behind another."""
    ids = {TRAFFIC.event(number).id for number in range(50_000)}
    assert len(ids) == 50_000


def test_room() -> None:
    """A body that begins anywhere and takes all the room there is stays on one platform."""
    assert [TRAFFIC.room(number) for number in (0, 1, STRETCH - 1, STRETCH)] == [
        STRETCH,
        STRETCH - 1,
        1,
        STRETCH,
    ]
