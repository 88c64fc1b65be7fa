"""Dead-letter topics as ledgers: which letters are still open, and what settles one.

Kafka can't delete a single record, so a settled letter stays where it is and a resolution is
appended: a record without a value that names the letter's partition and offset in its headers.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from services.cli.attributes import account_of, text_of
from shared.contracts.dead import DeadLetter, original_headers, read_letter
from shared.contracts.records import Outgoing, Record

RESOLVES = "parley-dlq-resolves"
RESOLUTION = "parley-dlq-resolution"
ATTEMPT = "parley-dlq-attempt"

Resolution = Literal["retried", "dropped"]


class Place(NamedTuple):
    """Where a letter stands in its dead-letter topic; people write it `partition:offset`."""

    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.partition}:{self.offset}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Letter:
    """An open dead letter; `about` is None when its headers can't be read, and then it can only be
    dropped. `attempt` counts how often it was retried before."""

    place: Place
    record: Record
    about: DeadLetter | None
    attempt: int

    @property
    def reason(self) -> str:
        """Why it was given up."""
        return self.about.reason if self.about else "unreadable"

    @property
    def account(self) -> str:
        """The account it belongs to, as its CloudEvents source says; empty if it doesn't."""
        return account_of(self.record)

    @property
    def event_id(self) -> str:
        """The event's id; empty if the record has none."""
        return text_of(self.record, "ce_id")


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """Which letters are meant: those that fit all that is given, the first `limit` of them."""

    places: frozenset[Place] = frozenset()
    reason: str | None = None
    account: str | None = None
    topic: str | None = None
    limit: int | None = None

    def of(self, letters: Iterable[Letter]) -> list[Letter]:
        """The selected ones among `letters`."""
        return [letter for letter in letters if self._fits(letter)][: self.limit]

    def _fits(self, letter: Letter) -> bool:
        topic = letter.about.topic if letter.about else None
        return (
            (not self.places or letter.place in self.places)
            and self.reason in (None, letter.reason)
            and self.account in (None, letter.account)
            and self.topic in (None, topic)
        )


def parse_place(written: str) -> Place | None:
    """`partition:offset` as a place; None for anything else."""
    partition, colon, offset = written.partition(":")
    if not (colon and _is_number(partition) and _is_number(offset)):
        return None
    return Place(int(partition), int(offset))


def open_letters(records: Iterable[Record]) -> list[Letter]:
    """The letters that no resolution names, oldest first within each partition.

    The records may come in any order: a resolution can be read before its letter.
    """
    letters: dict[Place, Letter] = {}
    settled: set[Place] = set()
    for record in records:
        resolves = record.header(RESOLVES)
        if resolves is None:
            letter = _letter(record)
            letters[letter.place] = letter
        elif place := parse_place(resolves.decode(errors="replace")):
            settled.add(place)
    return sorted(
        (letter for place, letter in letters.items() if place not in settled),
        key=lambda letter: letter.place,
    )


def retried(letter: Letter, about: DeadLetter) -> Outgoing:
    """The letter's record for its original topic, as it was, with the number of this attempt."""
    attempt = (ATTEMPT, str(letter.attempt + 1).encode())
    record = letter.record
    return Outgoing(about.topic, record.key, record.value, [*original_headers(record), attempt])


def resolution(letter: Letter, outcome: Resolution) -> Outgoing:
    """The record that settles the letter; under its key, so that it stands behind it."""
    headers = [(RESOLVES, str(letter.place).encode()), (RESOLUTION, outcome.encode())]
    return Outgoing(letter.record.topic, letter.record.key, None, headers)


def _letter(record: Record) -> Letter:
    attempt = text_of(record, ATTEMPT)
    return Letter(
        place=Place(record.partition, record.offset),
        record=record,
        about=read_letter(record),
        attempt=int(attempt) if _is_number(attempt) else 0,
    )


def _is_number(written: str) -> bool:
    return written.isascii() and written.isdigit() and len(written) < 20
