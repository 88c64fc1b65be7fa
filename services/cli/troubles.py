"""What the services of a running stack complain about in their logs."""

from pathlib import Path

import msgspec

from services.cli.screen import printable
from services.cli.stack import Stack

_LEVELS = {"warning", "error", "critical"}
_LATEST = 3
_READ_BYTES = 20_000
_SILENT = {"event.name", "severity_text", "timestamp", "service.name", "logger"}


def troubles(running: Stack) -> list[str]:
    """The latest warnings and errors of all services, oldest first, a line each."""
    found = [line for name in running.processes for line in _complaints(running.log(name))]
    return [text for _, text in sorted(found)[-_LATEST:]]


def _complaints(log: Path) -> list[tuple[str, str]]:
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _READ_BYTES))
        lines = file.read().splitlines()
    return [found for line in lines if (found := _complaint(line))]


def _complaint(line: bytes) -> tuple[str, str] | None:
    """When and what, of a log line that is worth a look."""
    try:
        entry = msgspec.json.decode(line, type=dict[str, str | int | float | bool | None])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    if entry.get("severity_text") not in _LEVELS:
        return None
    more = " ".join(f"{name}={value}" for name, value in entry.items() if name not in _SILENT)
    at = str(entry.get("timestamp", ""))
    said = f"{entry.get('service.name')}: {entry.get('event.name')} {more}"
    return at, printable(f"{at[11:19]} {said}")
