"""What a record's headers say of its event, without reading its value."""

from datetime import UTC, datetime

from shared.contracts.records import Record


def text_of(record: Record, header: str) -> str:
    """A header as text; empty when there is none."""
    return (record.header(header) or b"").decode(errors="replace")


def kind_of(record: Record) -> str:
    """The event's kind, from `parley.<kind>.received.v1`; empty for what is no event."""
    parts = text_of(record, "ce_type").split(".")
    return parts[1] if len(parts) > 1 else ""


def account_of(record: Record) -> str:
    """The account, from `/<platform>/<account>`; empty for what is no event."""
    return text_of(record, "ce_source").rpartition("/")[2]


def happened_at(record: Record) -> datetime:
    """When the event happened; when it was written, if it doesn't say."""
    try:
        at = datetime.fromisoformat(text_of(record, "ce_time"))
    except ValueError:
        at = datetime.fromtimestamp(record.timestamp_ms / 1000, UTC)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
