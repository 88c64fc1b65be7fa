"""Three answers to failure. Anything else is a bug of ours and stops the process.

Exception
├── Rejected    the caller is at fault     ->  4xx, counted by reason
├── Transient   the world is at fault      ->  retried, then the service restarts
└── Poison      this record is at fault    ->  dead letter, with the reason

`reason` is short and machine-readable: it is the metric label and the dead-letter header, so it
comes from a closed set and never holds an id, a secret or a person's words.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.contracts.records import Record


class Rejected(Exception):
    """A delivery we will never accept; `status` is the HTTP answer it gets."""

    def __init__(self, reason: str, status: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


class Transient(Exception):
    """The same work may well succeed later."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Poison(Exception):
    """`record` will fail the same way for ever."""

    def __init__(self, record: "Record", reason: str) -> None:
        super().__init__(reason)
        self.record = record
        self.reason = reason
