"""What Meta does when told to: replies, hiding, deleting, messages, each kept in a ledger (platform
§6.3)."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from services.simulator.accounts import Account
from services.simulator.graph import errors
from services.simulator.graph.calls import Call
from services.simulator.graph.consequences import Consequences
from services.simulator.graph.errors import Failure
from services.simulator.graph.reads import Thing
from services.simulator.things import LIVE_SECONDS, Comment, Media, Message, Person
from services.simulator.world import World

_HOUR = 3_600
_WINDOW_SECONDS = 24 * _HOUR
_LONG_WINDOW_SECONDS = 7 * 24 * _HOUR
_LONGEST_INSTAGRAM_BYTES = 1_000
_LONGEST_PAGE_CHARACTERS = 2_000
_LONG_TAG = "HUMAN_AGENT"

Done = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Write:
    """One write that happened; `told` is false when the answer was an error all the same."""

    at: float
    account: str
    edge: str
    target: str
    text: str
    created: str
    told: bool


class Writes:
    """The ledger of writes, and the doing of them; `now` are Unix seconds."""

    def __init__(self, world: World, consequences: Consequences) -> None:
        self._world = world
        self._consequences = consequences
        self._numbers = 0
        self._done: list[Write] = []
        self._actions: dict[str, Callable[[Account, Thing, Call, float], Done | Failure]] = {
            "reply": self._reply,
            "comment": self._comment,
            "hide": self._hide,
            "delete": self._delete,
            "messages": self._message,
            "private_reply": self._private_reply,
            "mentions": self._answer_mention,
        }

    def listed(self) -> list[dict[str, Any]]:
        """Every write, oldest first."""
        return [asdict(write) for write in self._done]

    def perform(
        self, account: Account, edge: str, thing: Thing | None, call: Call, now: float
    ) -> Done | Failure:
        """Do what `edge` names, or say why not."""
        action = self._actions.get(edge)
        if thing is None or action is None:
            return errors.missing(call.path[0] if call.path else "", call.method.lower())
        before = len(self._done)
        found = action(account, thing, call, now)
        if "fields" in call.params and len(self._done) > before:
            return errors.FORMAT  # done, and answered with an error all the same (platform §0.9)
        return found

    def disown(self, count: int) -> None:
        """All writes but the first `count` were answered with an error."""
        self._done[count:] = [_untold(write) for write in self._done[count:]]

    def __len__(self) -> int:
        return len(self._done)

    def _new_id(self, now: float) -> str:
        self._numbers += 1
        return f"{int(now * 10) % 10**9:09}{9_000_000 + self._numbers}"

    def _keep(
        self, account: Account, edge: str, target: str, now: float, text: str = "", new: str = ""
    ) -> None:
        write = Write(
            at=now,
            account=account.id,
            edge=edge,
            target=target,
            text=text,
            created=new,
            told=True,
        )
        self._done.append(write)

    def _reply(self, account: Account, thing: Thing, call: Call, now: float) -> Done | Failure:
        if not isinstance(thing, Comment):
            return errors.missing(call.path[0], "post")
        if thing.hidden or thing.live:
            return errors.LIVE if thing.live else errors.HIDDEN
        top = thing.parent_id or thing.id  # a reply to a reply hangs below the first comment
        return self._say(account, "reply", thing.id, (thing.media_id, top), call, now)

    def _comment(self, account: Account, thing: Thing, call: Call, now: float) -> Done | Failure:
        if not isinstance(thing, Media):
            return errors.missing(call.path[0], "post")
        return self._say(account, "comment", thing.id, (thing.id, ""), call, now)

    def _answer_mention(
        self, account: Account, thing: Thing, call: Call, now: float
    ) -> Done | Failure:
        del thing
        media = self._world.find_media(call.text("media_id"))
        if media is None or media.account != account or not media.foreign:
            return errors.missing(call.text("media_id"), "post")
        place = (media.id, call.text("comment_id"))
        return self._say(account, "mentions", place[1] or media.id, place, call, now)

    def _say(
        self,
        account: Account,
        edge: str,
        target: str,
        place: tuple[str, str],
        call: Call,
        now: float,
    ) -> Done | Failure:
        text = call.text("message")
        if not text.strip():
            return errors.NO_MESSAGE
        media_id, parent_id = place
        id_ = f"17{self._new_id(now)}"
        if account.platform == "page":
            id_ = f"{media_id.rpartition('_')[2]}_{id_}"
        said = Comment(
            id=id_,
            account=account,
            media_id=media_id,
            author=Person(account.id, account.username, account.name),
            text=text,
            at=now,
            parent_id=parent_id,
        )
        self._world.add_comment(said)
        self._keep(account, edge, target, now, text, id_)
        self._consequences.said(said, now)
        return {"id": id_}

    def _hide(self, account: Account, thing: Thing, call: Call, now: float) -> Done | Failure:
        if not isinstance(thing, Comment):
            return errors.missing(call.path[0], "post")
        if thing.live or thing.author.id == account.id:
            return errors.LIVE if thing.live else errors.OWN
        name = "is_hidden" if account.platform == "page" else "hide"
        if name in call.params:  # the other one is taken and does nothing (platform §6.3)
            thing.hidden = call.text(name).lower() in ("true", "1")
            verb = "hide" if thing.hidden else "unhide"
            self._keep(account, verb, thing.id, now)
            self._consequences.changed(thing, verb, now)
        return {"success": True}

    def _delete(self, account: Account, thing: Thing, call: Call, now: float) -> Done | Failure:
        if not isinstance(thing, Comment):
            return errors.missing(call.path[0], "delete")
        self._world.remove_comment(thing.id)
        self._keep(account, "delete", thing.id, now)
        self._consequences.changed(thing, "remove", now)
        return {"success": True}

    def _message(self, account: Account, thing: Thing, call: Call, now: float) -> Done | Failure:
        del thing
        person_id = str(call.object("recipient").get("id", ""))
        if not person_id:
            return errors.NO_RECIPIENT
        found = self._world.find_person(person_id)
        if found is None or found[0] != account:
            page = account.platform == "page"
            return errors.NO_PAGE_PERSON if page else errors.NO_INSTAGRAM_PERSON
        if refused := self._window(person_id, call, now):
            return refused
        if call.text("sender_action"):
            return {"recipient_id": person_id}
        content = call.object("message")
        if not _sendable(account, content):
            return errors.BAD_MESSAGE
        return self._send(account, "message", person_id, person_id, content, now)

    def _window(self, person_id: str, call: Call, now: float) -> Failure | None:
        tag = call.text("tag")
        if tag not in ("", _LONG_TAG):
            return errors.RETIRED_TAG
        thread = self._world.thread(person_id)
        seconds = _LONG_WINDOW_SECONDS if tag else _WINDOW_SECONDS
        if thread is None or now - thread.heard_at > seconds:
            return errors.WINDOW_CLOSED
        return None

    def _private_reply(
        self, account: Account, thing: Thing, call: Call, now: float
    ) -> Done | Failure:
        del thing
        comment = self._world.comment(str(call.object("recipient").get("comment_id", "")))
        if comment is None or comment.account != account or comment.author.id == account.id:
            return errors.NO_PRIVATE_REPLY
        window = LIVE_SECONDS if comment.live else _LONG_WINDOW_SECONDS
        if comment.answered_privately or now - comment.at > window:
            return errors.NO_PRIVATE_REPLY
        content = call.object("message")
        if not _sendable(account, content):
            return errors.BAD_MESSAGE
        comment.answered_privately = True
        self._world.opened(account, comment.author)
        return self._send(account, "private_reply", comment.id, comment.author.id, content, now)

    def _send(
        self, account: Account, edge: str, target: str, person_id: str, content: Done, now: float
    ) -> Done:
        text = str(content.get("text", ""))
        start = "m_" if account.platform == "page" else "aWdf"
        sent = Message(
            mid=f"{start}{self._new_id(now)}",
            sender_id=account.id,
            recipient_id=person_id,
            text=text,
            at=now,
        )
        thread = self._world.thread(person_id)
        if thread is not None:
            self._world.add_message(thread, sent)
        self._keep(account, edge, target, now, text, sent.mid)
        self._consequences.sent(account, sent, content, now)
        return {"recipient_id": person_id, "message_id": sent.mid}


def edge_name(thing: Thing | None, call: Call) -> str:
    """The edge a write is counted under and done by. A comment is answered on `replies`, on a Page
    on `comments`."""
    if call.method == "DELETE":
        return "delete" if len(call.path) == 1 else "unknown"
    if len(call.path) == 1:
        return "hide"
    name = call.path[1]
    if name == "messages" and "comment_id" in call.object("recipient"):
        return "private_reply"
    if isinstance(thing, Comment):
        page = thing.account.platform == "page"
        return "reply" if name == ("comments" if page else "replies") else "unknown"
    known = {"comments": "comment", "messages": "messages", "mentions": "mentions"}
    return known.get(name, "unknown")


def _sendable(account: Account, content: Done) -> bool:
    text = content.get("text")
    if not isinstance(text, str):
        return bool(content.get("attachment") or content.get("attachments"))
    if account.platform == "page":
        return 0 < len(text) <= _LONGEST_PAGE_CHARACTERS
    return 0 < len(text.encode(errors="replace")) <= _LONGEST_INSTAGRAM_BYTES


def _untold(write: Write) -> Write:
    return replace(write, told=False)
