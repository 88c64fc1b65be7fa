"""Usage headers of every shape."""

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.meta.usage import Usage, read_usage

BUSINESS = "x-business-use-case-usage"


def use(kind: str, percent: float, minutes: object = 0) -> dict[str, object]:
    """One use case as Meta writes it."""
    return {
        "type": kind,
        "call_count": percent,
        "total_cputime": 1,
        "total_time": 2,
        "estimated_time_to_regain_access": minutes,
    }


@pytest.mark.parametrize(
    ("header", "percent"),
    [
        ('{"call_count":28,"total_time":25,"total_cputime":31}', 31),
        ('{"call_volume":97,"cpu_time":5}', 97),
        ('{"call_count":"55"}', 55),
        ('{"call_count":true}', 0),
        ('{"call_count":-4}', 0),
        ('{"call_count":1e999}', 0),
        ('{"call_count":"abc"}', 0),
        (f'{{"call_count":{"9" * 400}}}', 0),
        ('{"call_count":NaN}', 0),
        ("", 0),
        ("[]", 0),
        ("junk", 0),
        ("[" * 60_000, 0),
        ("1" * 70_000, 0),
    ],
)
def test_app(header: str, percent: float) -> None:
    """The fullest counter counts; junk counts as nothing used."""
    assert read_usage({"x-app-usage": header}).app_percent == percent
    assert read_usage({"x-page-usage": header}).page_percent == percent


def test_business() -> None:
    """Several use cases of several objects, each with the time until it works again."""
    header = json.dumps({"178": [use("instagram", 100, 12), use("messenger", 3)], "99": []})
    used = read_usage({BUSINESS: header}).business
    assert [(u.object_id, u.use_case, u.percent) for u in used] == [
        ("178", "instagram", 100),
        ("178", "messenger", 3),
    ]
    assert used[0].regain == timedelta(minutes=12)
    assert used[1].regain == timedelta()


def test_repeated_key() -> None:
    """A key that repeats, as in Meta's own sample, loses nothing."""
    one, two = json.dumps([use("pages", 5)]), json.dumps([use("messenger", 7)])
    used = read_usage({BUSINESS: f'{{"1":{one},"1":{two}}}'}).business
    assert [u.use_case for u in used] == ["pages", "messenger"]


def test_single_object() -> None:
    """A use case outside an array is read as well."""
    used = read_usage({BUSINESS: json.dumps({"1": use("pages", 5)})}).business
    assert [u.percent for u in used] == [5]


@pytest.mark.parametrize("value", ["null", "3", '"x"', '[1,null,"x",[]]', '{"type":5}'])
def test_business_junk(value: str) -> None:
    """What is no use case is left out, or counts as nothing used."""
    assert all(
        not u.percent and not u.regain for u in read_usage({BUSINESS: f'{{"1":{value}}}'}).business
    )


@pytest.mark.parametrize(("minutes", "regain"), [(10**9, 1440), ("30", 30), (-5, 0), (None, 0)])
def test_regain(minutes: object, regain: int) -> None:
    """The time to regain access is minutes; nonsense stops nobody for longer than a day."""
    header = json.dumps({"1": [use("instagram", 1, minutes)]})
    assert read_usage({BUSINESS: header}).business[0].regain == timedelta(minutes=regain)


def test_none() -> None:
    """No header, no usage."""
    assert read_usage({}) == Usage()


@given(st.text())
def test_never_raises(header: str) -> None:
    """Any header is read."""
    usage = read_usage({"x-app-usage": header, BUSINESS: header, "x-page-usage": header})
    assert usage.app_percent >= 0
