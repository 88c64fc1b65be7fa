"""`messaging[]` and `standby[]`: messages with all they can carry, echoes, edits, unsends (platform
§4.2, §4.3)."""

import hashlib
from typing import Any

from services.simulator import sayings, words
from services.simulator.accounts import Account
from services.simulator.things import Media, Message, Person
from services.simulator.traffic.events import Container, Event
from services.simulator.traffic.scene import Scene

_CDN = "https://lookaside.fbsbx.com/ig_messaging_cdn/?asset_id="
_INBOX_APP = 26390203743090
_MOST_EDITS = 5


def message(scene: Scene, account: Account, text: str) -> list[Event]:
    """Somebody writes."""
    return [_inbound(scene, account, {"text": text or sayings.saying(scene.rng)})]


def quick_reply(scene: Scene, account: Account, text: str) -> list[Event]:
    """Somebody taps an offered answer."""
    content = {"text": text or "Red", "quick_reply": {"payload": "COLOR_RED"}}
    return [_inbound(scene, account, content)]


def answer(scene: Scene, account: Account, text: str) -> list[Event]:
    """Somebody answers one certain message."""
    first, earlier = earlier_message(scene, account)
    person = _other(scene, account, earlier)
    content = {"text": text or sayings.saying(scene.rng), "reply_to": {"mid": earlier.mid}}
    return [*first, _inbound(scene, account, content, person=person)]


def story_reply(scene: Scene, account: Account, text: str) -> list[Event]:
    """Somebody answers a story, which opens the 24 h window."""
    story = {"url": _url(scene), "id": scene.world.story(account, scene.number()).id}
    if scene.rng.random() < 0.5:
        story["link_sticker_url"] = "https://shop.example/x"
    content = {"text": text or "nice story", "reply_to": {"story": story}}
    return [_inbound(scene, account, content)]


def story_mention(scene: Scene, account: Account, text: str) -> list[Event]:
    """Somebody names the account in a story: this comes as a message."""
    del text
    return [_attached(scene, account, {"type": "story_mention", "payload": {"url": _url(scene)}})]


def attachment(scene: Scene, account: Account, text: str) -> list[Event]:
    """Somebody sends something other than words; `text` may name its type."""
    media = scene.media(account)
    every = _attachments(scene, media)
    known = [each for each in every if each[0]["type"] == text]
    return [_attached(scene, account, *scene.rng.choice(known or every))]


def unsupported(scene: Scene, account: Account, text: str) -> list[Event]:
    """Somebody sends what the API does not show."""
    del text
    return [_inbound(scene, account, {"is_unsupported": True})]


def from_ad(scene: Scene, account: Account, text: str) -> list[Event]:
    """Somebody writes from an ad or about a product."""
    ad = {"ref": "summer", "ad_id": "120200000000001", "source": "ADS", "type": "OPEN_THREAD"}
    ad_context = {"ads_context_data": {"ad_title": "Summer ☀️", "photo_url": _url(scene)}}
    referral: dict[str, Any] = (
        {**ad, **ad_context} if scene.rng.random() < 0.5 else {"product": {"id": "44001"}}
    )
    return [_inbound(scene, account, {"text": text or "hi", "referral": referral})]


def standby(scene: Scene, account: Account, text: str) -> list[Event]:
    """Somebody writes while another app owns the conversation."""
    content = {"text": text or sayings.saying(scene.rng)}
    return [_inbound(scene, account, content, container="standby")]


def echo(scene: Scene, account: Account, text: str) -> list[Event]:
    """The account wrote: by an app, in the Page inbox or on a phone."""
    content: dict[str, Any] = {"text": text or scene.rng.choice(words.ANSWERS), "is_echo": True}
    if account.platform == "page":
        content |= {"app_id": _INBOX_APP, "metadata": "parley"}
    return [_outbound(scene, account, scene.person(account), content)]


def self_message(scene: Scene, account: Account, text: str) -> list[Event]:
    """The account writes to itself to try things out."""
    own = Person(f"99{account.scoped_id}", account.username, account.name)
    content = {"text": text or "test", "is_echo": True, "is_self": True}
    return [_outbound(scene, account, own, content)]


def edit(scene: Scene, account: Account, text: str) -> list[Event]:
    """Somebody changes a message; the message comes first when there is none yet."""
    first, earlier = earlier_message(scene, account)
    earlier.edits += 1
    earlier.text = text or sayings.saying(scene.rng)
    if earlier.edits == _MOST_EDITS:
        scene.recent_messages[account.id].remove(earlier)
    number = earlier.edits
    shown: int | str = str(number) if account.platform == "instagram" else number
    change = {"mid": earlier.mid, "text": earlier.text, "num_edit": shown}
    value = {**_between(scene, earlier), "message_edit": change}
    expected = f"message-edit:{earlier.mid}:{number}"
    item = scene.write(value)
    return [*first, scene.event(account, "message-edit", expected, "messaging", item)]


def bare_edit(scene: Scene, account: Account, text: str) -> list[Event]:
    """An edit as it was seen live: number 0, no words, nobody named; its time tells it apart."""
    del text
    first, earlier = earlier_message(scene, account)
    change = {"mid": earlier.mid, "num_edit": 0}
    item = scene.write({"timestamp": scene.milliseconds, "message_edit": change})
    moment = hashlib.sha256(b"\0%d" % scene.milliseconds).hexdigest()
    expected = f"message-edit:{earlier.mid}:{moment}"
    return [*first, scene.event(account, "message-edit", expected, "messaging", item)]


def unsend(scene: Scene, account: Account, text: str) -> list[Event]:
    """Somebody takes a message back, under the message's own id."""
    del text
    first, earlier = earlier_message(scene, account)
    scene.recent_messages[account.id].remove(earlier)
    value = {**_between(scene, earlier), "message": {"mid": earlier.mid, "is_deleted": True}}
    expected = f"message-deleted:{earlier.mid}"
    item = scene.write(value)
    return [*first, scene.event(account, "message-deleted", expected, "messaging", item)]


def _inbound(
    scene: Scene,
    account: Account,
    content: dict[str, Any],
    *,
    container: Container = "messaging",
    person: Person | None = None,
) -> Event:
    sender = person or scene.person(account)
    scene.world.heard(account, sender, scene.now)
    return _sent(scene, account, (sender.id, account.id), content, container)


def _outbound(scene: Scene, account: Account, person: Person, content: dict[str, Any]) -> Event:
    return _sent(scene, account, (account.id, person.id), content, "messaging")


def _sent(
    scene: Scene,
    account: Account,
    parties: tuple[str, str],
    content: dict[str, Any],
    container: Container,
) -> Event:
    sender_id, recipient_id = parties
    person_id = recipient_id if sender_id == account.id else sender_id
    sent = Message(
        mid=scene.mid(account, person_id),
        sender_id=sender_id,
        recipient_id=recipient_id,
        text=content.get("text", ""),
        at=scene.now,
    )
    thread = scene.world.thread(person_id)
    if thread is not None:
        scene.world.add_message(thread, sent)
    if sender_id != account.id:
        scene.recent_messages[account.id].append(sent)
    return message_event(scene, account, sent, content, container)


def message_event(
    scene: Scene,
    account: Account,
    sent: Message,
    content: dict[str, Any],
    container: Container = "messaging",
) -> Event:
    """What is told of `sent`, which holds `content`."""
    item = scene.write({**_between(scene, sent), "message": {"mid": sent.mid, **content}})
    expected = f"message:{sent.mid}{':standby' if container == 'standby' else ''}"
    return scene.event(account, "message", expected, container, item)


def _attached(scene: Scene, account: Account, *attachments: dict[str, Any]) -> Event:
    return _inbound(scene, account, {"attachments": list(attachments)})


def earlier_message(scene: Scene, account: Account) -> tuple[list[Event], Message]:
    """A recent message somebody wrote, and the event that brings it when there was none yet."""
    first = [] if scene.recent_messages[account.id] else message(scene, account, "")
    return first, scene.rng.choice(scene.recent_messages[account.id])


def _other(scene: Scene, account: Account, earlier: Message) -> Person:
    found = scene.world.find_person(earlier.sender_id)
    return found[1] if found else scene.person(account)


def _between(scene: Scene, sent: Message) -> dict[str, Any]:
    return {
        "sender": {"id": sent.sender_id},
        "recipient": {"id": sent.recipient_id},
        "timestamp": scene.milliseconds,
    }


def _url(scene: Scene) -> str:
    return _CDN + scene.number()


def _attachments(scene: Scene, media: Media) -> list[list[dict[str, Any]]]:
    """Every documented type, and both twins of a shared post (platform §4.2)."""
    url = {"url": _url(scene)}
    shared = {**url, "title": media.caption}
    card = {"title": "Card", "subtitle": "s", "buttons": []}
    plain = ("image", "video", "audio", "file", "share", "media", "ig_story", "unsupported_type")
    post = {"type": "ig_post", "payload": {"ig_post_media_id": media.id, **shared}}
    return [
        *([{"type": name, "payload": url}] for name in plain),
        [{"type": "ig_reel", "payload": {"reel_video_id": media.id, **shared}}],
        [{"type": "reel", "payload": {"reel_video_id": media.id, **shared}}],
        [post],
        [{"type": "share", "payload": url}, post],
        [{"type": "image", "payload": url}, {"type": "image", "payload": {"url": _url(scene)}}],
        [{"type": "template", "payload": {"generic": {"elements": [card]}}}],
        [{"type": "image", "payload": {**url, "sticker_id": 369239263222822}}],
        [{"type": "fallback", "payload": None}],
        [{"type": "hologram", "payload": {**url, "depth": 12345678901234567890}}],
    ]
