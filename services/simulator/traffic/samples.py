"""What comes from Meta and is nobody's doing: the dashboard's samples, and names of fields without
values (platform §1, §4.1). No rule may act on any of it."""

from dataclasses import replace
from typing import Any

from services.simulator import sayings
from services.simulator.accounts import Account
from services.simulator.traffic.events import Event
from services.simulator.traffic.scene import Scene

_SENDER, _RECIPIENT = "12334", "23245"
_ENTRY = "0"


def sample_comment(scene: Scene, account: Account, text: str) -> list[Event]:
    """Somebody presses the dashboard's test button for comments."""
    said = text or sayings.nuisance(scene.rng)
    id_ = f"17{scene.number()}"
    field, value = ("comments", _comment(id_, said))
    if account.platform == "page":
        id_ = f"44444444_{scene.number()}"
        field, value = "feed", _feed(id_, said, scene)
    item = scene.write({"field": field, "value": value})
    nobody = replace(account, id=_ENTRY)
    return [scene.event(nobody, "comment", f"comment:{id_}", "changes", item)]


def sample_message(scene: Scene, account: Account, text: str) -> list[Event]:
    """Somebody presses the dashboard's test button for messages: they come in `changes[]`."""
    mid = f"random_mid_{scene.number()}"
    value = {
        "sender": {"id": _SENDER},
        "recipient": {"id": _RECIPIENT},
        "timestamp": str(int(scene.now)),
        "message": {"mid": mid, "text": text or "random_text"},
    }
    item = scene.write({"field": "messages", "value": value})
    nobody = replace(account, id=_ENTRY)
    return [scene.event(nobody, "message", f"message:{mid}", "changes", item)]


def changed_fields(scene: Scene, account: Account, text: str) -> list[Event]:
    """What an app is told that chose to get no values; `text` may name a field."""
    entry = {
        "id": account.id,
        "time": int(scene.now),
        "uid": scene.number(),
        "changed_fields": [text or scene.rng.choice(("comments", "mentions", "name"))],
    }
    item = scene.write(entry)
    return [scene.event(account, "change", scene.by_bytes("change", item), "changed_fields", item)]


def _comment(id_: str, text: str) -> dict[str, Any]:
    return {
        "id": id_,
        "from": {"id": "232323232", "username": "test"},
        "media": {"id": "123123123", "media_product_type": "FEED"},
        "text": text,
    }


def _feed(id_: str, text: str, scene: Scene) -> dict[str, Any]:
    return {
        "item": "comment",
        "verb": "add",
        "comment_id": id_,
        "post_id": "44444444_444444444",
        "parent_id": "44444444_444444444",
        "from": {"id": "1067280970047460", "name": "Test Page"},
        "created_time": int(scene.now),
        "message": text,
    }
