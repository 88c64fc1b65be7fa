"""Structured logs: one JSON line a decision, or colours on a terminal; no secrets, no one's words.

Exceptions are logged as their types and places. Their texts are left out: a driver's message can
quote a row, a URL or a password. For the same reason the lines of libraries are kept as their
authors wrote them in the code, with nothing filled in but numbers.
"""

import logging
import re
import sys
import traceback
from collections.abc import Mapping
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
WORDS = frozenset(
    {"event", "level", "timestamp", "service", "trace_id", "span_id"}
    | {"logger", "place", "error", "exception", "reason", "result", "state", "status", "problem"}
    | {"platform", "account", "app", "action", "kind", "rule", "group", "topic", "topics"}
    | {"host", "current", "needed"}
)
"""The keys whose text is logged: none of them ever holds what somebody wrote, or a secret. Under
any other key only numbers are."""

_OTEL = {"event": "event.name", "level": "severity_text", "service": "service.name"} | {
    "error": "error.type",
    "exception": "exception.stacktrace",
}
"""OpenTelemetry's names for those of ours that it has."""

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
        event["exception"] = " | ".join(places(exc))
    return event


def _guard(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    for key, value in event.items():
        if isinstance(value, str) and key in WORDS:
            kept = value if key == "exception" else value[:_LONGEST]
            event[key] = _SECRET.sub("[secret]", kept)
        elif not key.startswith("_"):
            event[key] = _number(value)
    return event


def _number(value: object) -> object:
    """`value` if it can hold nobody's words, else its type."""
    return value if isinstance(value, int | float | None) else f"[{type(value).__name__}]"


def _unfilled(record: logging.LogRecord) -> bool:
    """Take out of a library's line what it was given; a text put together beforehand is all of
    it."""
    if isinstance(record.msg, dict):  # ours
        return True
    if not record.args:
        record.msg = _number(record.msg)
    elif isinstance(record.args, Mapping):
        record.args = {name: _number(value) for name, value in record.args.items()}
    else:
        record.args = tuple(map(_number, record.args))
    return True


def _place(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    record = event["_record"]
    event.update(logger=record.name, place=f"{record.filename}:{record.lineno}")
    return event


def _trace(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    event.update(tracing.current())
    return event


def _json(_: WrappedLogger, __: str, event: EventDict) -> str:
    named = {_OTEL.get(key, key): value for key, value in event.items()}
    return msgspec.json.encode(named).decode()


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
    handler.addFilter(_unfilled)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_place, *shared],
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
