"""The headers of every record, and those that a dead letter has besides."""

from datetime import UTC, datetime

from shared.contracts.dead import DeadLetter, bury
from shared.contracts.records import Record

_DESCRIBED: dict[str, dict[str, object]] = {
    "ce_specversion": {"const": "1.0", "description": "The version of CloudEvents."},
    "ce_type": {
        "type": "string",
        "pattern": r"^parley\.[a-z_-]+\.[a-z_-]+\.v[0-9]+$",
        "description": "What happened. Choose by it, and skip types that you don't know.",
    },
    "ce_source": {
        "type": "string",
        "pattern": "^/[^/]*/",
        "description": "`/platform/account`: whose event it is.",
    },
    "ce_id": {
        "type": "string",
        "minLength": 1,
        "description": "The same whenever the event comes again: what to deduplicate by.",
    },
    "ce_time": {"type": "string", "format": "date-time", "description": "When it happened."},
    "ce_subject": {
        "type": "string",
        "description": "The thread: with the account it makes the key.",
    },
    "content-type": {"const": "application/json", "description": "What the value is."},
    "traceparent": {"type": "string", "description": "W3C trace context of whoever wrote it."},
}

_REASONS = {
    "topic": "Where the record was read.",
    "partition": "Its partition there, in digits.",
    "offset": "Its offset there, in digits.",
    "group": "The consumer group that gave it up.",
    "reason": "Why, from a closed set.",
    "failed-at": "When.",
}


def _dead() -> list[str]:
    """The names of what a dead letter adds, read off one."""
    letter = DeadLetter(
        topic="", partition=0, offset=0, group="", reason="", failed_at=datetime.now(UTC)
    )
    buried = bury(Record("", 0, 0, 0, None, None, []), letter, "")
    return [name for name, _ in buried.headers]


def _reason(name: str) -> dict[str, object]:
    word = name.removeprefix("parley-dlq-")
    kinds: dict[str, dict[str, object]] = {
        "partition": {"pattern": "^[0-9]+$"},
        "offset": {"pattern": "^[0-9]+$"},
        "failed-at": {"format": "date-time"},
    }
    return {"type": "string", **kinds.get(word, {}), "description": _REASONS[word]}


SCHEMAS: dict[str, dict[str, object]] = {
    "headers.v1": {
        "title": "Headers",
        "description": "CloudEvents 1.0 in binary mode: every record has them, in UTF-8.",
        "type": "object",
        "properties": _DESCRIBED,
        "required": list(_DESCRIBED),
    },
    "dead-letter-headers.v1": {
        "title": "DeadLetterHeaders",
        "description": "What a dead letter has besides the headers of the record that it was.",
        "type": "object",
        "properties": {name: _reason(name) for name in _dead()},
        "required": _dead(),
    },
}
"""By name, as JSON Schemas of an object with a string for each header."""
