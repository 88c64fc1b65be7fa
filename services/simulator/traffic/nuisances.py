"""Those who spoil it for others: one who says the same again and again, many who do, and people
whom a business has long blocked."""

from services.simulator import sayings
from services.simulator.accounts import Account
from services.simulator.things import PEOPLE, PESTS
from services.simulator.traffic import comments, pages
from services.simulator.traffic.events import Event
from services.simulator.traffic.scene import Scene

_TIMES = (3, 6)


def spammer(scene: Scene, account: Account, text: str) -> list[Event]:
    """One person says nearly the same under several posts."""
    said, person = text or scene.rng.choice(sayings.SPREAD), _anybody(scene)
    return [each for _ in _turns(scene) for each in _spread(scene, account, said, person)]


def wave(scene: Scene, account: Account, text: str) -> list[Event]:
    """Many people say nearly the same."""
    said = text or scene.rng.choice(sayings.SPREAD)
    return [each for _ in _turns(scene) for each in _spread(scene, account, said, _anybody(scene))]


def pest(scene: Scene, account: Account, text: str) -> list[Event]:
    """Somebody whom the business has blocked comments all the same."""
    person = scene.rng.choice(PESTS) if scene.speaker is None else scene.speaker
    return _comment(scene, account, text or sayings.nuisance(scene.rng), person)


def _turns(scene: Scene) -> range:
    return range(scene.rng.randint(*_TIMES))


def _anybody(scene: Scene) -> int:
    return scene.rng.randrange(PEOPLE) if scene.speaker is None else scene.speaker


def _spread(scene: Scene, account: Account, text: str, person: int) -> list[Event]:
    return _comment(scene, account, sayings.nearly(text, scene.rng), person)


def _comment(scene: Scene, account: Account, text: str, person: int) -> list[Event]:
    before, scene.speaker = scene.speaker, person
    make = pages.feed_comment if account.platform == "page" else comments.comment
    found = make(scene, account, text)
    scene.speaker = before
    return found
