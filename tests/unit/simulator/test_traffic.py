"""Traffic: repeatable, shaped and written as Meta does, and with the ids the pipeline gives it."""

import json
import re
from collections import Counter
from datetime import UTC, datetime

import pytest

from services.simulator.accounts import accounts
from services.simulator.traffic.deliveries import Run, deliveries, happening
from services.simulator.traffic.events import Delivery, meta_json, pack, sign
from services.simulator.traffic.kinds import KINDS
from services.simulator.traffic.profiles import BUSY, CHAOS, LARGEST_BATCH, PROFILES, SMOKE, Profile
from services.simulator.traffic.scene import Scene
from services.simulator.world import World
from shared.meta.signature import Keyring
from shared.meta.split import split

STARTED_AT = 1_795_000_000.0


def made(profile: Profile, total: int = 3_000, seed: int = 1) -> list[Delivery]:
    """A run's deliveries."""
    run = Run(profile=profile, seed=seed, started_at=STARTED_AT, total=total)
    return list(deliveries(run, World(seed, accounts(seed, 9))))


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_repeatable(profile: Profile) -> None:
    """The same seed and start give the same bytes; another seed gives others."""
    first = [each.render() for each in made(profile, 500)]
    assert first == [each.render() for each in made(profile, 500)]
    assert first != [each.render() for each in made(profile, 500, seed=2)]


def test_new_start() -> None:
    """No id that is made from Meta's ids comes again in a run that starts later."""
    ids = []
    for started_at in (STARTED_AT, STARTED_AT + 60):
        run = Run(profile=SMOKE, seed=1, started_at=started_at, total=500)
        found = deliveries(run, World(1, accounts(1)))
        ids.append({event.expected_id for each in found for event in each.events})
    assert not ids[0] & ids[1]


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_split(profile: Profile) -> None:
    """The pipeline takes each delivery apart into exactly the events it was made of."""
    arrived = datetime.fromtimestamp(STARTED_AT + 3_600, UTC)
    for delivery in made(profile, 5_000):
        found = split(delivery.render(), delivery.app, arrived)
        expected = [
            (each.expected_id, each.kind, each.account.id, each.container, each.item)
            for each in delivery.events
            if each.container != "flat"
        ]
        assert expected == [
            (each.id, each.kind, each.account, each.container, bytes(each.item))
            for each in found
            if each.container != "flat"
        ]
        assert [each.expected_id for each in delivery.events] == [each.id for each in found]
        assert all(each.time_source != "arrival" for each in found)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind(kind: str) -> None:
    """Each kind can happen by itself, and is read as what it is, not as something unknown."""
    world = World(1, accounts(1))
    account = next(each for each in world.accounts if KINDS[kind].fits(each))
    scene = Scene(world, 1, STARTED_AT)
    events = happening(scene, account, kind, "")
    for delivery in pack(events, STARTED_AT):
        found = split(delivery.render(), delivery.app, datetime.fromtimestamp(STARTED_AT, UTC))
        assert [each.expected_id for each in delivery.events] == [each.id for each in found]
        assert "broken" not in {each.kind for each in found}


@pytest.mark.parametrize("kind", ["sample-comment", "sample-message"])
@pytest.mark.parametrize("index", [0, 2])
def test_samples(kind: str, index: int) -> None:
    """The dashboard's samples are about nobody, and are known to be samples."""
    world = World(1, accounts(1))
    events = happening(Scene(world, 1, STARTED_AT), world.accounts[index], kind)
    (delivery,) = pack(events, STARTED_AT)
    (found,) = split(delivery.render(), delivery.app, datetime.fromtimestamp(STARTED_AT, UTC))
    assert (found.account, found.test) == ("0", True)


def test_changed_fields() -> None:
    """Names of fields come without values, and a retry repeats them to the byte."""
    world = World(1, accounts(1))
    events = happening(Scene(world, 1, STARTED_AT), world.accounts[0], "changed-fields", "name")
    (delivery,) = pack(events, STARTED_AT)
    assert json.loads(delivery.render())["entry"][0]["changed_fields"] == ["name"]
    assert delivery.sent_at(STARTED_AT + 60).render() == delivery.render()


def test_spammer_and_wave() -> None:
    """A spammer is one person, a wave is many; what they say differs by its end at most."""
    world = World(1, accounts(1))
    for kind, alone in (("spammer", True), ("wave", False)):
        scene = Scene(world, 1, STARTED_AT)
        events = happening(scene, world.accounts[0], kind, "Buy now")
        said = list(scene.recent_comments[world.accounts[0].id])
        assert len(said) == len(events) > 2
        assert all(each.text.startswith("Buy now") for each in said)
        assert (len({each.author for each in said}) == 1) is alone


def test_chosen_person() -> None:
    """Who does it can be chosen, for this one time."""
    world = World(1, accounts(1))
    scene = Scene(world, 1, STARTED_AT)
    for number in (4, 499):
        happening(scene, world.accounts[0], "comment", person=number)
        last = scene.recent_comments[world.accounts[0].id][-1]
        assert last.author == world.person(world.accounts[0], number)
    happening(scene, world.accounts[0], "message")
    assert scene.speaker is None


def test_given_text() -> None:
    """A text that is given is what is said."""
    world = World(1, accounts(1))
    events = happening(Scene(world, 1, STARTED_AT), world.accounts[0], "comment", "wo ist es? 📦")
    assert json.loads(events[0].item)["value"]["text"] == "wo ist es? 📦"


def test_impossible() -> None:
    """A kind that an account cannot have is refused."""
    world = World(1, accounts(1))
    with pytest.raises(ValueError, match="feed-comment"):
        happening(Scene(world, 1, STARTED_AT), world.accounts[0], "feed-comment")


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_written_like_meta(profile: Profile) -> None:
    """Bodies are ASCII without blanks, their escapes in lower case, their ids strings."""
    for delivery in made(profile, 2_000):
        body = delivery.render()
        assert body.isascii()
        assert not re.search(rb"\\u[0-9a-f]{0,3}[A-F]", body)
        assert all(isinstance(entry["id"], str) for entry in json.loads(body)["entry"])


def test_escapes() -> None:
    """Emoji are surrogate pairs, and a slash may be escaped."""
    assert meta_json("é😍/") == b'"\\u00e9\\ud83d\\ude0d/"'
    assert meta_json("a/b", escape_slashes=True) == b'"a\\/b"'


def test_units() -> None:
    """`entry.time` is seconds beside changes and milliseconds beside messages."""
    for delivery in made(SMOKE, 200):
        for entry in json.loads(delivery.render())["entry"]:
            milliseconds = "messaging" in entry or "standby" in entry
            assert (entry["time"] > 1e11) == milliseconds


def test_signature() -> None:
    """Deliveries are signed so that the receiver takes them."""
    body = made(SMOKE, 1)[0].render()
    keyring = Keyring.of({"instagram": ["s"]})
    assert keyring.verify(sign(b"s", body).encode(), body).app == "instagram"


def test_smoke_has_all() -> None:
    """`smoke` brings every kind in turn, one event a delivery, without faults."""
    found = made(SMOKE, 200)
    kinds = Counter(event.kind for each in found for event in each.events)
    assert set(kinds) >= {"comment", "live-comment", "mention", "message", "message-edit", "change"}
    assert all(len(each.events) == 1 for each in found)
    assert not any(each.forged or each.slow or each.again for each in found)


def test_busy_batches() -> None:
    """`busy` puts up to a thousand updates into one delivery, for several accounts of an app."""
    found = made(BUSY, 8_000)
    sizes = [len(each.events) for each in found]
    assert LARGEST_BATCH >= max(sizes) > 200
    assert any(len({entry.account.id for entry in each.entries}) > 1 for each in found)
    assert all({entry.account.app for entry in each.entries} == {each.app} for each in found)


def test_chaos_faults() -> None:
    """`chaos` has forged, slow and repeated deliveries; no forged one is repeated."""
    found = made(CHAOS, 20_000)
    assert any(each.forged for each in found)
    assert any(each.slow for each in found)
    assert any(each.again for each in found)
    assert not any(each.forged and each.again for each in found)


def test_total() -> None:
    """A run has exactly as many events as asked for."""
    for profile in PROFILES.values():
        assert sum(len(each.events) for each in made(profile, 777)) == 777


def test_comment_shapes() -> None:
    """Comments come in all three documented shapes, ad comments twice with one id."""
    bodies = [each.render() for each in made(SMOKE, 3_000)]
    assert any(b'"comments","value":{"id"' in body and b'"changes"' in body for body in bodies)
    assert any(b'"comments","value":{"comment_id"' in body for body in bodies)
    assert any(b',"field":"comments"' in body for body in bodies)
    world = World(1, accounts(1))
    events = happening(Scene(world, 1, STARTED_AT), world.accounts[0], "ad-comment")
    assert events[0].expected_id == events[1].expected_id
    assert b'"ad_id"' in events[1].item


def test_accounts() -> None:
    """Accounts follow from the seed: distinct, of all families, their tokens out of sight."""
    found = accounts(5, 30, ("instagram", "facebook"))
    assert found == accounts(5, 30)
    assert found[:3] == accounts(5, 3)
    assert len({each.id for each in found} | {each.token for each in found}) == 60
    assert {(each.platform, each.login) for each in found} == {
        ("instagram", "instagram"),
        ("instagram", "facebook"),
        ("page", "facebook"),
    }
    assert all(each.app == each.login for each in found)
    assert found[0].token not in repr(found)
    assert {each.app for each in accounts(5, 3, ("shop",))} == {"shop"}
