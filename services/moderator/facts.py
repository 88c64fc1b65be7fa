"""What rules may ask of an event: the same few facts for comments, mentions and messages."""

from dataclasses import dataclass
from datetime import datetime

from services.moderator.rules import RuleKind


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """One event as rules see it.

    `kind` is None for what no rule judges (reads, reactions, edits without a text). `own` is what
    the account itself wrote, `test` what Meta's dashboard sent, `historic` what was polled or
    replayed as backlog. `written_at` is when it was said, as far as that is known. `message_id` is
    Meta's own id of a message.
    """

    event_id: str
    platform: str
    account: str
    thread: str
    kind: RuleKind | None
    occurred_at: datetime
    written_at: datetime
    own: bool = False
    test: bool = False
    historic: bool = False
    standby: bool = False
    person_id: str | None = None
    username: str | None = None
    name: str | None = None
    text: str = ""
    comment_id: str | None = None
    parent_id: str | None = None
    message_id: str | None = None
    media_id: str | None = None
    original_media_id: str | None = None
    permalink: str | None = None
    ad: bool = False
    live: bool = False
    edited: bool = False
    removed: bool = False
    story_reply: bool = False
    story_mention: bool = False
