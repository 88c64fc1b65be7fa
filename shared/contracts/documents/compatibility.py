"""The gate: whether what was released still holds for those who read it.

They may stay with the released schemas, so whatever is written from now on must be as those say; or
take the new ones, so what still lies in the topics must be as these say. Whether a schema takes
what another does is jsoncompat's to say; what it does not look at (times, defaults, topics) is
compared here.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from jsoncompat import check_compat

from shared import topics
from shared.contracts.documents import catalogue, schemas

Node = Mapping[str, Any]

ADVICE = (
    "Readers of what was released would break. Keep what there is and add an optional field beside "
    "it; or leave this version alone and publish the new shape as v2, on a topic of its own, and "
    "write both for one retention period."
)


def promises() -> dict[str, Any]:
    """All that readers rely on, as it is now."""
    return {
        "topics": {
            topic.name: {
                "key": topic.key,
                "partitions": topic.partitions,
                "retention_days": topic.retention.days,
            }
            for topic in topics.ALL
        },
        "events": {
            event.ce_type: {
                "topic": event.topic.name,
                "schema": schemas.name_of(event.value),
            }
            for event in catalogue.EVENTS
        },
        "schemas": schemas.published(),
    }


def breaks(released: Node, now: Node) -> list[str]:
    """Every way in which `now` would break a reader of what was `released`, one sentence each."""
    return [
        *_topics(released["topics"], now["topics"]),
        *_events(released["events"], now["events"]),
        *_schemas(released["schemas"], now["schemas"]),
    ]


def _topics(old: Node, new: Node) -> Iterator[str]:
    for name, was in old.items():
        if name not in new:
            yield f"topic {name} is gone"
            continue
        becomes = new[name]
        for fact in ("key", "partitions"):
            if was[fact] != becomes[fact]:
                yield f"topic {name}: {fact} was {was[fact]!r} and is {becomes[fact]!r}"
        kept, promised = becomes["retention_days"], was["retention_days"]
        if kept < promised:
            yield f"topic {name}: keeps {kept} days and promised {promised}"


def _events(old: Node, new: Node) -> Iterator[str]:
    for name, was in old.items():
        if name not in new:
            yield f"event {name} is gone"
        elif was != new[name]:
            yield f"event {name}: was {was} and is {new[name]}"


def _schemas(old: Node, new: Node) -> Iterator[str]:
    for name, was in old.items():
        if name not in new:
            yield f"schema {name} is gone"
            continue
        found = list(_fields(was, new[name], (was, new[name]), name))
        if not found and not _compatible(was, new[name], (was, new[name]), "serializer"):
            found = [f"{name}: takes values that it did not"]
        yield from found


def _fields(old: Node, new: Node, roots: tuple[Node, Node], path: str) -> Iterator[str]:
    """What breaks at `path` or below it, said of the innermost field."""
    old, new = _resolved(old, roots[0]), _resolved(new, roots[1])
    if "properties" in old and "properties" in new:
        yield from _objects(old, new, roots, path)
    elif "items" in old and "items" in new:
        yield from _fields(old["items"], new["items"], roots, f"{path}[]")
    elif old.get("format") != new.get("format") or not _compatible(old, new, roots, "both"):
        yield f"{path}: was {_shown(old)} and is {_shown(new)}"


def _objects(old: Node, new: Node, roots: tuple[Node, Node], path: str) -> Iterator[str]:
    always, was_always = set(new.get("required", ())), set(old.get("required", ()))
    for name in sorted(always - was_always):
        yield f"{path}.{name} must be there, and older records may lack it"
    for name, was in old["properties"].items():
        if name not in new["properties"]:
            yield f"{path}.{name} is gone"
            continue
        becomes = new["properties"][name]
        if name in was_always - always:
            yield f"{path}.{name} was always there and may be left out"
        elif name not in always and was.get("default") != becomes.get("default"):
            yield f"{path}.{name}: left out it meant {_default(was)} and means {_default(becomes)}"
        yield from _fields(was, becomes, roots, f"{path}.{name}")


def _resolved(node: Node, root: Node) -> Node:
    reference = node.get("$ref")
    return root["$defs"][reference.rpartition("/")[2]] if reference else node


def _compatible(
    old: Node, new: Node, roots: tuple[Node, Node], role: Literal["serializer", "both"]
) -> bool:
    """Whether `old` takes all that `new` does and, for `both`, the other way round."""
    return check_compat(_whole(old, roots[0]), _whole(new, roots[1]), role)


def _whole(node: Node, root: Node) -> str:
    # jsoncompat resolves no reference within a schema that has an id.
    alone = {key: value for key, value in node.items() if key != "$id"}
    return json.dumps(alone | {"$defs": root.get("$defs", {})})


def _default(node: Node) -> str:
    return json.dumps(node["default"]) if "default" in node else "not known"


def _shown(node: Node) -> str:
    return json.dumps({key: node[key] for key in node if key not in ("description", "default")})
