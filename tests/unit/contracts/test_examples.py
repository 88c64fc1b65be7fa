"""The golden examples: made by our own code, true to the schemas, readable by the contracts."""

import json
from datetime import datetime
from typing import Any

import jsonschema
import msgspec
import pytest
from jsonschema import Draft202012Validator, FormatChecker

from shared import topics
from shared.contracts import wire
from shared.contracts.actions import Action, Outcome
from shared.contracts.dead import original_headers, read_letter
from shared.contracts.documents import catalogue, published, schemas
from shared.contracts.erasure import Erasure
from shared.contracts.raw import RawEvent
from shared.contracts.records import Outgoing, Record
from tests.enriching import TRACE
from tests.examples import made, shown

GOLDEN = published.examples()
EVENTS = {event.ce_type: event for event in catalogue.EVENTS}
SCHEMAS = schemas.published()

FORMATS = FormatChecker(())


@FORMATS.checks("date-time", raises=ValueError)
def _is_time(text: object) -> bool:
    return not isinstance(text, str) or datetime.fromisoformat(text).tzinfo is not None


def valid(schema: str, value: object) -> bool:
    """Whether `value` is what the schema of that name says."""
    return Draft202012Validator(SCHEMAS[schema], format_checker=FORMATS).is_valid(value)


def record(name: str) -> Record:
    """An example as it would be read from Kafka."""
    golden = GOLDEN[name]
    sent = [(header, value.encode()) for header, value in golden["headers"].items()]
    value = json.dumps(golden["value"], ensure_ascii=False).encode()
    return Record(golden["topic"], 0, 0, 0, golden["key"].encode(), value, sent)


def sent_again(found: Any) -> Outgoing:
    """`found` as whoever writes such events writes it."""
    if isinstance(found, RawEvent):
        return wire.raw_record(found, TRACE)
    if isinstance(found, Action):
        return wire.action_record(found, TRACE)
    if isinstance(found, Outcome):
        return wire.outcome_record(found, TRACE)
    if isinstance(found, Erasure):
        return wire.erasure_record(found, TRACE)
    return wire.enriched_record(found, TRACE)


def test_complete() -> None:
    """Every type of event has an example, and so have dead letters."""
    assert {*GOLDEN} == {*EVENTS, "dead-letter"}


def test_every_topic() -> None:
    """Whatever a topic carries is in the catalogue."""
    assert {topic for topic in topics.ALL if not catalogue.on(topic)} == {*topics.DEAD}


async def test_made() -> None:
    """The examples are what our code makes of the deliveries today: else `make schemas`."""
    files = {path.stem: path.read_text() for path in published.EXAMPLES.iterdir()}
    assert files == await made()


@pytest.mark.parametrize("name", EVENTS)
def test_valid(name: str) -> None:
    """Value and headers are what the schemas say."""
    golden = GOLDEN[name]
    jsonschema.validate(
        golden["value"],
        SCHEMAS[schemas.name_of(EVENTS[name].value)],
        Draft202012Validator,
        format_checker=FORMATS,
    )
    assert valid("headers.v1", golden["headers"])
    assert golden["headers"]["ce_type"] == name
    assert golden["topic"] == EVENTS[name].topic.name


@pytest.mark.parametrize("name", EVENTS)
def test_decoded(name: str) -> None:
    """The contracts read an example, and what they read is written as the same record."""
    event, read = EVENTS[name], record(name)
    decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(event.value)
    again = sent_again(wire.decode(read, decoder))
    assert json.loads(shown(again)) == GOLDEN[name]


@pytest.mark.parametrize("name", EVENTS)
def test_required(name: str) -> None:
    """A value without one of the fields that are always there is none of that schema."""
    schema = schemas.name_of(EVENTS[name].value)
    value = GOLDEN[name]["value"]
    for required in SCHEMAS[schema]["required"]:
        assert not valid(schema, {key: value[key] for key in value if key != required})


def test_headers_described() -> None:
    """Records have exactly the headers that are described, in every example."""
    described = set(SCHEMAS["headers.v1"]["properties"])
    assert all(set(GOLDEN[name]["headers"]) == described for name in EVENTS)
    assert not valid("headers.v1", GOLDEN["dead-letter"]["headers"] | {"ce_id": ""})


def test_dead_letter() -> None:
    """A dead letter is the record it was, and its further headers are the described ones."""
    read = record("dead-letter")
    was = record("parley.comment.received.v1")
    assert (read.key, read.value, original_headers(read)) == (was.key, was.value, was.headers)
    letter = read_letter(read)
    assert letter is not None
    assert letter.topic == was.topic
    assert valid("dead-letter-headers.v1", GOLDEN["dead-letter"]["headers"])
    assert not valid("dead-letter-headers.v1", GOLDEN["parley.comment.received.v1"]["headers"])
    added = {*GOLDEN["dead-letter"]["headers"]} - {*SCHEMAS["headers.v1"]["properties"]}
    assert added == {*SCHEMAS["dead-letter-headers.v1"]["properties"]}
