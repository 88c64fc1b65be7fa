"""The JSON Schemas: true of whatever our types can hold, and explained by their docstrings."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from msgspec import Raw, Struct

from shared.contracts.documents import schemas
from shared.contracts.documents.catalogue import VALUES
from shared.contracts.enriched import EnrichedMessage

SCHEMAS = schemas.published()
MESSAGE = SCHEMAS["enriched-message.v1"]["$defs"]["Message"]["properties"]


def structs(found: object) -> Iterator[type[Struct]]:
    """All types within `found`, the innermost first."""
    if isinstance(found, type) and issubclass(found, Struct):
        for field in msgspec.structs.fields(found):
            yield from structs(field.type)
        yield found
    for inner in get_args(found):
        yield from structs(inner)


st.register_type_strategy(datetime, st.datetimes(timezones=st.just(UTC)))
st.register_type_strategy(Raw, st.sampled_from([b"{}", b'{"id": "1"}', b"[null]"]).map(Raw))
for struct in dict.fromkeys(each for value in VALUES for each in structs(value)):
    every = {field.name: st.from_type(field.type) for field in msgspec.structs.fields(struct)}
    st.register_type_strategy(struct, st.builds(struct, **every))


def errors(schema: str, value: object) -> list[str]:
    """What the schema has against `value`."""
    return [error.message for error in Draft202012Validator(SCHEMAS[schema]).iter_errors(value)]


@pytest.mark.parametrize("name", SCHEMAS)
def test_schema(name: str) -> None:
    """Each is a JSON Schema of its draft, named without a host, and complete in itself."""
    Draft202012Validator.check_schema(SCHEMAS[name])
    assert SCHEMAS[name]["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    assert SCHEMAS[name]["$id"] == f"urn:parley:schema:{name}"
    assert "$ref" not in SCHEMAS[name]


@pytest.mark.parametrize("value", VALUES, ids=schemas.name_of)
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_true(value: type[Struct], data: st.DataObject) -> None:
    """Whatever our code can write is what the schema says: left out where unknown, never null."""
    written = json.loads(msgspec.json.encode(data.draw(st.from_type(value))))
    assert errors(schemas.name_of(value), written) == []


@pytest.mark.parametrize("value", VALUES, ids=schemas.name_of)
@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_strict(value: type[Struct], data: st.DataObject) -> None:
    """A field of another type is none of that schema, at the top or deep inside."""
    written = json.loads(msgspec.json.encode(data.draw(st.from_type(value))))
    spots = [spot for spot in _spots(written) if spot[1] != "item"]
    holder, name = data.draw(st.sampled_from(spots))
    holder[name] = [["nothing has this type"]]
    assert errors(schemas.name_of(value), written) != []


def _spots(value: Any) -> Iterator[tuple[dict[str, Any], str]]:
    for name, inner in value.items():
        yield value, name
        if isinstance(inner, dict) and name != "item":
            yield from _spots(inner)


def test_described() -> None:
    """Types are described by their docstring, fields by the sentences that name them, and nobody is
    sent to documents that only we have."""
    description = SCHEMAS["enriched-message.v1"]["description"]
    assert description == " ".join((EnrichedMessage.__doc__ or "").split())
    assert MESSAGE["person"]["description"] == "`person` is the other party, never the account."
    said = json.dumps(SCHEMAS)
    assert not any(f"({document}" in said for document in ("design", "pitfalls", "platform"))


def test_times() -> None:
    """A time is said to be one."""
    assert MESSAGE["read_until"] == {"type": "string", "format": "date-time"}


def test_open() -> None:
    """Kinds may grow, since each comes with a `ce_type` of its own; other sets are closed."""
    raw = SCHEMAS["raw-event.v1"]["properties"]
    assert "comment" in raw["kind"]["x-extensible-enum"]
    assert "enum" not in raw["kind"]
    assert raw["origin"]["enum"] == ["poll", "replay", "webhook"]
