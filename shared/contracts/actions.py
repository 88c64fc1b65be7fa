"""Commands to act, and what became of each: the values of `parley.actions.v1` and
`parley.outcomes.v1`."""

from datetime import datetime
from typing import Literal, get_args

from msgspec import Struct

ActionKind = Literal[
    "hide",
    "unhide",
    "delete",
    "reply",
    "private_reply",
    "message",
    "block",
    "unblock",
    "tag",
    "untag",
    "queue",
]
"""What can be done. The last five are our own: Meta never hears of them."""

ACTION_KINDS: tuple[ActionKind, ...] = get_args(ActionKind)

AT_META: frozenset[ActionKind] = frozenset(
    {"hide", "unhide", "delete", "reply", "private_reply", "message"}
)
"""The kinds that end in a call of the Graph API."""

ActionState = Literal["requested", "claimed", "sent", "failed", "expired", "skipped", "unknown"]
"""The life of an action: `requested → claimed → sent | failed | expired | skipped | unknown`, and
`unknown` becomes `sent`, `failed` or, once, `requested` again when Graph was asked what happened;
`claimed` becomes `requested` again when Meta surely did nothing and may do so later."""

ENDED: frozenset[ActionState] = frozenset({"sent", "failed", "expired", "skipped"})

Requester = Literal["rule", "person"]

REQUESTERS: tuple[Requester, ...] = get_args(Requester)


class Action(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The value of every record on `parley.actions.v1`: one thing to be done, once.

    `id` is deterministic: the same decision, published again, has the same id, and the executor
    takes it once. `thread` is the event's, so that an action follows what it answers. `comment_id`
    names the comment to be hidden, answered or deleted; `person_id` whom a message is for, or who
    is blocked or tagged. `text` is ready to be sent. `client_key` names what a person asked for, so
    that asking twice is one. `not_before` delays it, `expires_at` ends it undone. `human_agent`
    says that a person wrote the text, which opens seven days instead of one (platform §6.3).
    `written_at` is when the comment was made, as far as it is known, and `live` that it was made
    during a broadcast: both close windows.
    """

    id: str
    kind: ActionKind
    platform: str
    account: str
    thread: str
    requested_by: Requester
    requested_at: datetime
    actor: str | None = None
    client_key: str | None = None
    event_id: str | None = None
    rule: str | None = None
    rule_version: int | None = None
    comment_id: str | None = None
    media_id: str | None = None
    person_id: str | None = None
    text: str | None = None
    tag: str | None = None
    human_agent: bool = False
    live: bool = False
    written_at: datetime | None = None
    not_before: datetime | None = None
    expires_at: datetime | None = None


class Outcome(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The value of every record on `parley.outcomes.v1`: `action` changed its state for the
    `number`th time.

    `reason` is from a closed set, `code` and `subcode` are Meta's. `attempt` counts calls that may
    have reached Meta. `created_id` is what Meta made: the reply's id, the message's `mid`;
    `recipient_id` the person that a private reply went to (platform §6.3). `settled` says that a
    state which was `unknown` became known by reading (`present`, `absent`) or by a person.
    """

    action: Action
    number: int
    state: ActionState
    at: datetime
    reason: str | None = None
    code: int | None = None
    subcode: int | None = None
    attempt: int = 0
    created_id: str | None = None
    recipient_id: str | None = None
    settled: Literal["present", "absent", "by_hand"] | None = None

    @property
    def id(self) -> str:
        """The same whenever this change is told again."""
        return f"{self.action.id}#{self.number}"
