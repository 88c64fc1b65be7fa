"""When something happened, however it is written."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from shared.meta.times import EARLIEST, LATEST, parse_time

MOMENT = datetime(2025, 11, 20, 0, 53, 20, tzinfo=UTC)
MILLISECONDS = MOMENT + timedelta(milliseconds=123)

milliseconds = st.integers(1_072_915_200_000, 4_102_444_800_000)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (1763600000, MOMENT),
        (1763600000123, MILLISECONDS),
        (1763600000123000, MILLISECONDS),
        ("1763600000", MOMENT),
        (" 1763600000123 ", MILLISECONDS),
        (1763600000.123, MILLISECONDS),
        (1763600000123.0, MILLISECONDS),
        ("1763600000.123", MILLISECONDS),
        ("2025-11-20T00:53:20+0000", MOMENT),
        ("2025-11-20T00:53:20.123+00:00", MILLISECONDS),
        ("2025-11-20T02:53:20+0200", MOMENT),
        ("2025-11-20T00:53:20Z", MOMENT),
        ("2025-11-20 00:53:20", MOMENT),
        (Raw(b"1763600000"), MOMENT),
        (Raw(b"1763600000123"), MILLISECONDS),
        (Raw(b"1.763600000123e12"), MILLISECONDS),
        (Raw(b'"1763600000"'), MOMENT),
        (Raw(b'"2025-11-20T00:53:20\\u002b0000"'), MOMENT),
    ],
)
def test_written(written: object, expected: datetime) -> None:
    """Seconds, milliseconds and microseconds, digits in strings and ISO 8601 are all read."""
    parsed = parse_time(written)
    assert parsed == expected
    assert parsed.tzinfo is UTC


@pytest.mark.parametrize(
    "written",
    [
        *(0, 1, 12, -1763600000, 10**17, 10**30, 10**400, 1e-9, 1e300),
        *(float("nan"), float("inf"), float("-inf")),
        *("", " ", "soon", "NaN", "sNaN", "Infinity", "1e400", "-1763600000", "9" * 5000),
        *("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2025-13-01", "\x00"),
        *(None, True, False, [], {}, [1763600000], b"1763600000"),
        *(Raw(), Raw(b"null"), Raw(b"true"), Raw(b"{}"), Raw(b"[1763600000]"), Raw(b"1e400")),
        *(Raw(b"9" * 400), Raw(b"9" * 5000), Raw(b'"\xff"'), Raw(b'"soon"'), Raw(b"\xff")),
        Raw(b"[" * 5000 + b"]" * 5000),
        *("2003-12-31T23:59:59Z", "2100-01-03T00:00:00Z"),
    ],
    ids=lambda written: repr(written)[:24],
)
def test_nonsense(written: object) -> None:
    """What is no time, or cannot be one of Meta's, is None."""
    assert parse_time(written) is None


@given(milliseconds)
def test_exact(stamp: int) -> None:
    """No millisecond is lost in any of the ways to write one."""
    expected = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=stamp)
    iso = expected.strftime("%Y-%m-%dT%H:%M:%S.%f+0000")
    for written in (stamp, str(stamp), Raw(str(stamp).encode()), stamp / 1000, iso):
        assert parse_time(written) == expected


@given(milliseconds.map(lambda stamp: stamp // 1000))
def test_units_agree(seconds: int) -> None:
    """The unit follows from the magnitude."""
    assert parse_time(seconds) == parse_time(seconds * 1000) == parse_time(seconds * 10**6)


@given(
    st.integers()
    | st.floats()
    | st.text()
    | st.binary().map(Raw)
    | st.recursive(st.none() | st.booleans() | st.text(), st.lists)
    | st.datetimes(timezones=st.timezones()).map(datetime.isoformat)
)
def test_anything(written: object) -> None:
    """Whatever it is, the answer is a sane time in UTC or None."""
    parsed = parse_time(written)
    assert parsed is None or (
        EARLIEST <= parsed <= LATEST + timedelta(days=1) and parsed.tzinfo is UTC
    )


@given(milliseconds, st.timedeltas(timedelta(days=-2), timedelta(days=2)))
def test_not_from_the_future(stamp: int, ahead: timedelta) -> None:
    """What claims to be more than a day ahead of our clock is nonsense."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=stamp)
    parsed = parse_time(stamp, now=moment - ahead)
    assert parsed == (None if ahead > timedelta(days=1) else moment)


@given(milliseconds)
def test_undecoded(stamp: int) -> None:
    """JSON that was not decoded means what it means decoded."""
    for value in (stamp, str(stamp), stamp / 1000):
        assert parse_time(Raw(msgspec.json.encode(value))) == parse_time(value)
