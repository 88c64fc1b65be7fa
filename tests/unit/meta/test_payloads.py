r"""Deliveries in files, each beside what is expected of it.

In an expectation `{sha256}` stands for the hash of the event's item, `{sha256:text}` for that of
`text` (`\0` being NUL), and `{received_at}` for the time of arrival.
"""

import hashlib
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from shared.contracts.raw import RawEvent
from shared.contracts.wire import raw_topic
from shared.errors import Rejected
from shared.meta.split import split

PAYLOADS = Path(__file__).parents[2] / "payloads"
NAMES = sorted(
    path.relative_to(PAYLOADS).as_posix().removesuffix(".expect.json")
    for path in PAYLOADS.rglob("*.expect.json")
)
RECEIVED_AT = datetime(2025, 11, 20, 12, 0, tzinfo=UTC)


def deliver(name: str) -> list[RawEvent]:
    """The events of a delivery in a file."""
    return split((PAYLOADS / f"{name}.json").read_bytes(), "shop", RECEIVED_AT)


def expected(name: str) -> Any:
    """What the file beside a delivery says."""
    return json.loads((PAYLOADS / f"{name}.expect.json").read_text())


def filled(text: str, item: bytes) -> str:
    """`text` with its placeholders replaced."""

    def hashed(match: re.Match[str]) -> str:
        given = match[1]
        content = item if given is None else given.replace("\\0", "\0").encode()
        return hashlib.sha256(content).hexdigest()

    text = text.replace("{received_at}", "2025-11-20T12:00:00Z")
    return re.sub(r"\{sha256(?::([^}]*))?\}", hashed, text)


def described(event: RawEvent) -> dict[str, object]:
    """`event` as an expectation is written."""
    optional = {"test": event.test, "reason": event.reason}
    return {
        "id": event.id,
        "kind": event.kind,
        "topic": raw_topic(event.kind).name,
        "account": event.account,
        "thread": event.thread,
        "container": event.container,
        "field": event.field,
        "occurred_at": msgspec.to_builtins(event.occurred_at),
        "time_source": event.time_source,
    } | {name: value for name, value in optional.items() if value}


def test_enough() -> None:
    """The collection covers at least what the platform notes list."""
    assert len(NAMES) > 60


@pytest.mark.parametrize("name", [name for name in NAMES if "not_json" not in name])
def test_events(name: str) -> None:
    """A delivery becomes the expected events, in order."""
    events = deliver(name)
    wanted = [
        {key: filled(str(value), bytes(event.item)) for key, value in entry.items()}
        for entry, event in zip(expected(name), events, strict=True)
    ]
    assert [{key: str(value) for key, value in described(event).items()} for event in events] == (
        wanted
    )


@pytest.mark.parametrize("name", [name for name in NAMES if "not_json" not in name])
def test_items(name: str) -> None:
    """Every item is Meta's own bytes; the rest of the envelope is ours."""
    body = (PAYLOADS / f"{name}.json").read_bytes()
    for event in deliver(name):
        assert bytes(event.item) in body
        assert (event.app, event.received_at, event.origin) == ("shop", RECEIVED_AT, "webhook")


@pytest.mark.parametrize("name", [name for name in NAMES if "not_json" in name])
def test_refused(name: str) -> None:
    """What is no JSON object or array is refused with the reason that is expected."""
    with pytest.raises(Rejected) as refusal:
        deliver(name)
    assert expected(name) == {"rejected": refusal.value.reason}
    assert refusal.value.status == 400
