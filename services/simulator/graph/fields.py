"""Field selection: `id,media{id,owner},comments.limit(2){text}` picks from an object (platform
§6.4)."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from services.simulator.graph import errors
from services.simulator.graph.errors import Failure

_FIELD = re.compile(r"(?P<name>\w+)(?P<arguments>(?:\.\w+\([^()]*\))*)(?P<open>\{)?")
_ARGUMENT = re.compile(r"\.(\w+)\(([^()]*)\)")
_DEEPEST = 6
_DEFAULT_LIMIT = 25


@dataclass(frozen=True, slots=True)
class Field:
    """One selected field, with its arguments and what is selected inside it."""

    name: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    inside: tuple["Field", ...] = ()


@dataclass(frozen=True, slots=True)
class Node:
    """An object: `values` has every field it may have, None where this one has none.

    A value is plain, another Node, an Edge, or a Lookup that needs the field's arguments.
    `default` is what comes when no fields are asked for.
    """

    values: Mapping[str, Any]
    default: tuple[str, ...] = ("id",)


@dataclass(frozen=True, slots=True)
class Edge:
    """A list of objects, made only when it is asked for; `largest` is Meta's page limit."""

    nodes: Callable[[], Sequence[Node]]
    path: str
    largest: int = 100


Lookup = Callable[[Field], "Node | Failure"]
Address = Callable[[str, Mapping[str, str]], str]
"""The full URL of a path with parameters, for `paging.next`."""


@lru_cache(4096)  # callers ask the same few questions again and again
def parse(text: str) -> tuple[Field, ...] | None:
    """The fields that `text` selects; None if it cannot be read."""
    text = re.sub(r"\s", "", text)
    found, end = _parse(text, 0, 0)
    return found if end == len(text) else None


def _parse(text: str, at: int, depth: int) -> tuple[tuple[Field, ...], int]:
    found: list[Field] = []
    while depth < _DEEPEST and (match := _FIELD.match(text, at)):
        at = match.end()
        inside: tuple[Field, ...] = ()
        if match["open"]:
            inside, at = _parse(text, at, depth + 1)
            if at < 0 or text[at : at + 1] != "}":
                return (), -1
            at += 1
        found.append(Field(match["name"], dict(_ARGUMENT.findall(match["arguments"])), inside))
        if text[at : at + 1] != ",":
            return tuple(found), at
        at += 1
    return (), -1


def select(node: Node, wanted: Sequence[Field], address: Address) -> dict[str, Any] | Failure:
    """The wanted fields of `node`; `id` comes always, what it lacks is left out."""
    chosen = list(wanted) or [Field(name) for name in node.default]
    picked: dict[str, Any] = {}
    for each in chosen:
        if each.name not in node.values:
            return errors.no_field(each.name)
        value = _value(node.values[each.name], each, address)
        if isinstance(value, Failure):
            return value
        if value is not None:
            picked[each.name] = value
    if "id" in node.values:
        picked.setdefault("id", node.values["id"])
    return picked


def _value(value: Any, wanted: Field, address: Address) -> Any:  # noqa: ANN401 (JSON)
    if callable(value):
        value = value(wanted)
    if isinstance(value, Node):
        return select(value, wanted.inside, address)
    if isinstance(value, Edge):
        return page(value, wanted.inside, wanted.arguments, address)
    return value


def page(
    edge: Edge, wanted: Sequence[Field], params: Mapping[str, str], address: Address
) -> dict[str, Any] | Failure:
    """One page of an edge: `limit` objects `after` a cursor, and where the next page is."""
    nodes = list(edge.nodes())
    limit = params.get("limit", "")
    size = min(int(limit), edge.largest) if limit.isdecimal() else _DEFAULT_LIMIT
    start = _start(nodes, params.get("after", ""))
    part = nodes[start : start + size]
    data = []
    for node in part:
        found = select(node, wanted, address)
        if isinstance(found, Failure):
            return found
        data.append(found)
    if not part:
        return {"data": []}
    paging: dict[str, Any] = {"cursors": {"before": _cursor(part[0]), "after": _cursor(part[-1])}}
    if start + size < len(nodes):
        further = {**params, "limit": str(size), "after": _cursor(part[-1])}
        paging["next"] = address(edge.path, further)
    return {"data": data, "paging": paging}


def _start(nodes: Sequence[Node], after: str) -> int:
    """The place behind the cursor; one whose object is gone begins anew."""
    if not after:
        return 0
    try:
        id_ = urlsafe_b64decode(after.encode()).decode()
    except ValueError:
        return 0
    places = [at + 1 for at, node in enumerate(nodes) if node.values["id"] == id_]
    return places[0] if places else 0


def _cursor(node: Node) -> str:
    return urlsafe_b64encode(str(node.values["id"]).encode()).decode()
