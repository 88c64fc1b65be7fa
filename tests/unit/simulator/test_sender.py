"""The sender: signed, on time, again until answered 200, and an exact ledger of it all."""

import asyncio
from collections import Counter

import pytest

from services.simulator.accounts import accounts
from services.simulator.latency import Latencies
from services.simulator.posting import Target, shake_hands
from services.simulator.retries import Retries
from services.simulator.sender import Manner, send_all, sender
from services.simulator.traffic.deliveries import Run, deliveries
from services.simulator.traffic.events import Delivery
from services.simulator.traffic.profiles import CHAOS, SMOKE, Profile
from services.simulator.world import World
from tests.unit.simulator.conftest import STARTED_AT, Receiver

QUICK = Manner(retry_scale=1e-5)


def made(total: int, profile: Profile = SMOKE) -> list[Delivery]:
    """Deliveries to send."""
    run = Run(profile=profile, seed=1, started_at=STARTED_AT, total=total)
    return list(deliveries(run, World(1, accounts(1))))


def ids(some: list[Delivery]) -> set[str]:
    """The ids of all events in `some`."""
    return {event.expected_id for each in some for event in each.events}


async def test_all_acknowledged(receiver: Receiver) -> None:
    """What is answered 200 at once is sent once."""
    found = made(100)
    report = await send_all(found, receiver.target, QUICK)
    assert report.complete
    assert report.answers == {"200": 100}
    assert len(receiver.taken) == 100


async def test_retries(receiver: Receiver) -> None:
    """What is not answered 200 is sent again until it is, with a new send time, and not more."""
    receiver.statuses = [503, 500, 301, 404, 503, 503, 503, 503]
    found = made(3)
    report = await send_all(found, receiver.target, QUICK)
    assert report.complete
    assert report.answers == {"200": 3, "301": 1, "404": 1, "500": 1, "503": 5}
    assert len(receiver.taken) == 3
    assert {entry["time"] for entry in receiver.entries()} != {int(STARTED_AT)}


async def test_send_later(receiver: Receiver) -> None:
    """What is to be sent later counts as waiting until then, and is retried like all else."""
    receiver.statuses = [503]
    found = made(1)[0]
    async with sender(receiver.target, QUICK) as sending, asyncio.TaskGroup() as tasks:
        tasks.create_task(sending.stay([]))
        sending.send_later(found, 0.01)
        assert sending.ledger.waiting == 1
        await receiver.has_taken(1)
        await sending.settled()
        assert sending.report().answers == {"200": 1, "503": 1}
        sending.abandon()
        sending.send_later(made(2)[1], 0.0)
        assert sending.ledger.counts()["sent"] == 1


async def test_ledger(receiver: Receiver) -> None:
    """The ledger counts the 200s of each event, and who is sent twice is counted twice."""
    found = made(40)
    async with sender(receiver.target, QUICK) as sending:
        await sending.send([*found, *found[:10]])
        counts = sending.ledger.acknowledged()
    expected = Counter(event.expected_id for each in [*found, *found[:10]] for event in each.events)
    assert counts == expected


async def test_forged(receiver: Receiver) -> None:
    """A forged delivery is refused, never retried, and its events are kept apart."""
    found = made(3_000, CHAOS)
    forged = [each for each in found if each.forged]
    async with sender(receiver.target, QUICK) as sending:
        report = await sending.send(found)
        honest = [each for each in found if not each.forged]
        assert set(sending.ledger.refused_ids()) == ids(forged) - ids(honest)
    assert report.answers["401"] == len(forged) == len(receiver.refused)
    assert report.events["forged_and_accepted"] == 0
    assert report.complete


async def test_chaos_settles(receiver: Receiver) -> None:
    """Whatever is re-batched and repeated, in the end every event was acknowledged."""
    receiver.statuses = [503, 200] * 200
    found = made(2_000, CHAOS)
    async with sender(receiver.target, Manner(retry_scale=1e-5, rebatch=1.0)) as sending:
        report = await sending.send(found)
        acknowledged = set(sending.ledger.acknowledged())
    assert report.complete
    assert acknowledged == ids([each for each in found if not each.forged])


async def test_gives_up(receiver: Receiver) -> None:
    """Told to give up, it does, and says so."""
    receiver.statuses = [503] * 10_000
    manner = Manner(retry_scale=1e-5, give_up_seconds=0.0)
    report = await send_all(made(5), receiver.target, manner)
    assert not report.complete
    assert (report.events["given_up"], report.events["waiting"]) == (len(ids(made(5))), 0)


async def test_nobody_there() -> None:
    """A receiver that is not there is `unreachable`, and everything waits."""
    target = Target(url="http://127.0.0.1:1/", secrets={"instagram": b"s", "facebook": b"s"})
    async with sender(target, Manner()) as sending:
        assert await sending.send_now(made(1)[0]) == "unreachable"
    assert sending.ledger.waiting == 1


async def test_pause(receiver: Receiver) -> None:
    """Nothing new is sent while paused; `resume` sends the rest."""
    async with sender(receiver.target, QUICK) as sending, asyncio.TaskGroup() as tasks:
        sending.pause()
        sent = tasks.create_task(sending.send(made(10)))
        assert await sending.send_now(made(11)[10]) == "200"
        assert len(receiver.taken) == 1
        sending.resume()
        await sent
    assert len(receiver.taken) == 11


async def test_end(receiver: Receiver) -> None:
    """Told to end, it sends nothing new, and retries what waits until that is settled."""
    receiver.statuses = [503] * 4
    run = Run(profile=SMOKE, seed=1, started_at=STARTED_AT)
    manner = Manner(rate=5_000, retry_scale=1e-5)
    async with sender(receiver.target, manner) as sending, asyncio.TaskGroup() as tasks:
        tasks.create_task(sending.stay(deliveries(run, World(1, accounts(1)))))
        await receiver.has_taken(20)
        sending.end()
        await sending.settled()
        counts = sending.ledger.counts()
        assert counts["sent"] == counts["acknowledged"]
        sending.abandon()


async def test_triggered_is_retried(receiver: Receiver) -> None:
    """What is sent by hand after the end is retried too."""
    receiver.statuses = [503, 503]
    async with sender(receiver.target, QUICK) as sending, asyncio.TaskGroup() as tasks:
        tasks.create_task(sending.stay([]))
        await sending.settled()
        assert await sending.send_now(made(1)[0]) == "503"
        await sending.settled()
        sending.abandon()
    assert len(receiver.taken) == 1


def test_schedule() -> None:
    """Retries come a few times at once, then less and less often."""
    retries = Retries(scale=1.0, rebatch=0.0, seed=1)
    parcel = retries.first(made(1)[0], 0.0)
    now, waits = 0.0, []
    for _ in range(8):
        retries.add(parcel, now)
        waits.append((retries.next_due or 0.0) - now)
        now = retries.next_due or 0.0
        parcel = retries.take(now)[0]
    assert waits[:3] == [0, 0, 0]
    assert waits[3:] == sorted(waits[3:])
    assert waits[3] == 60


def test_regrouped() -> None:
    """Re-batched retries hold the same events, at most a thousand each, of one app and object."""
    retries = Retries(scale=0.0, rebatch=1.0, seed=1)
    found = made(3_000, CHAOS)
    for each in found:
        retries.add(retries.first(each, 0.0), 0.0)
    again = [parcel.delivery for parcel in retries.take(1.0)]
    assert ids(again) == ids(found)
    assert len(again) < len(found)
    for each in again:
        assert len(each.events) <= 1_000
        assert {entry.account.app for entry in each.entries} == {each.app}
        assert {entry.account.platform for entry in each.entries} == {each.platform}


async def test_handshake(receiver: Receiver) -> None:
    """The handshake is empty-handed when it went well, and says what is wrong when not."""
    assert await shake_hands(receiver.url, "open sesame") == ""
    assert await shake_hands(receiver.url, "wrong") == "answered 403 instead of 200"
    assert "unreachable" in await shake_hands("http://127.0.0.1:1/", "open sesame")


def test_percentiles() -> None:
    """Percentiles are right to one per cent, whatever their size."""
    latencies = Latencies()
    for number in range(1, 1_001):
        latencies.add(number / 1_000)
    assert latencies.percentile(50) == pytest.approx(0.5, rel=0.011)
    assert latencies.percentile(99) == pytest.approx(0.99, rel=0.011)
    assert latencies.percentile(100) == latencies.largest == 1.0
    assert Latencies().percentile(99) == 0
