"""The gate: every change that breaks a reader of what was released is named, no other is."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from shared.contracts.documents import published
from shared.contracts.documents.compatibility import breaks, promises

Promises = dict[str, Any]
Change = Callable[[Promises], object]

NOW = promises()


def at(path: str) -> Callable[[Promises], Any]:
    """What stands at a path, its steps divided by slashes."""

    def found(within: Any) -> Any:
        for step in path.split("/"):
            within = within[step]
        return within

    return found


RAW = at("schemas/raw-event.v1")
COMMENT = at("schemas/enriched-comment.v1")
PERSON = at("schemas/enriched-comment.v1/$defs/Person/properties")
MESSAGE = at("schemas/enriched-message.v1/$defs/Message/properties")
ACTION = at("schemas/action.v1")
OUTCOME = at("schemas/outcome.v1/properties")
HEADERS = at("schemas/headers.v1")
TOPIC = at("topics/parley.comments.enriched.v1")
DEAD = at("schemas/dead-letter-headers.v1")


def renamed(fields: dict[str, Any], old: str, new: str) -> object:
    """What stood under `old`, now under `new`."""
    fields[new] = fields.pop(old)
    return fields[new]


BREAKING: dict[str, tuple[Change, str]] = {
    "an optional field is dropped": (
        lambda now: MESSAGE(now).pop("text"),
        "enriched-message.v1.message.text is gone",
    ),
    "a field that is always there is dropped": (
        lambda now: (RAW(now)["properties"].pop("app"), RAW(now)["required"].remove("app")),
        "raw-event.v1.app is gone",
    ),
    "a field deep inside is dropped": (
        lambda now: PERSON(now).pop("username"),
        "enriched-comment.v1.comment.author.username is gone",
    ),
    "a field is renamed": (
        lambda now: renamed(MESSAGE(now), "mid", "message_id"),
        "enriched-message.v1.message.mid is gone",
    ),
    "what was always there may be left out": (
        lambda now: COMMENT(now)["required"].remove("own"),
        "enriched-comment.v1.own was always there and may be left out",
    ),
    "another type": (
        lambda now: MESSAGE(now)["mid"].update(type="integer"),
        'enriched-message.v1.message.mid: was {"type": "string"} and is {"type": "integer"}',
    ),
    "a wider type": (
        lambda now: OUTCOME(now)["attempt"].update(type="number"),
        'outcome.v1.attempt: was {"type": "integer"} and is {"type": "number"}',
    ),
    "null where there was none": (
        lambda now: MESSAGE(now).update(mid={"anyOf": [{"type": "string"}, {"type": "null"}]}),
        "enriched-message.v1.message.mid: was",
    ),
    "one becomes many": (
        lambda now: MESSAGE(now).update(
            reaction={"type": "array", "items": {"$ref": "#/$defs/Reaction"}}
        ),
        "enriched-message.v1.message.reaction: was",
    ),
    "items of another type": (
        lambda now: MESSAGE(now)["delivered_mids"]["items"].update(type="integer"),
        "enriched-message.v1.message.delivered_mids[]: was",
    ),
    "a field within items is dropped": (
        lambda now: at("schemas/enriched-message.v1/$defs/Attachment/properties")(now).pop("url"),
        "enriched-message.v1.message.attachments[].url is gone",
    ),
    "a closed set grows": (
        lambda now: OUTCOME(now)["state"]["enum"].append("lost"),
        "outcome.v1.state: was",
    ),
    "a closed set is opened": (
        lambda now: OUTCOME(now).update(state={"type": "string"}),
        "outcome.v1.state: was",
    ),
    "a time is written otherwise": (
        lambda now: OUTCOME(now)["at"].update(format="date"),
        "outcome.v1.at: was",
    ),
    "a time is no longer said to be one": (
        lambda now: OUTCOME(now)["at"].pop("format"),
        "outcome.v1.at: was",
    ),
    "another default": (
        lambda now: RAW(now)["properties"]["origin"].update(default="poll"),
        'raw-event.v1.origin: left out it meant "webhook" and means "poll"',
    ),
    "a default where there was none": (
        lambda now: MESSAGE(now)["text"].update(default=""),
        'enriched-message.v1.message.text: left out it meant not known and means ""',
    ),
    "a schema is dropped": (
        lambda now: now["schemas"].pop("action.v1"),
        "schema action.v1 is gone",
    ),
    "a header is dropped": (
        lambda now: HEADERS(now)["properties"].pop("traceparent"),
        "headers.v1.traceparent is gone",
    ),
    "a header says something else": (
        lambda now: HEADERS(now)["properties"]["content-type"].update(const="application/cbor"),
        "headers.v1.content-type: was",
    ),
    "a header of dead letters may be missing": (
        lambda now: DEAD(now)["required"].remove("parley-dlq-reason"),
        "dead-letter-headers.v1.parley-dlq-reason was always there and may be left out",
    ),
    "a type of event is dropped": (
        lambda now: now["events"].pop("parley.comment.enriched.v1"),
        "event parley.comment.enriched.v1 is gone",
    ),
    "a type of event moves to another topic": (
        lambda now: now["events"]["parley.read.received.v1"].update(topic="parley.other.v1"),
        "event parley.read.received.v1: was",
    ),
    "a topic is dropped": (
        lambda now: now["topics"].pop("parley.other.v1"),
        "topic parley.other.v1 is gone",
    ),
    "another key": (
        lambda now: TOPIC(now).update(key="account"),
        "topic parley.comments.enriched.v1: key was 'account + root comment' and is 'account'",
    ),
    "more partitions": (
        lambda now: TOPIC(now).update(partitions=24),
        "topic parley.comments.enriched.v1: partitions was 12 and is 24",
    ),
    "a shorter retention": (
        lambda now: TOPIC(now).update(retention_days=7),
        "topic parley.comments.enriched.v1: keeps 7 days and promised 14",
    ),
    "a field that must be there": (
        lambda now: (
            ACTION(now)["properties"].update(asked_by={"type": "string"}),
            ACTION(now)["required"].append("asked_by"),
        ),
        "action.v1.asked_by must be there, and older records may lack it",
    ),
    "what was optional must be there": (
        lambda now: ACTION(now)["required"].append("tag"),
        "action.v1.tag must be there, and older records may lack it",
    ),
    "what had a default must be there": (
        lambda now: (
            ACTION(now)["required"].append("live"),
            ACTION(now)["properties"]["live"].pop("default"),
        ),
        "action.v1.live must be there, and older records may lack it",
    ),
    "a closed set shrinks": (
        lambda now: OUTCOME(now)["state"]["enum"].remove("skipped"),
        "outcome.v1.state: was",
    ),
    "an open set becomes closed": (
        lambda now: ACTION(now)["properties"].update(kind={"enum": ["hide", "reply"]}),
        "action.v1.kind: was",
    ),
    "an object becomes anything": (
        lambda now: MESSAGE(now).update(reaction={}),
        "enriched-message.v1.message.reaction: was",
    ),
}
HARMLESS: dict[str, Change] = {
    "nothing": lambda now: now,
    "an optional field": lambda now: MESSAGE(now).update(language={"type": "string"}),
    "an optional field with a default": lambda now: RAW(now)["properties"].update(
        urgent={"type": "boolean", "default": False}
    ),
    "an optional field of a new type": lambda now: (
        MESSAGE(now).update(place={"$ref": "#/$defs/Place"}),
        at("schemas/enriched-message.v1/$defs")(now).update(Place={"type": "object"}),
    ),
    "a type called otherwise": lambda now: (
        renamed(at("schemas/enriched-message.v1/$defs")(now), "Reaction", "Emotion"),
        MESSAGE(now)["reaction"].update({"$ref": "#/$defs/Emotion"}),
    ),
    "an open set grows": lambda now: ACTION(now)["properties"]["kind"]["x-extensible-enum"].append(
        "pin"
    ),
    "another description": lambda now: MESSAGE(now)["mid"].update(description="Its name."),
    "another order": lambda now: RAW(now)["required"].reverse(),
    "a new type of event": lambda now: now["events"].update(
        {"parley.like.received.v1": now["events"]["parley.read.received.v1"]}
    ),
    "a new topic": lambda now: now["topics"].update({"parley.comments.v2": TOPIC(now)}),
    "a new schema": lambda now: now["schemas"].update({"action.v2": ACTION(now)}),
    "a new header": lambda now: HEADERS(now)["properties"].update(ce_sequence={"type": "string"}),
    "a longer retention": lambda now: TOPIC(now).update(retention_days=30),
}


def changed(change: Change) -> Promises:
    """The promises as they are, with one change."""
    now = copy.deepcopy(NOW)
    change(now)
    return now


@pytest.mark.parametrize("name", BREAKING)
def test_breaking(name: str) -> None:
    """A change that breaks a reader is found, and said of the field that it breaks."""
    change, sentence = BREAKING[name]
    found = breaks(NOW, changed(change))
    assert any(each.startswith(sentence) for each in found), found


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless(name: str) -> None:
    """A change that no reader notices passes."""
    assert breaks(NOW, changed(HARMLESS[name])) == []


def test_kept() -> None:
    """What was released is kept."""
    assert (published.FOLDER / "released.json").exists()
    assert published.broken() == []
