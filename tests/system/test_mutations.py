"""The harness is checked in turn: a system that loses on purpose must not pass, and one that does
not must."""

import asyncio
import shutil
from pathlib import Path

import pytest

from tests.system.broken import MUTATIONS
from tests.system.chaos import Run, chaos
from tests.system.verdict import Verdict
from tests.system.world import world

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.xdist_group("stack"),
    pytest.mark.skipif(not (shutil.which("java") and shutil.which("mvn")), reason="needs a JDK"),
]

EVENTS = 4_000


async def flow(run: Run, events: int) -> None:
    """Return when so many more events were acknowledged."""
    before = run.ledger.acknowledged
    async with asyncio.timeout(60):
        while run.ledger.acknowledged < before + events:
            await asyncio.sleep(0.05)


async def harm(run: Run) -> None:
    """What each of the mutations cannot survive: Kafka dies with what it was sent and has not read
    yet, and the persisters die with what they have read and not stored yet."""
    cluster, persisters = run.world.cluster, run.world.persisters
    await flow(run, 1000)
    with run.ledger.fault("broker frozen, then killed", "kafka"):
        cluster.brokers[0].freeze()
        await asyncio.sleep(2.0)
        await cluster.kill(*cluster.brokers)
        await cluster.start(*cluster.brokers)
    await flow(run, 1000)
    with run.ledger.fault("persisters killed before a frozen Postgres", "persister"):
        run.world.postgres.freeze()
        await asyncio.sleep(2.0)
        await asyncio.gather(*(one.kill() for one in persisters))
        run.world.postgres.thaw()
        await asyncio.gather(*(one.start() for one in persisters))
    await flow(run, 1000)


async def nobody_watches(_: Run) -> None:
    """In place of a progress line."""


async def outcome(folder: Path, mutation: str | None) -> tuple[Run, Verdict]:
    """What the harness says of one small run."""
    async with world(folder, brokers=1, mutation=mutation) as running:
        return await chaos(
            running,
            harm,
            seed=1,
            rate=500,
            events=EVENTS,
            enough=asyncio.Event(),
            watch=nobody_watches,
        )


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Verdict]:
    """A run of the product as it is, which several tests look at."""
    return asyncio.run(outcome(tmp_path_factory.mktemp("sound"), None))


def test_nothing_is_lost(sound: tuple[Run, Verdict]) -> None:
    """The product as it is passes what none of the mutations do."""
    _, verdict = sound
    assert verdict.troubles() == []
    assert verdict.acknowledged >= EVENTS


def test_duplicates_are_counted_and_explained(sound: tuple[Run, Verdict]) -> None:
    """A broker that dies with unanswered batches has deliveries sent again: every copy in Kafka has
    the id and the bytes of the first, there are no more of them than tries, and Postgres has one
    row."""
    _, verdict = sound
    assert verdict.duplicates.by_topic.total() > 0
    assert verdict.duplicates.unexplained == []
    assert verdict.changed == []
    assert verdict.twice == []


def test_no_record_is_passed_by(sound: tuple[Run, Verdict]) -> None:
    """Every record below what a group has committed was handled or became a dead letter, and each
    that nobody can handle did become one."""
    run, verdict = sound
    assert run.poisoner.planted
    assert verdict.buried == len(run.poisoner.planted)
    assert verdict.passed_by == []
    assert verdict.unburied == []


@pytest.mark.parametrize("mutation", ["acknowledge-before-write", "append-after-send"])
async def test_lost_before_kafka(tmp_path: Path, mutation: str) -> None:
    """Events that were acknowledged and never got to Kafka are found to be missing, by id."""
    _, verdict = await outcome(tmp_path, mutation)
    assert verdict.missing["raw topics"]
    assert len(verdict.missing_ids) == len(verdict.lost)
    assert not verdict.clean


async def test_lost_behind_a_commit(tmp_path: Path) -> None:
    """Records that were committed before their effect, and then lost, are found."""
    _, verdict = await outcome(tmp_path, "commit-before-effect")
    assert verdict.missing["raw topics"] == []
    assert verdict.missing["Postgres"]
    assert verdict.passed_by
    assert not verdict.clean


async def test_poison_passed_by(tmp_path: Path) -> None:
    """Poison that is skipped instead of buried is found, although no event is missing."""
    _, verdict = await outcome(tmp_path, "pass-poison-by")
    assert verdict.missing_ids == []
    assert verdict.passed_by
    assert verdict.unburied
    assert not verdict.clean


def test_every_mutation_is_tried() -> None:
    """The list of mutations and the tests above name the same."""
    tried = {"acknowledge-before-write", "append-after-send", "commit-before-effect"}
    assert set(MUTATIONS) == tried | {"pass-poison-by"}
