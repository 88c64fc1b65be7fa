"""Which dead letters are open, whatever order a ledger is read in."""

from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cli import letters
from services.cli.letters import Letter, Place, Selection, open_letters, parse_place
from shared.contracts.dead import DeadLetter, bury, original_headers, read_letter
from shared.contracts.records import Headers, Outgoing, Record

TOPIC = "parley.dead.enricher.v1"
ABOUT = DeadLetter(
    topic="parley.comments.v1",
    partition=3,
    offset=41,
    group="enricher",
    reason="undecodable",
    failed_at=datetime(2026, 11, 20, tzinfo=UTC),
)
HEADERS: Headers = [("ce_id", b"instagram:17:comment:1"), ("ce_source", b"/instagram/17")]


def landed(outgoing: Outgoing, place: Place) -> Record:
    """What a reader gets of a record that was written to `place`."""
    return Record(outgoing.topic, *place, 0, outgoing.key, outgoing.value, [*outgoing.headers])


def dead(place: Place, headers: Headers = HEADERS, value: bytes | None = b"{") -> Record:
    """A dead letter that stands at `place`."""
    original = Record(ABOUT.topic, ABOUT.partition, ABOUT.offset, 0, b"17:1", value, headers)
    return landed(bury(original, ABOUT, TOPIC), place)


def only(records: list[Record]) -> Letter:
    """The one open letter among `records`."""
    (letter,) = open_letters(records)
    return letter


PLACES = st.builds(Place, st.integers(0, 3), st.integers(0, 50))
LEDGERS = st.dictionaries(PLACES, st.booleans(), max_size=20)


@given(LEDGERS, st.randoms())
def test_open(ledger: dict[Place, bool], shuffle: Random) -> None:
    """Exactly the letters without a resolution are open, in whatever order all is read."""
    records = [dead(place) for place in ledger]
    settled = [only([dead(place)]) for place, is_settled in ledger.items() if is_settled]
    for number, letter in enumerate(settled):
        note = letters.resolution(letter, "dropped")
        records.append(landed(note, Place(letter.place.partition, 100 + number)))
    shuffle.shuffle(records)
    expected = sorted(place for place, is_settled in ledger.items() if not is_settled)
    assert [letter.place for letter in open_letters(records)] == expected


def test_resolved_twice() -> None:
    """A resolution that was written twice settles as one does."""
    letter = only([dead(Place(1, 5))])
    notes = [landed(letters.resolution(letter, "retried"), Place(1, at)) for at in (6, 7)]
    assert open_letters([letter.record, *notes]) == []


def test_no_value() -> None:
    """A dead record without a value is a letter, not a resolution."""
    assert only([dead(Place(0, 0), value=None)]).reason == "undecodable"


def test_retried_as_it_was() -> None:
    """What goes back to the topic is the original key, value and headers, and a count."""
    letter = only([dead(Place(0, 9))])
    back = letters.retried(letter, ABOUT)
    assert back == Outgoing(
        "parley.comments.v1", b"17:1", b"{", [*HEADERS, ("parley-dlq-attempt", b"1")]
    )


def test_counts_attempts() -> None:
    """A record that is buried again after a retry keeps its count."""
    back = letters.retried(only([dead(Place(0, 9))]), ABOUT)
    again = only([dead(Place(0, 10), back.headers)])
    assert again.attempt == 1
    assert letters.retried(again, ABOUT).headers[-1] == ("parley-dlq-attempt", b"2")
    assert original_headers(again.record) == HEADERS
    assert read_letter(again.record) == ABOUT


def test_unreadable() -> None:
    """A record whose letter can't be read is open all the same, as unreadable."""
    letter = only([Record(TOPIC, 2, 3, 0, None, b"?", [("parley-dlq-attempt", b"x")])])
    assert (letter.reason, letter.account, letter.event_id) == ("unreadable", "", "")


def test_resolution_follows() -> None:
    """A resolution has its letter's key, so that retention never removes it first."""
    note = letters.resolution(only([dead(Place(2, 7))]), "dropped")
    assert (note.topic, note.key, note.value) == (TOPIC, b"17:1", None)
    assert ("parley-dlq-resolves", b"2:7") in note.headers


@pytest.mark.parametrize(
    ("selection", "offsets"),
    [
        (Selection(), [1, 2, 3]),
        (Selection(reason="undecodable", account="17", topic="parley.comments.v1"), [1, 2, 3]),
        (Selection(reason="forged"), []),
        (Selection(account="18"), []),
        (Selection(topic="parley.mentions.v1"), []),
        (Selection(limit=2), [1, 2]),
        (Selection(places=frozenset({Place(0, 3), Place(0, 9)})), [3]),
    ],
)
def test_selection(selection: Selection, offsets: list[int]) -> None:
    """Only what fits all that is given is selected, the first of it."""
    found = open_letters([dead(Place(0, offset)) for offset in (1, 2, 3)])
    assert [letter.place.offset for letter in selection.of(found)] == offsets


@given(st.text())
def test_parse_place(written: str) -> None:
    """Any text is a place or it isn't; nothing breaks."""
    place = parse_place(written)
    assert place is None or parse_place(str(place)) == place


@given(PLACES)
def test_place_round_trip(place: Place) -> None:
    """A place reads back as it was written."""
    assert parse_place(str(place)) == place
