"""What else happens in a conversation: reactions, buttons, reads, handovers, consent (platform
§4.2)."""

import hashlib
from typing import Any

from services.simulator.accounts import Account
from services.simulator.things import Person
from services.simulator.traffic.events import Event
from services.simulator.traffic.messages import earlier_message
from services.simulator.traffic.scene import Scene
from shared.contracts.raw import Kind

_EMOJI = {"love": "\u2764\ufe0f", "wow": "😮", "like": "👍"}


def reaction(scene: Scene, account: Account, text: str) -> list[Event]:
    """Somebody reacts to a message; `text` may name the reaction."""
    first, earlier = earlier_message(scene, account)
    name = text if text in _EMOJI else scene.rng.choice([*_EMOJI])
    emoji = _EMOJI[name]
    value = {"mid": earlier.mid, "action": "react", "reaction": name, "emoji": emoji}
    mark = f"{earlier.mid}:{earlier.sender_id}:react:{emoji}:{scene.milliseconds}"
    return [*first, _happened(scene, account, earlier.sender_id, "reaction", mark, value)]


def unreact(scene: Scene, account: Account, text: str) -> list[Event]:
    """Somebody takes a reaction back; which one is not said."""
    del text
    first, earlier = earlier_message(scene, account)
    value = {"mid": earlier.mid, "action": "unreact"}
    mark = f"{earlier.mid}:{earlier.sender_id}:unreact::{scene.milliseconds}"
    return [*first, _happened(scene, account, earlier.sender_id, "reaction", mark, value)]


def postback(scene: Scene, account: Account, text: str) -> list[Event]:
    """Somebody taps an ice-breaker, which counts as consent to be looked up."""
    person = _heard(scene, account)
    mid = scene.mid(account, person.id)
    value = {"mid": mid, "title": text or "Prices", "payload": "PRICES"}
    return [_happened(scene, account, person.id, "postback", mid, value)]


def referral(scene: Scene, account: Account, text: str) -> list[Event]:
    """Somebody comes by a link into a conversation that exists."""
    person = scene.person(account)
    ref = text or "qr1"
    value = {"ref": ref, "source": "SHORTLINK", "type": "OPEN_THREAD"}
    mark = f"{person.id}:{scene.milliseconds}:{ref}"
    return [_happened(scene, account, person.id, "referral", mark, value)]


def seen(scene: Scene, account: Account, text: str) -> list[Event]:
    """Somebody read: Instagram names the message, a Page the time until when."""
    del text
    first, earlier = earlier_message(scene, account)
    value: dict[str, Any] = {"mid": earlier.mid}
    mark = earlier.mid
    if account.platform == "page":
        value, mark = {"watermark": scene.milliseconds}, str(scene.milliseconds)
    person_id = earlier.sender_id
    return [*first, _happened(scene, account, person_id, "read", f"{person_id}:{mark}", value)]


def delivery(scene: Scene, account: Account, text: str) -> list[Event]:
    """A Page's messages arrived at somebody's device; this may come without a timestamp."""
    del text
    person = scene.person(account)
    watermark = scene.milliseconds
    value = {"sender": {"id": person.id}, "recipient": {"id": account.id}}
    item = scene.write({**value, "delivery": {"watermark": watermark}})
    expected = f"delivery:{person.id}:{watermark}"
    return [scene.event(account, "delivery", expected, "messaging", item)]


def handover(scene: Scene, account: Account, text: str) -> list[Event]:
    """The conversation goes to another app, is taken, or asked for."""
    person = scene.person(account)
    name = scene.rng.choice(("pass_thread_control", "take_thread_control"))
    value: dict[str, Any] = {"previous_owner_app_id": "111", "new_owner_app_id": "222"}
    if scene.rng.random() < 0.3:
        name, value = "request_thread_control", {"requested_owner_app_id": "222"}
    value["metadata"] = text or "to human"
    item = scene.write({**_from(scene, account, person.id), name: value})
    expected = f"handover:{person.id}:{scene.milliseconds}:{name}:222"
    return [scene.event(account, "handover", expected, "messaging", item)]


def optin(scene: Scene, account: Account, text: str) -> list[Event]:
    """Somebody agrees to be written to; the token can send messages, so no id may hold it."""
    person = scene.person(account)
    token = f"token{scene.number()}"
    value = {
        "type": "notification_messages",
        "payload": "NEWS",
        "notification_messages_token": token,
        "title": text or "News",
        "token_expiry_timestamp": scene.milliseconds + 86_400_000,
        "user_token_status": "NOT_REFRESHED",
        "notification_messages_timezone": "UTC",
    }
    digest = hashlib.sha256(token.encode()).hexdigest()
    mark = f"{digest}:{scene.milliseconds}"
    return [_happened(scene, account, person.id, "optin", mark, value)]


def feedback(scene: Scene, account: Account, text: str) -> list[Event]:
    """Somebody judges an answer."""
    first, earlier = earlier_message(scene, account)
    value = {"feedback": text or "Bad response", "mid": earlier.mid}
    item = scene.write({**_from(scene, account, earlier.sender_id), "response_feedback": value})
    expected = f"feedback:{earlier.mid}:{earlier.sender_id}:{scene.milliseconds}"
    return [*first, scene.event(account, "feedback", expected, "messaging", item)]


def policy(scene: Scene, account: Account, text: str) -> list[Event]:
    """Meta warns the account; there is no sender."""
    value = {"action": "warning", "reason": text or "spam"}
    head = {"recipient": {"id": account.id}, "timestamp": scene.milliseconds}
    item = scene.write({**head, "policy_enforcement": value})
    expected = f"policy:{account.id}:{scene.milliseconds}:warning"
    return [scene.event(account, "policy", expected, "messaging", item)]


def unknown(scene: Scene, account: Account, text: str) -> list[Event]:
    """Something in a conversation that nobody has documented yet."""
    person = scene.person(account)
    value = {"id": int(scene.number()) * 10**9, "note": text or "neu ✨", "deep": [[{"a": None}]]}
    item = scene.write({**_from(scene, account, person.id), "telepathy": value})
    expected = scene.by_bytes("messaging", item)
    return [scene.event(account, "messaging", expected, "messaging", item)]


def _heard(scene: Scene, account: Account) -> Person:
    person = scene.person(account)
    scene.world.heard(account, person, scene.now)
    return person


def _from(scene: Scene, account: Account, person_id: str) -> dict[str, Any]:
    return {
        "sender": {"id": person_id},
        "recipient": {"id": account.id},
        "timestamp": scene.milliseconds,
    }


def _happened(
    scene: Scene, account: Account, person_id: str, kind: Kind, mark: str, value: dict[str, Any]
) -> Event:
    item = scene.write({**_from(scene, account, person_id), str(kind): value})
    return scene.event(account, kind, f"{kind}:{mark}", "messaging", item)
