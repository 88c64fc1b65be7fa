"""The house rules that no linter knows: what the code must not hold, and how large it may get."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.metrics import MetricWrapperBase

ROOT = Path(__file__).parents[2]
CODE = sorted(path for folder in ("services", "shared") for path in (ROOT / folder).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
SERVICES = sorted(
    path.name for path in (ROOT / "services").iterdir() if (path / "__main__.py").exists()
)
METRICS = [path for path in CODE if path.name == "metrics.py"]

FILE_LINES = 300
FUNCTION_LINES = 40
SAYS_NOTHING = {"util", "utils", "helper", "helpers", "common", "base", "manager", "misc", "tools"}
LABELS = (
    {"app", "application", "group", "topic", "partition", "table", "use_case"}  # what there is
    | {"edge", "endpoint", "kind", "secret", "state"}
    | {"outcome", "reason", "result", "stage", "status"}
    | {"service", "version", "revision", "python"}  # one of each in a process
)
"""Each takes its values from a closed set, or from the settings."""

PUBLISHED = (
    ".ci",
    "deploy",
    "services",
    "shared",
    "tests",
    "Makefile",
    "README.md",
    "pyproject.toml",
)
HOSTS = re.compile(
    r"py[p]i\.org|python[h]osted\.org|maven\.[o]rg|repo\d*\.maven\.|npm[j]s\.|docker\.[i]o|"
    r"ghcr\.[i]o|quay\.[i]o|proxy\.golang\.[o]rg|crates\.[i]o|--(?:extra-)?index[-]url"
)


def name(path: Path) -> str:
    """How a failing case calls its file."""
    return path.relative_to(ROOT).as_posix()


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Everything that is defined with `def`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of what a function does, without its arguments and its docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (function.end_lineno or 0) - body[0].lineno + 1 if body else 0


@pytest.mark.parametrize("path", CODE, ids=name)
def test_size(path: Path) -> None:
    """Files and functions are small enough to be read at once."""
    assert len(path.read_text().splitlines()) <= FILE_LINES
    assert [each.name for each in functions(path) if length(each) > FUNCTION_LINES] == []


def test_names() -> None:
    """Modules and folders say what they hold."""
    parts = {part for path in CODE + TESTS for part in path.relative_to(ROOT).with_suffix("").parts}
    assert parts & SAYS_NOTHING == set()


@pytest.mark.parametrize("path", CODE, ids=name)
def test_no_net_for_everything(path: Path) -> None:
    """No failure is caught unless it is known: not even by the word `Exception`."""
    caught = [
        node.type.id if isinstance(node.type, ast.Name) else None
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler)
        and not isinstance(node.type, ast.Attribute | ast.Tuple)
    ]
    assert not {None, "Exception", "BaseException"} & set(caught)


@pytest.mark.parametrize("path", TESTS, ids=name)
def test_nothing_is_mocked(path: Path) -> None:
    """Tests use the real thing."""
    imported = {
        alias
        for node in ast.walk(ast.parse(path.read_text()))
        for alias in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [each.name for each in node.names]
            if isinstance(node, ast.Import)
            else []
        )
    }
    assert not {each for each in imported if each.startswith(("unittest", "mock"))}


@pytest.mark.parametrize("service", SERVICES)
def test_service_folder(service: str) -> None:
    """Whoever knows one service knows where to look in all of them."""
    folder = ROOT / "services" / service
    if service != "cli":  # which runs no loop: it has commands
        assert (folder / "config.py").exists()
        assert (folder / "metrics.py").exists()


@pytest.mark.parametrize("path", METRICS, ids=name)
def test_metrics(path: Path) -> None:
    """Every metric is named as ours, says when to worry, and has bounded labels."""
    module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    for metric in vars(module).values():
        if isinstance(metric, MetricWrapperBase):
            (family,) = metric.describe()
            assert family.name.startswith("parley_")
            assert "worry" in family.documentation.lower(), family.name
            assert set(metric._labelnames) <= LABELS, family.name  # noqa: SLF001 (no other way)


def test_no_registry() -> None:
    """Where packages come from is the machine's business."""
    files = [path for top in PUBLISHED for path in (ROOT / top, *(ROOT / top).rglob("*"))]
    texts = {path: path.read_bytes().decode(errors="replace") for path in files if path.is_file()}
    assert [name(path) for path, text in texts.items() if HOSTS.search(text)] == []
