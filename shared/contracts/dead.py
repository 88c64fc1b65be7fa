"""Dead letters: the record as it was, with why it could not be handled in its headers.

String values and Kafka Connect's vocabulary (libraries §1.7). No exception texts and no stack
traces: they can hold secrets.
"""

from datetime import datetime

from msgspec import Struct

from shared.contracts.records import Headers, Outgoing, Record


class DeadLetter(Struct, frozen=True, kw_only=True):
    """Where a record stood when `group` gave it up, and why."""

    topic: str
    partition: int
    offset: int
    group: str
    reason: str
    failed_at: datetime


_PREFIX = "parley-dlq-"


def bury(record: Record, letter: DeadLetter, dead_topic: str) -> Outgoing:
    """`record` unchanged for `dead_topic`, under its own key and time, with the letter's fields as
    further headers."""
    fields = [
        ("topic", letter.topic),
        ("partition", str(letter.partition)),
        ("offset", str(letter.offset)),
        ("group", letter.group),
        ("reason", letter.reason),
        ("failed-at", letter.failed_at.isoformat()),
    ]
    headers = [(_PREFIX + name, value.encode()) for name, value in fields]
    return Outgoing(
        dead_topic, record.key, record.value, [*record.headers, *headers], record.timestamp_ms
    )


def read_letter(record: Record) -> DeadLetter | None:
    """The letter in a dead record's headers; None when it has none or a broken one."""
    # Other people's headers may have no value, whatever the type says.
    found = {name: (value or b"").decode(errors="replace") for name, value in record.headers}
    try:
        return DeadLetter(
            topic=found[_PREFIX + "topic"],
            partition=int(found[_PREFIX + "partition"]),
            offset=int(found[_PREFIX + "offset"]),
            group=found[_PREFIX + "group"],
            reason=found[_PREFIX + "reason"],
            failed_at=datetime.fromisoformat(found[_PREFIX + "failed-at"]),
        )
    except (KeyError, ValueError):
        return None


def original_headers(record: Record) -> Headers:
    """The headers the record had before it was buried."""
    return [(name, value) for name, value in record.headers if not name.startswith(_PREFIX)]
