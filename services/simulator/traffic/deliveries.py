"""Endless deliveries of one profile, or of one kind; the same seed and start repeat them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import cycle, islice
from random import Random

from services.simulator.accounts import Account
from services.simulator.traffic.events import Delivery, Event, pack
from services.simulator.traffic.kinds import KINDS
from services.simulator.traffic.profiles import Profile
from services.simulator.traffic.scene import Scene
from services.simulator.world import World


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """What a run is made from: equal runs are equal byte for byte.

    `started_at` are Unix seconds; `rate` is in events a second, and how fast the events' own
    clock goes. `total` ends it, None never does.
    """

    profile: Profile
    seed: int
    started_at: float
    rate: float = 50.0
    total: int | None = None


def deliveries(run: Run, world: World) -> Iterator[Delivery]:
    """The run's deliveries in the order they are to be sent; `world` learns what happens in them.

    The last delivery may be cut short so that exactly `total` events are sent.
    """
    scene = Scene(world, run.seed, run.started_at, run.profile.hot_share)
    rng = Random(f"batches:{run.seed}:{run.started_at}")
    stream = _shuffled(islice(_events(scene, run), run.total), run.profile.disorder, rng)
    while batch := list(islice(stream, rng.choice(run.profile.batches))):
        for delivery in _packed(batch, scene.now, run.profile):
            yield _spoilt(delivery, run.profile, rng)


def happening(
    scene: Scene, account: Account, kind: str, text: str = "", person: int | None = None
) -> list[Event]:
    """The events of one happening of `kind`, done by the account's person of that number.

    Raises:
        KeyError: there is no such kind.
        ValueError: such an account cannot have it.
    """
    found = KINDS[kind]
    if not found.fits(account):
        raise ValueError(f"{kind} cannot happen to a {account.platform} with {account.login} login")
    scene.speaker = person
    return found.make(scene, account, text)


def _events(scene: Scene, run: Run) -> Iterator[Event]:
    made = 0
    draw = _in_turn if run.profile.every_kind_in_turn else _mixed
    for account, name in draw(scene):
        for event in KINDS[name].make(scene, account, ""):
            yield event
            made += 1
            scene.now = run.started_at + made / run.rate


def _in_turn(scene: Scene) -> Iterator[tuple[Account, str]]:
    """Every kind in the table's order, each with the next account that can have it."""
    turns = {name: cycle(found) for name, found in _fitting(scene.world.accounts).items()}
    return ((next(turns[name]), name) for name in cycle(turns))


def _mixed(scene: Scene) -> Iterator[tuple[Account, str]]:
    """Kinds by their weights, accounts by chance."""
    fitting = _fitting(scene.world.accounts)
    names = list(fitting)
    weights = [KINDS[name].weight for name in names]
    while True:
        for name in scene.rng.choices(names, weights, k=256):
            yield scene.rng.choice(fitting[name]), name


def _fitting(accounts: Sequence[Account]) -> dict[str, list[Account]]:
    found = {name: [each for each in accounts if kind.fits(each)] for name, kind in KINDS.items()}
    return {name: able for name, able in found.items() if able}


def _shuffled(events: Iterator[Event], window: int, rng: Random) -> Iterator[Event]:
    if window == 1:
        yield from events
    while part := list(islice(events, window)):
        rng.shuffle(part)
        yield from part


def _packed(batch: Sequence[Event], now: float, profile: Profile) -> list[Delivery]:
    if profile.together:
        return pack(sorted(batch, key=_place), now)
    return [found for event in batch for found in pack([event], now)]


def _spoilt(delivery: Delivery, profile: Profile, rng: Random) -> Delivery:
    if rng.random() < profile.forged:
        return replace(delivery, forged=True)
    return unsettled(delivery, profile, rng)


def unsettled(delivery: Delivery, profile: Profile, rng: Random) -> Delivery:
    """What comes from Meta for sure, now and then slowly or twice."""
    slow, again = rng.random() < profile.slow, rng.random() < profile.duplicates
    return replace(delivery, slow=slow, again=again)


def _place(event: Event) -> tuple[str, str]:
    return event.account.id, event.container
