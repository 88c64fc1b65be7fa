"""The table of topics against what the services do: neither may know of a topic that the other
doesn't."""

import re
from pathlib import Path

import pytest

from services.enricher.normalise import normalise
from services.moderator.works import take
from services.persister.events import decode
from shared import topics
from shared.contracts.raw import KINDS
from shared.contracts.records import Record
from shared.contracts.wire import enriched_record, raw_topic
from shared.errors import Poison
from shared.topics import Topic
from tests.enricher import US, change, messaging

SERVICES = Path(__file__).parents[2] / "services"


def test_receiver_writes() -> None:
    """Whatever kind an event is of, the receiver may write where it goes."""
    assert {raw_topic(kind) for kind in KINDS} == set(topics.written_by("receiver"))


def test_enricher_writes() -> None:
    """Typed events go where the enricher may write, and so do its dead letters."""
    events = (
        change("comments", {"id": "1"}),
        change("mentions", {"media_id": "1"}),
        messaging({"message": {"mid": "m"}}),
    )
    written = {enriched_record(normalise(event, US), b"").topic for event in events}
    may = {topic.name for topic in topics.written_by("enricher")}
    assert written | {topics.DEAD_ENRICHER.name} == may


@pytest.mark.parametrize("topic", topics.ALL, ids=lambda topic: topic.name)
def test_persister_reads(topic: Topic) -> None:
    """The persister knows the topics that it may read, and no others."""
    with pytest.raises(Poison) as raised:
        decode(Record(topic.name, 0, 0, 0, None, b"", []))
    unknown = raised.value.reason == "unknown_topic"
    assert unknown == (topic not in topics.read_by("persister"))


@pytest.mark.parametrize("topic", topics.ALL, ids=lambda topic: topic.name)
def test_moderator_reads(topic: Topic) -> None:
    """The moderator knows the topics that it may read, and no others."""
    with pytest.raises(Poison) as raised:
        take(Record(topic.name, 0, 0, 0, None, b"", []))
    unknown = raised.value.reason == "unknown_topic"
    assert unknown == (topic not in topics.read_by("moderator"))


@pytest.mark.parametrize(
    "service", ["receiver", "enricher", "moderator", "executor", "persister", "simulator"]
)
def test_only_its_own(service: str) -> None:
    """A service names no topic that it may not open."""
    may = {*topics.read_by(service), *topics.written_by(service)}
    source = "".join(path.read_text() for path in (SERVICES / service).rglob("*.py"))
    named = {getattr(topics, word) for word in re.findall(r"\btopics\.([A-Z_]+)\b", source)}
    assert {each for each in named if isinstance(each, Topic)} <= may


def test_services_exist() -> None:
    """Who is said to write and read is there to do it."""
    named = {service for topic in topics.ALL for service in topic.writers | topic.readers}
    assert named <= {path.name for path in SERVICES.iterdir() if path.is_dir()}
