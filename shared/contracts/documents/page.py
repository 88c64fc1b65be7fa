"""The AsyncAPI document as one HTML page that needs nothing else."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import reduce
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

Node = Mapping[str, Any]

_CODE = re.compile(r"`([^`]+)`")
_DAY = timedelta(days=1) / timedelta(milliseconds=1)


def render(document: Node) -> str:
    """The page of `document`."""

    def resolve(node: Node) -> Node:
        """What `node` is or refers to."""
        while "$ref" in node:
            path = node["$ref"].removeprefix("#/").split("/")
            node = reduce(lambda within, step: within[step], path, document)
        return node

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    filters = {"prose": prose, "lead": lead, "days": days, "kind": kind, "pretty": pretty}
    environment.filters |= filters
    environment.globals |= {"resolve": resolve, "of": services}
    return environment.get_template("page.html.j2").render(api=document)


def services(document: Node, channel: str, action: str) -> list[str]:
    """Who does `action` with the channel of that id."""
    return [
        name.partition("-")[0]
        for name, operation in document["operations"].items()
        if operation["action"] == action
        and operation["channel"] == {"$ref": f"#/channels/{channel}"}
    ]


def prose(text: str) -> Markup:
    """Paragraphs, with what stands in backticks as code."""
    parts = [_CODE.sub(r"<code>\1</code>", str(escape(part))) for part in text.split("\n\n")]
    return Markup("</p><p>".join(parts))  # noqa: S704 (every part was escaped)


def lead(schema: Node) -> str:
    """What a type is, without what is said of its fields: that stands in its table."""
    first, _, _ = schema["description"].partition(". `")
    return f"{first.removesuffix('.')}."


def days(milliseconds: int) -> str:
    """A retention as people say it."""
    return f"{milliseconds / _DAY:g} days"


def kind(schema: Node) -> Markup:
    """The type of a field, linked where it has a table of its own."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return Markup('<a href="#{0}">{0}</a>').format(name)
    if schema.get("type") == "array":
        return Markup("list of {}").format(kind(schema["items"]))
    if "x-extensible-enum" in schema:
        return _one_of(schema["x-extensible-enum"]) + ", or one to come"
    if "enum" in schema:
        return _one_of(schema["enum"])
    if "const" in schema:
        return _one_of([schema["const"]])
    return escape(schema.get("format") or schema.get("type") or "any JSON")


def _one_of(values: Sequence[object]) -> Markup:
    return Markup(", ").join(Markup("<code>{}</code>").format(value) for value in values)


def pretty(value: object) -> str:
    """JSON over several lines."""
    return json.dumps(value, indent=2, ensure_ascii=False)
