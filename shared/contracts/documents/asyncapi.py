"""The topics as an AsyncAPI 3 document: channels, what they carry, who sends and who receives."""

from collections.abc import Mapping
from typing import Any

from shared import topics
from shared.contracts.documents import catalogue, headers, schemas
from shared.contracts.documents.catalogue import Event
from shared.topics import Topic

Document = dict[str, Any]

_BINDING = {"bindingVersion": "0.5.0"}
_DEAD = "dead-letter"

_INTRODUCTION = """\
What people say to a business on Instagram and its Facebook Page, as events.

Every value is plain JSON, and CloudEvents attributes are headers (binary mode). Choose by the \
header `ce_type` and skip types that you don't know; ignore fields that you don't know. A field \
that is not known is left out, and so is one that has its default. Ids are strings, times are \
RFC 3339 in UTC.

Delivery is at least once: the same event may come again, always under the same `ce_id`, so keep \
the ids you have handled, in the same transaction as what you did.

Order holds among records of one key. Keys are partitioned with murmur2, as the Java client does; \
with librdkafka set `partitioner=murmur2_random` to be in step. The key and the number of \
partitions are part of the contract.

Optional fields and new types of events are added without notice, and with these the sets that are \
marked `x-extensible-enum` grow. Anything that would break a \
reader comes as a new topic `….v2`, and both are written for one retention period."""


def document(examples: Mapping[str, Mapping[str, Any]]) -> Document:
    """The whole document; `examples` are the golden ones by `ce_type`."""
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Parley", "version": "1", "description": _INTRODUCTION},
        "defaultContentType": "application/json",
        "servers": {"kafka": _server()},
        "channels": {_id(topic.name): _channel(topic) for topic in topics.ALL},
        "operations": {
            f"{service}-{action}-{_id(topic.name)}": _operation(service, action, topic)
            for topic in topics.ALL
            for action, services in (("send", topic.writers), ("receive", topic.readers))
            for service in sorted(services)
        },
        "components": {
            "messages": {
                _id(event.ce_type): _message(event, examples) for event in catalogue.EVENTS
            }
            | {_DEAD: _dead_letter(examples)},
            "schemas": _schemas(),
        },
    }


def _id(name: str) -> str:
    return name.replace(".", "-")


def _server() -> Document:
    variables = {"bootstrap": {"default": "localhost:9092", "description": "Where your Kafka is."}}
    return {"host": "{bootstrap}", "protocol": "kafka", "variables": variables}


def _channel(topic: Topic) -> Document:
    carried = [_id(event.ce_type) for event in catalogue.on(topic)] or [_DEAD]
    settings = topic.settings()
    configuration = {
        "cleanup.policy": settings["cleanup.policy"].split(","),
        "retention.ms": int(settings["retention.ms"]),
        "max.message.bytes": int(settings["max.message.bytes"]),
    }
    kafka = {
        "topic": topic.name,
        "partitions": topic.partitions,
        "topicConfiguration": configuration,
        **_BINDING,
    }
    return {
        "address": topic.name,
        "description": topic.holds,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in carried},
        "bindings": {"kafka": kafka},
        "x-parley-key": topic.key,
    }


def _operation(service: str, action: str, topic: Topic) -> Document:
    operation: Document = {"action": action, "channel": {"$ref": f"#/channels/{_id(topic.name)}"}}
    if action == "receive":
        group = {"type": "string", "enum": [service]}
        operation["bindings"] = {"kafka": {"groupId": group, **_BINDING}}
    return operation


def _message(event: Event, examples: Mapping[str, Mapping[str, Any]]) -> Document:
    typed = {"properties": {"ce_type": {"const": event.ce_type}}}
    return {
        "name": event.ce_type,
        "headers": {"allOf": [{"$ref": "#/components/schemas/Headers"}, typed]},
        "payload": {"$ref": f"#/components/schemas/{event.value.__name__}"},
        "bindings": {"kafka": {"key": _key("`account:thread`, in UTF-8."), **_BINDING}},
        "examples": _examples(examples, event.ce_type),
    }


def _dead_letter(examples: Mapping[str, Mapping[str, Any]]) -> Document:
    return {
        "name": _DEAD,
        "summary": "A record that could not be handled, as it was.",
        "headers": {"$ref": "#/components/schemas/DeadLetterHeaders"},
        "payload": {"description": "The record's value as it was, be it what it may."},
        "bindings": {"kafka": {"key": _key("The record's own key."), **_BINDING}},
        "examples": _examples(examples, _DEAD),
    }


def _key(description: str) -> Document:
    return {"type": "string", "description": description}


def _examples(golden: Mapping[str, Mapping[str, Any]], name: str) -> list[Document]:
    found = [golden[name]] if name in golden else []
    return [{"headers": each["headers"], "payload": each["value"]} for each in found]


def _schemas() -> Document:
    values = schemas.components(catalogue.VALUES, "#/components/schemas/{name}")
    return values | {str(schema["title"]): schema for schema in headers.SCHEMAS.values()}
