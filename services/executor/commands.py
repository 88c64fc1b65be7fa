"""What Graph is told for each kind of action (platform §6.3)."""

from typing import Literal

import msgspec

from shared.contracts.actions import Action
from shared.graph.commands import Command, Edge
from shared.graph.queries import UseCase, askable, node
from shared.meta import windows
from shared.meta.texts import fits

Problem = Literal["no_target", "text", "not_at_meta"]
"""Why no call can be made: nobody and nothing to do it to, nothing to say or too much, or a kind
that Meta never hears of."""


def command(action: Action) -> Command | Problem:
    """The one call that `action` is."""
    target = action.person_id if action.kind == "message" else action.comment_id
    if target is None or not (askable(target) and askable(action.account)):
        return "no_target"
    match action.kind:
        case "hide" | "unhide":
            # The other platform's name for it would be taken, and do nothing.
            name = "is_hidden" if action.platform == "page" else "hide"
            form = ((name, "true" if action.kind == "hide" else "false"),)
            return Command(action.kind, comment_use(action), "POST", node(target), form)
        case "delete":
            return Command("delete", comment_use(action), "DELETE", node(target))
        case "reply" | "private_reply" | "message":
            if not fits(action.platform, action.kind, action.text or ""):
                return "text"
            return _saying(action, action.kind, target)
        case _:
            return "not_at_meta"


def comment_use(action: Action) -> UseCase:
    """The quota that comments count against."""
    return "pages" if action.platform == "page" else "instagram"


def _saying(action: Action, edge: Edge, target: str) -> Command:
    text = (action.text or "").encode(errors="replace").decode()
    if edge == "reply":
        name = "comments" if action.platform == "page" else "replies"
        path = f"{node(target)}/{name}"
        return Command(edge, comment_use(action), "POST", path, (("message", text),))
    whom = "id" if edge == "message" else "comment_id"
    body = {"recipient": {whom: target}, "message": {"text": text}, **_messaging_type(action)}
    path = f"{node(action.account)}/messages"
    return Command(edge, "messenger", "POST", path, json=msgspec.json.encode(body))


def _messaging_type(action: Action) -> dict[str, str]:
    """Only what a person wrote may go out after a day, and then has to say so."""
    if action.kind == "message" and windows.by_human(action):
        return {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
    return {"messaging_type": "RESPONSE"} if action.platform == "page" else {}
