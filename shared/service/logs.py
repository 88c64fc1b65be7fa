"""Structured logs: one JSON line a decision, or colours on a terminal; no secrets, no one's words.

Exceptions are logged as their types and places. Their texts are left out: a driver's message can
quote a row, a URL or a password.
"""

import logging
import re
import sys
import traceback
from types import TracebackType

import msgspec
import structlog
from structlog.types import EventDict, WrappedLogger

from shared.service import tracing

_LONGEST = 200
_SECRET = re.compile(
    r"(EAA|IGQ|IGAA)\w{8,}|sha256=\w+|bearer\s+\S+|access_token\W+\S+|://[^/\s:@]+:[^/\s@]+@",
    re.IGNORECASE,
)
_NOISY = {"aiokafka": logging.ERROR, "uvicorn": logging.ERROR, "httpx": logging.WARNING}


def places(exc: BaseException) -> list[str]:
    """Each exception of a chain or group as its type and where it was raised, without its text."""
    found: dict[int, str] = {}
    _collect(exc, found)
    return list(found.values())


def _collect(exc: BaseException | None, found: dict[int, str]) -> None:
    if exc is None or id(exc) in found:  # a chain can bite its own tail
        return
    frames = [
        f"{frame.f_code.co_filename.rsplit('/', 1)[-1]}:{line}"
        for frame, line in traceback.walk_tb(exc.__traceback__)
    ]
    reason = getattr(exc, "reason", None)
    said = f"({reason})" if isinstance(reason, str) else ""
    found[id(exc)] = f"{type(exc).__name__}{said} at {' < '.join(frames[:-4:-1])}"
    inner = exc.exceptions if isinstance(exc, BaseExceptionGroup) else ()
    for following in (*inner, exc.__cause__):
        _collect(following, found)


def _describe(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    found = event.pop("exc_info", None)
    if found is True:
        found = sys.exc_info()
    exc = found[1] if isinstance(found, tuple) else found
    if isinstance(exc, BaseException):
        event["error"] = " | ".join(places(exc))
    return event


def _guard(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    for key, value in event.items():
        if isinstance(value, str):
            kept = value if key == "error" else value[:_LONGEST]
            event[key] = _SECRET.sub("[secret]", kept)
        elif not isinstance(value, int | float | bool | None) and not key.startswith("_"):
            event[key] = f"[{type(value).__name__}]"
    return event


def _trace(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    event.update(tracing.current())
    return event


def _json(_: WrappedLogger, __: str, event: EventDict) -> str:
    return msgspec.json.encode(event).decode()


def configure(service: str) -> None:
    """Send our own logs and every library's through one pipe to standard error."""
    structlog.contextvars.bind_contextvars(service=service)
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        _trace,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _describe,
        _guard,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    render = structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else _json
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    for name, level in _NOISY.items():
        logging.getLogger(name).setLevel(level)
    logging.captureWarnings(capture=True)
    sys.excepthook = _crashed


def _crashed(kind: type[BaseException], exc: BaseException, trace: TracebackType | None) -> None:
    del kind, trace
    structlog.get_logger().critical("crashed", exc_info=exc)
