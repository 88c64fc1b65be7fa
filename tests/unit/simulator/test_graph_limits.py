"""The Graph side's counting, usage headers, throttling and faults."""

import json
from time import time

import msgspec
import pytest

from services.simulator.graph.answers import Manners
from services.simulator.graph.faults import CHAOS, Fault, Faults
from services.simulator.graph.quotas import Limits, Window
from tests.unit.simulator.conftest import Build, Meta


async def test_counts(meta: Meta) -> None:
    """Calls are counted by account and edge, failed ones too."""
    media_id = meta.world.media(meta.instagram, 0).id
    await meta.ask(meta.instagram, media_id)
    await meta.ask(meta.instagram, media_id, fields="soul")
    await meta.ask(meta.instagram, f"{media_id}/comments")
    await meta.ask(meta.page, "me")
    assert meta.graph.quotas.calls() == {
        meta.instagram.id: {"comments": 1, "media": 2},
        meta.page.id: {"account": 1},
    }


async def test_usage_headers(build: Build) -> None:
    """Headers tell in percent how full the quotas are, on both hosts in their own words."""
    meta = build(Manners(limits=Limits(account_calls=10, app_calls=20)))
    for _ in range(5):
        answer = await meta.ask(meta.instagram, "me")
    usage = json.loads(answer.headers["x-business-use-case-usage"])[meta.instagram.id][0]
    assert (usage["type"], usage["call_count"]) == ("instagram", 50)
    assert usage["estimated_time_to_regain_access"] == 0
    assert json.loads(answer.headers["x-app-usage"]) == {"call_volume": 25, "cpu_time": 25}
    answer = await meta.ask(meta.page, "me")
    assert set(json.loads(answer.headers["x-app-usage"])) == {
        "call_count",
        "total_time",
        "total_cputime",
    }


async def test_account_quota(build: Build) -> None:
    """Over its quota an account is throttled and told for how long; others are not."""
    meta = build(Manners(limits=Limits(account_calls=3)))
    codes = [await _code(meta, "instagram") for _ in range(4)]
    assert codes == [None, None, None, 80002]
    answer = await meta.ask(meta.instagram, "me")
    usage = json.loads(answer.headers["x-business-use-case-usage"])[meta.instagram.id][0]
    assert 59 <= usage["estimated_time_to_regain_access"] <= 61
    assert await _code(meta, "facebook") is None


@pytest.mark.parametrize(
    ("name", "path", "expected"),
    [
        ("instagram", "me", 80002),
        ("page", "me", 80001),
        ("page", "me/conversations", 80006),
    ],
)
async def test_quota_codes(build: Build, name: str, path: str, expected: int) -> None:
    """Each use case has its own code."""
    meta = build(Manners(limits=Limits(account_calls=1)))
    await _code(meta, name)
    assert await _code(meta, name, path) == expected


async def test_app_quota(build: Build) -> None:
    """Over the app's quota all its accounts get code 4, those of other apps do not."""
    meta = build(Manners(limits=Limits(app_calls=1)))
    assert await _code(meta, "facebook") is None
    assert await _code(meta, "page") == 4
    assert await _code(meta, "instagram") is None


async def test_conversations_limit(meta: Meta) -> None:
    """Conversations may be listed twice a second."""
    codes = [await _code(meta, "page", "me/conversations") for _ in range(3)]
    assert codes == [None, None, 613]


async def test_fault_chosen(meta: Meta) -> None:
    """A fault meets only the account, edge and method it names, and only so many calls."""
    meta.graph.faults.add(Fault(account=meta.page.id, edge="account", code=17, times=1), time())
    assert await _code(meta, "instagram") is None
    assert await _code(meta, "page", "me/conversations") is None
    assert await _code(meta, "page") == 17
    assert await _code(meta, "page") is None


async def test_fault_error(meta: Meta) -> None:
    """An error has the code, subcode, status and flag it was given."""
    fault = Fault(code=190, subcode=463, status=401, transient=False)
    meta.graph.faults.add(fault, time())
    answer = await meta.ask(meta.instagram, "me")
    error = answer.json()["error"]
    assert answer.status_code == 401
    assert (error["code"], error["error_subcode"], error["is_transient"]) == (190, 463, False)


async def test_fault_regain(meta: Meta) -> None:
    """A throttle that was told to be tells its minutes in the header."""
    meta.graph.faults.add(Fault(code=80002, status=400, times=1, regain_minutes=7), time())
    answer = await meta.ask(meta.instagram, "me")
    usage = json.loads(answer.headers["x-business-use-case-usage"])[meta.instagram.id][0]
    assert usage["estimated_time_to_regain_access"] == 7


@pytest.mark.parametrize(
    ("kind", "start"), [("html", b"<!DOCTYPE"), ("empty", b""), ("garbage", b'{"id')]
)
async def test_fault_raw(meta: Meta, kind: str, start: bytes) -> None:
    """Answers may be no JSON at all."""
    fault = msgspec.convert({"answer": kind, "status": 502, "times": 1}, Fault)
    meta.graph.faults.add(fault, time())
    answer = await meta.ask(meta.instagram, "me")
    assert answer.status_code == 502
    assert answer.content.startswith(start)
    assert len(answer.content) < 100


async def test_fault_slow(meta: Meta) -> None:
    """A slow answer is a right one; in a batch it is null when it is too slow."""
    meta.graph.faults.add(Fault(answer="slow", delay_seconds=0.001, times=1), time())
    assert (await meta.ask(meta.page, "me")).json()["id"] == meta.page.id


def test_fault_ends() -> None:
    """A fault ends after its time, when it is removed, or with all others."""
    faults = Faults(1)
    faults.add(Fault(seconds=10), now=0.0)
    assert faults.pick("a", "media", "GET", now=9.0)
    assert not faults.pick("a", "media", "GET", now=10.0)
    name = faults.add(Fault(), now=0.0)
    assert faults.remove(name)
    assert not faults.remove(name)
    faults.add(Fault(), now=0.0)
    faults.clear()
    assert faults.listed() == []


def test_fault_probability() -> None:
    """Faults by chance are repeatable, and leave reads alone when they follow a write."""
    draws = []
    for _ in range(2):
        faults = Faults(3)
        faults.add(Fault(probability=0.5), now=0.0)
        draws.append([bool(faults.pick("a", "media", "GET", 1.0)) for _ in range(50)])
    assert draws[0] == draws[1]
    assert 10 < sum(draws[0]) < 40
    faults = Faults(3)
    faults.add(Fault(after_write=True), now=0.0)
    assert not faults.pick("a", "media", "GET", 1.0)
    assert faults.pick("a", "reply", "POST", 1.0)


async def test_fault_once(meta: Meta) -> None:
    """The same call meets a fault of this kind once, another one meets it, too."""
    for _ in range(2):
        meta.graph.faults.add(Fault(code=17, once=True), time())
    assert await _code(meta, "page") == 17
    assert await _code(meta, "page") is None
    assert await _code(meta, "page", "me/conversations") == 17


def test_chaos_is_valid() -> None:
    """The faults of `chaos` are ones that could be posted as well."""
    for fault in CHAOS:
        assert msgspec.json.decode(msgspec.json.encode(fault), type=Fault) == fault


def test_window() -> None:
    """A rolling window forgets what is older, and calls made in vain count."""
    window = Window(60.0, 2)
    assert [window.add(0.0), window.add(30.0), window.add(30.5)] == [False, False, True]
    assert window.percent(30.5) == 150
    assert window.regain_minutes(30.5) == 2
    assert window.percent(61.0) == 100
    assert not Window(60.0, 2).regain_minutes(0.0)
    assert window.percent(200.0) == 0


async def _code(meta: Meta, name: str, path: str = "me") -> int | None:
    accounts = {"instagram": meta.instagram, "facebook": meta.facebook, "page": meta.page}
    answer = (await meta.ask(accounts[name], path)).json()
    found: int | None = answer.get("error", {}).get("code")
    return found
