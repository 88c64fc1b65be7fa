"""Every file that is published beside the contracts, as it should be and as it is."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shared.contracts.documents import asyncapi, catalogue, page, schemas
from shared.contracts.documents.compatibility import breaks, promises

FOLDER = Path(__file__).parents[1]
"""The contracts: what is published stands beside them, in the wheel too."""

EXAMPLES = FOLDER / "examples"
"""One file for each type of event and one for dead letters, written by `tests/examples.py`."""

_RELEASED = "released.json"
_OURS = ("schemas", "examples")
"""Folders in which nothing else may be."""


def examples() -> dict[str, dict[str, Any]]:
    """The golden examples by `ce_type`."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(EXAMPLES.glob("*.json"))}


def wanted(golden: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """The text of each file, as it follows from the contracts and the golden examples."""
    document = asyncapi.document(golden)
    return {
        **{f"schemas/{name}.json": text(schema) for name, schema in schemas.published().items()},
        "schemas/index.json": text(_index()),
        **{f"examples/{name}.json": text(example) for name, example in golden.items()},
        "asyncapi.json": text(document),
        "asyncapi.html": page.render(document),
    }


def stale(folder: Path = FOLDER) -> dict[Path, str | None]:
    """The files that are not as they should be, with what they should hold: None is nothing."""
    should = {folder / name: content for name, content in wanted(examples()).items()}
    left = {path for name in _OURS for path in (folder / name).glob("*.json")} - {*should}
    differs = {path: content for path, content in should.items() if not _holds(path, content)}
    return {**differs, **dict.fromkeys(sorted(left))}


def export(folder: Path = FOLDER) -> list[Path]:
    """Make all files as they should be, and say which were not."""
    found = stale(folder)
    for path, content in found.items():
        if content is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
    return list(found)


def broken(folder: Path = FOLDER) -> list[str]:
    """What would break readers of the promises that were released; none were without the file."""
    released = folder / _RELEASED
    return breaks(json.loads(released.read_text()), promises()) if released.exists() else []


def release(folder: Path = FOLDER) -> None:
    """From now on what there is now is promised, too."""
    (folder / _RELEASED).write_text(text(promises()))


def text(value: object) -> str:
    """JSON that a person can read and that can be compared by lines."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _index() -> dict[str, dict[str, str]]:
    return {
        event.ce_type: {
            "topic": event.topic.name,
            "schema": f"{schemas.name_of(event.value)}.json",
            "headers": "headers.v1.json",
            "example": f"../examples/{event.ce_type}.json",
        }
        for event in catalogue.EVENTS
    }


def _holds(path: Path, content: str) -> bool:
    return path.exists() and path.read_text() == content
