"""Logs: JSON lines, exceptions by type and place, and no secret."""

import asyncio
import gc
import json
import logging
import sys
from collections.abc import Iterator

import pytest
import structlog

from shared.errors import Transient
from shared.service import logs


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, hook = root.handlers, root.level, sys.excepthook
    root.handlers = []
    yield
    root.handlers, sys.excepthook = handlers, hook
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def logged(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    """The one line that was logged."""
    (line,) = capsys.readouterr().err.splitlines()
    found: dict[str, object] = json.loads(line)
    return found


def test_one_json_line(capsys: pytest.CaptureFixture[str]) -> None:
    """An event is one line with its service, level and keys."""
    logs.configure("receiver")
    structlog.get_logger().warning("refused", reason="unsigned", count=3)
    line = logged(capsys)
    assert line["event.name"] == "refused"
    assert line["service.name"] == "receiver"
    assert line["severity_text"] == "warning"
    assert line["count"] == 3


@pytest.mark.parametrize(
    "secret",
    [
        "EAAGm0PX4ZCpsBAKZA",
        "IGQVJXabcdefgh",
        "Bearer abc.def",
        "access_token=abcdef",
        "postgresql://u:hunter2@host/db",
    ],
)
def test_secrets_are_masked(secret: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Tokens and passwords are masked even under keys that may hold text."""
    logs.configure("receiver")
    structlog.get_logger().warning("failed", problem=f"with {secret}")
    line = capsys.readouterr().err
    assert secret not in line
    assert "[secret]" in line


def test_exception_without_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    """An exception is logged by type, reason and place; its text could quote a person."""
    logs.configure("receiver")
    trouble = Transient("database_away")
    trouble.__cause__ = ValueError("what Ana wrote")
    try:
        raise trouble
    except Transient:
        structlog.get_logger().exception("failed")
    line = logged(capsys)
    assert "Transient(database_away) at test_logs.py" in str(line["exception.stacktrace"])
    assert "ValueError at" in str(line["exception.stacktrace"])
    assert "Ana" not in json.dumps(line)


def test_no_containers(capsys: pytest.CaptureFixture[str]) -> None:
    """Whole objects are never logged: they can hold anything."""
    logs.configure("receiver")
    structlog.get_logger().info("seen", item={"text": "what Ana wrote"}, text="what Ana wrote")
    assert "Ana" not in json.dumps(logged(capsys))


def test_long_values_are_cut(capsys: pytest.CaptureFixture[str]) -> None:
    """A value never floods the log."""
    logs.configure("receiver")
    structlog.get_logger().info("seen", account="x" * 10_000)
    assert len(str(logged(capsys)["account"])) == 200


def test_exceptions_in_a_ring(capsys: pytest.CaptureFixture[str]) -> None:
    """An exception that is among the causes of its own cause is logged once."""
    logs.configure("receiver")
    inner = Transient("database_away")
    inner.__cause__ = ExceptionGroup("both", [inner, ValueError("what Ana wrote")])
    structlog.get_logger().error("failed", exc_info=inner)
    error = str(logged(capsys)["exception.stacktrace"])
    assert error.count("Transient(database_away)") == 1
    assert "ExceptionGroup" in error
    assert "ValueError" in error


def test_libraries(capsys: pytest.CaptureFixture[str]) -> None:
    """A library's line is kept as it stands in its code, with its numbers and where it stands."""
    logs.configure("receiver")
    logging.getLogger("library").error("no %s from node %d", "what Ana wrote", 7)
    line = logged(capsys)
    assert line["event.name"] == "no [str] from node 7"
    assert line["logger"] == "library"
    assert str(line["place"]).startswith("test_logs.py:")


def test_forgotten_task(capsys: pytest.CaptureFixture[str]) -> None:
    """What asyncio says of an exception that nobody took quotes it, and is not logged."""
    logs.configure("receiver")

    async def main() -> None:
        async def fail() -> None:
            raise ValueError("what Ana wrote")

        task = asyncio.create_task(fail())
        await asyncio.wait([task])
        del task
        gc.collect()

    asyncio.run(main())
    line = logged(capsys)
    assert line["logger"] == "asyncio"
    assert "ValueError at" in str(line["exception.stacktrace"])
    assert "Ana" not in json.dumps(line)
