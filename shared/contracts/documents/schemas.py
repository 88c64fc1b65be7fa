"""The contracts as JSON Schemas: what msgspec knows of the types, and what their docstrings say."""

import inspect
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, get_args

import msgspec
from msgspec import Struct

from shared.contracts.actions import ACTION_KINDS
from shared.contracts.documents import headers
from shared.contracts.documents.catalogue import VALUES
from shared.contracts.raw import KINDS

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
VERSION = 1
"""The major version of all values so far, which is that of their topics."""

_OPEN = (sorted(KINDS), sorted(ACTION_KINDS))
"""Sets that grow without a new version: each value comes with a `ce_type` of its own, and readers
skip types they don't know."""

_SOURCES = re.compile(r"\s*\((?:design|libraries|pitfalls|platform)\b[^()]*\)")
_SENTENCES = re.compile(r"(?<=[.:;])\s+(?=`)|(?<=\.)\s+")


def name_of(value: type[Struct]) -> str:
    """How the schema of `value` is called: `enriched-comment.v1`."""
    return f"{re.sub(r'(?<!^)(?=[A-Z])', '-', value.__name__).lower()}.v{VERSION}"


def published() -> dict[str, Schema]:
    """All schemas by name: one for each kind of value, and those of the headers."""
    values = {name_of(value): _standalone(value) for value in VALUES}
    return values | {
        name: {"$schema": DIALECT, "$id": _id(name), **schema}
        for name, schema in headers.SCHEMAS.items()
    }


def components(values: Sequence[type[Struct]], ref_template: str) -> dict[str, Schema]:
    """The schemas of `values` and of all types within them, by type."""
    _, made = msgspec.json.schema_components(values, ref_template=ref_template)
    found: dict[str, Schema] = msgspec.json.decode(msgspec.json.encode(made))  # defaults as JSON
    for struct in dict.fromkeys(_structs(values)):
        _refine(found[struct.__name__], struct)
    return found


def _standalone(value: type[Struct]) -> Schema:
    found = components([value], "#/$defs/{name}")
    own = found.pop(value.__name__)
    schema = {"$schema": DIALECT, "$id": _id(name_of(value)), **own}
    return schema | ({"$defs": found} if found else {})


def _id(name: str) -> str:
    return f"urn:parley:schema:{name}"


def _structs(types: Iterable[object]) -> Iterator[type[Struct]]:
    for each in types:
        if isinstance(each, type) and issubclass(each, Struct):
            yield each
            yield from _structs(field.type for field in msgspec.structs.fields(each))
        else:
            yield from _structs(get_args(each))


def _refine(schema: Schema, struct: type[Struct]) -> None:
    text = _SOURCES.sub("", inspect.getdoc(struct) or "")
    said = [" ".join(sentence.split()) for sentence in _SENTENCES.split(text)]
    schema["description"] = " ".join(text.split())
    for field in msgspec.structs.fields(struct):
        about = [sentence for sentence in said if f"`{field.name}`" in sentence]
        schema["properties"][field.name] = _property(
            schema["properties"][field.name],
            timed=datetime in (field.type, *get_args(field.type)),
            description=" ".join(about).rstrip(";:"),
        )


def _property(schema: Schema, *, timed: bool, description: str) -> Schema:
    """What is not known is left out, never null: our structs omit their defaults."""
    absent = "default" in schema and schema["default"] is None
    if absent:
        schema = next(each for each in schema["anyOf"] if each != {"type": "null"})
    if schema.get("enum") in _OPEN:
        schema = {"type": "string", "x-extensible-enum": schema["enum"]}
        description += " More may come, each with a `ce_type` of its own."
    if timed:
        schema = schema | {"format": "date-time"}
    return schema | ({"description": description.strip()} if description else {})
