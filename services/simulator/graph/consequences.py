"""What webhooks tell of a write: echoes of messages, our own replies, a Page's hidden comments
(platform §4)."""

from collections.abc import Callable
from random import Random
from typing import Any

from services.simulator import sayings
from services.simulator.accounts import Account
from services.simulator.things import BOT, Comment, Message
from services.simulator.traffic import comments, messages, pages
from services.simulator.traffic.events import Event
from services.simulator.traffic.scene import Scene

OUR_APP = 1020304050607080
"""What a Page's echoes name as the app that sent them."""

_AT_ONCE = 0.5
_LATEST_SECONDS = 0.5
_BOT_SECONDS = 1.0

Tell = Callable[[Event, float], None]
"""Takes an event and after how many seconds it goes out."""


class Consequences:
    """Turns each write into the events that follow; half of them go out before Graph answers or
    while it does.

    Whether Instagram tells an app of its own replies is not known: `replies_come_back` decides. Of
    hiding and deleting only a Page's feed tells.
    """

    def __init__(self, scene: Scene, tell: Tell, *, replies_come_back: bool = True) -> None:
        self._scene = scene
        self._tell = tell
        self._replies_come_back = replies_come_back
        self._random = Random(f"consequences:{scene.world.seed}")

    def said(self, comment: Comment, now: float) -> None:
        """The account has written a comment."""
        scene = self._moved(now)
        media = scene.world.find_media(comment.media_id)
        if media is None or media.foreign:
            return
        if comment.account.platform == "page":
            more = {"message": comment.text, "created_time": int(now)}
            self._out(pages.feed_event(scene, comment, "add", more))
        elif self._replies_come_back:
            self._out(comments.comment_event(scene, comment, media))

    def changed(self, comment: Comment, verb: str, now: float) -> None:
        """A comment was hidden, shown again or removed."""
        if comment.account.platform != "page":
            return
        shown = {"created_time": int(now), "message": comment.text}
        more = {} if verb == "remove" else shown
        self._out(pages.feed_event(self._moved(now), comment, verb, more))

    def sent(self, account: Account, sent: Message, content: dict[str, Any], now: float) -> None:
        """The account has sent a message; where it got to a bot, that answers."""
        scene = self._moved(now)
        shown = {**content, "is_echo": True}
        if account.platform == "page":
            shown["app_id"] = OUR_APP
        self._out(messages.message_event(scene, account, sent, shown))
        if sent.recipient_id == scene.world.person(account, BOT).id:
            scene.speaker = BOT
            (answer,) = messages.message(scene, account, sayings.AUTOMATIC)
            self._tell(answer, _BOT_SECONDS)

    def _moved(self, now: float) -> Scene:
        self._scene.now = now
        return self._scene

    def _out(self, event: Event) -> None:
        late = self._random.random() >= _AT_ONCE
        self._tell(event, self._random.random() * _LATEST_SECONDS if late else 0.0)
