"""The AsyncAPI document: valid, complete, and true to the table of topics."""

import copy
import json
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from shared import topics
from shared.contracts.documents import asyncapi, catalogue, published
from shared.topics import Topic

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # two of its fields are called `schema`, which pydantic has too
    from asyncapi3 import AsyncAPI3

Document = dict[str, Any]

DOCUMENT = asyncapi.document(published.examples())
KAFKA = {channel["address"]: channel for channel in DOCUMENT["channels"].values()}


def referred(node: Any) -> Iterator[str]:
    """Every reference within `node`, the examples left out: they are people's data."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for name, inner in node.items():
            if name != "examples":
                yield from referred(inner)
    if isinstance(node, list):
        for inner in node:
            yield from referred(inner)


def stands(reference: str) -> bool:
    """Whether there is something in the document where `reference` points."""
    found: Any = DOCUMENT
    for step in reference.removeprefix("#/").split("/"):
        found = found.get(step) if isinstance(found, dict) else None
    return found is not None


def operations(topic: Topic, action: str) -> set[str]:
    """Who does `action` with `topic`, as the document says."""
    return {
        name.partition("-")[0]
        for name, operation in DOCUMENT["operations"].items()
        if operation["action"] == action
        and operation["channel"]["$ref"].endswith("/" + topic.name.replace(".", "-"))
    }


def test_valid() -> None:
    """It is an AsyncAPI 3 document with Kafka bindings."""
    AsyncAPI3.model_validate(DOCUMENT)


def _first(document: Document, part: str) -> Any:
    return next(iter(document[part].values()))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda document: document.pop("info"),
        lambda document: _first(document, "operations").update(action="publish"),
        lambda document: _first(document, "channels").update(topic="t"),
        lambda document: _first(document, "channels")["bindings"]["kafka"].update(partitions="x"),
        lambda document: _first(document["components"], "messages").update(body={}),
    ],
)
def test_validated(spoil: Callable[[Document], object]) -> None:
    """What is no AsyncAPI 3 is not taken for it."""
    spoilt = copy.deepcopy(DOCUMENT)
    spoil(spoilt)
    with pytest.raises(ValueError, match="validation error"):
        AsyncAPI3.model_validate(spoilt)


def test_references() -> None:
    """Everything that is referred to is there, and everything that is there is referred to."""
    references = {*referred(DOCUMENT)}
    assert {each for each in references if not stands(each)} == set()
    components = {
        f"#/components/{part}/{name}"
        for part, found in DOCUMENT["components"].items()
        for name in found
    }
    assert components - references == set()


@pytest.mark.parametrize("topic", topics.ALL, ids=lambda topic: topic.name)
def test_topic(topic: Topic) -> None:
    """A channel says of its topic what the table says, and so do the operations."""
    channel = KAFKA[topic.name]
    kafka = channel["bindings"]["kafka"]
    settings = {name: str(value) for name, value in kafka["topicConfiguration"].items()}
    assert (channel["description"], channel["x-parley-key"]) == (topic.holds, topic.key)
    assert (kafka["topic"], kafka["partitions"]) == (topic.name, topic.partitions)
    assert settings == topic.settings() | {"cleanup.policy": "['delete']"}
    assert operations(topic, "send") == topic.writers
    assert operations(topic, "receive") == topic.readers
    named = {reference["$ref"].rpartition("/")[2] for reference in channel["messages"].values()}
    carried = {event.ce_type.replace(".", "-") for event in catalogue.on(topic)}
    assert named == (carried or {"dead-letter"})


@pytest.mark.parametrize("message", DOCUMENT["components"]["messages"].values())
def test_message(message: Document) -> None:
    """A message shows its golden example, and says by which header it is known."""
    golden = json.loads((published.EXAMPLES / f"{message['name']}.json").read_text())
    shown = {"headers": golden["headers"], "payload": golden["value"]}
    assert message["examples"] == [shown]
    if message["name"] != "dead-letter":
        (_, typed) = message["headers"]["allOf"]
        assert typed["properties"]["ce_type"]["const"] == golden["headers"]["ce_type"]
