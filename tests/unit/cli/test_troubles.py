"""What `parley dev` picks from the services' logs."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from services.cli.stack import Stack
from services.cli.troubles import troubles


def running(folder: Path, **logs: Sequence[object]) -> Stack:
    """A stack of which only the logs are there."""
    for name, lines in logs.items():
        text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
        (folder / f"{name}.log").write_text(text)
    processes = cast("Any", dict.fromkeys(logs))
    return Stack(
        kafka="", postgres="", folder=folder, ports={}, admin_ports={}, processes=processes
    )


def entry(at: str, level: str, event: str, **more: object) -> dict[str, object]:
    """A log line."""
    said = {"severity_text": level, "event.name": event, "service.name": "x"}
    return {"timestamp": f"2026-11-21T{at}Z"} | said | more


def test_latest_of_all(tmp_path: Path) -> None:
    """The latest warnings and errors of all services, by time; what is no log line is left out."""
    receiver = [entry("10:00:03", "warning", "refused", count=2), entry("10:00:09", "info", "fine")]
    enricher: list[object] = [
        "Traceback",
        entry("10:00:01", "error", "a"),
        entry("10:00:04", "error", "b"),
    ]
    enricher.append(entry("09:00:00", "error", "old"))
    stack = running(tmp_path, receiver=receiver, enricher=enricher)
    assert troubles(stack) == ["10:00:01 x: a ", "10:00:03 x: refused count=2", "10:00:04 x: b "]


def test_nothing_steers_the_terminal(tmp_path: Path) -> None:
    """Escape sequences in a log are shown, not obeyed."""
    stack = running(tmp_path, receiver=[entry("10:00:03", "error", "\x1b[2J")])
    assert "\x1b" not in troubles(stack)[0]
