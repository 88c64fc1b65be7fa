"""What may be done once: the natural key of each action (pitfalls B6, B7).

| kind | claim | released by |
|---|---|---|
| hide, unhide | the comment and the direction | the opposite |
| delete, private_reply | the comment | nothing |
| reply | the comment, and the rule or what a person asked for | nothing |
| message | the person, and what a person asked for or the event and rule | nothing |
| block, unblock | the person and the direction | the opposite |
| tag, untag | the person or comment, the tag, and the direction | the opposite |
| queue | the event | nothing |
"""

from collections.abc import Mapping

from shared.contracts.actions import Action, ActionKind

OPPOSITES: Mapping[ActionKind, ActionKind] = {
    "hide": "unhide",
    "unhide": "hide",
    "block": "unblock",
    "unblock": "block",
    "tag": "untag",
    "untag": "tag",
}
"""What takes back what was done."""


def claim_of(action: Action) -> str:
    """The key that no two actions of an account may hold at the same time."""
    return _claim(action.kind, action)


def opposite_of(action: Action) -> str | None:
    """The key that is free again once `action` is done; None when it undoes nothing."""
    opposite = OPPOSITES.get(action.kind)
    return None if opposite is None else _claim(opposite, action)


def _claim(kind: ActionKind, action: Action) -> str:
    comment = action.comment_id or ""
    match kind:
        case "reply":
            return f"reply:{comment}:{action.client_key or action.rule or action.id}"
        case "message":
            return f"message:{action.person_id or ''}:{action.client_key or _occasion(action)}"
        case "block" | "unblock":
            return f"{kind}:{action.person_id or ''}"
        case "tag" | "untag":
            return f"{kind}:{tagged(action)}:{action.tag or ''}"
        case "queue":
            return f"queue:{action.event_id or action.id}"
        case _:
            return f"{kind}:{comment}"


def tagged(action: Action) -> str:
    """What a tag is put on: the person, or the comment when nobody is named."""
    return action.person_id or action.comment_id or ""


def _occasion(action: Action) -> str:
    if action.event_id is None:
        return action.id
    return f"{action.event_id}/{action.rule or ''}"
