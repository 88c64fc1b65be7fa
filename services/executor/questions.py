"""What the executor asks Graph: about one comment, its replies, a conversation, ourselves."""

from typing import Literal

from services.executor.commands import comment_use
from shared.contracts.actions import Action
from shared.graph.queries import Query, node

Detail = Literal["written", "hidden", "parent", "author"]
"""Asked for one by one: a field that may not be read fails the whole call (pitfalls B17)."""

_DETAILS: dict[str, dict[Detail, str]] = {
    "instagram": {
        "written": "timestamp",
        "hidden": "hidden",
        "parent": "parent_id",
        "author": "from{id}",
    },
    "page": {
        "written": "created_time",
        "hidden": "is_hidden",
        "parent": "parent{id}",
        "author": "from{id}",
    },
}
_REPLY = "id,text,timestamp,username,from{id,username},user"
_PAGE_REPLY = "id,message,created_time,from{id}"
_MESSAGES = "id,messages.limit(20){id,created_time,from,to,message}"
"""Meta tells details of no more than 20 (platform §6.2)."""


def comment(action: Action, *details: Detail) -> Query:
    """The action's comment."""
    names = _DETAILS["page" if action.platform == "page" else "instagram"]
    fields = ",".join(("id", *(names[detail] for detail in details)))
    return Query(
        "comment", comment_use(action), node(action.comment_id or ""), (("fields", fields),)
    )


def replies(action: Action, comment_id: str) -> Query:
    """What is said below a comment, the first page of it."""
    page = action.platform == "page"
    path = f"{node(comment_id)}/{'comments' if page else 'replies'}"
    fields = _PAGE_REPLY if page else _REPLY
    return Query("replies", comment_use(action), path, (("fields", fields), ("limit", "50")))


def conversation(action: Action, person_id: str) -> Query:
    """The latest messages between the account and a person."""
    platform = "messenger" if action.platform == "page" else "instagram"
    params = (("platform", platform), ("user_id", person_id), ("fields", _MESSAGES))
    return Query("conversations", "messenger", f"{node(action.account)}/conversations", params)


def ourselves(action: Action) -> Query:
    """By what other id and name the account goes (platform §0.2)."""
    return Query("account", comment_use(action), node(action.account), (("fields", "id,username"),))
