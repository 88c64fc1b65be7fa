"""The threat model names tests that exist."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODEL = (ROOT / "deploy" / "security.md").read_text()
NAMED = sorted(set(re.findall(r"`(tests/\S+?\.py)::(\w+)`", MODEL)))


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_exists(path: str, name: str) -> None:
    """The file has that test."""
    functions = ast.FunctionDef, ast.AsyncFunctionDef
    found = ast.walk(ast.parse((ROOT / path).read_text()))
    assert name in {node.name for node in found if isinstance(node, functions)}


def test_every_threat_is_answered() -> None:
    """No row of the table is without something that stops it and a test that shows it."""
    rows = [line for line in MODEL.splitlines() if line.startswith("|")][2:]
    assert len(rows) > 20
    for row in rows:
        _, _, what, stops, shown, _ = row.split("|")
        assert what.strip(), row
        assert stops.strip(), row
        assert re.search(r"`tests/\S+::\w+`", shown), row
