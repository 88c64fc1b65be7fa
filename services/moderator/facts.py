"""What rules may ask of an event: the same few facts for comments, mentions and messages."""

from datetime import datetime
from functools import lru_cache

from msgspec import Struct

from services.moderator.rules import RuleKind


def handle(username: str | None) -> str:
    """A handle as it is compared."""
    return (username or "").removeprefix("@").casefold()


class Facts(Struct, frozen=True, kw_only=True, gc=False):
    """One event as rules see it.

    `kind` is None for what no rule judges (reads, reactions, edits without a text). `own` is what
    the account itself wrote, `test` what Meta's dashboard sent, `replayed` what was published once
    more. `occurred_at` is when the event was, `written_at` when it was first said, as far as either
    is known; neither is after `received_at`. `message_id` is Meta's own id of a message.
    `account_name` is the account's handle where the event shows it. `hidden` says that it already
    was when the event was made.
    """

    event_id: str
    platform: str
    account: str
    thread: str
    kind: RuleKind | None
    occurred_at: datetime
    written_at: datetime
    received_at: datetime
    own: bool = False
    test: bool = False
    replayed: bool = False
    standby: bool = False
    person_id: str | None = None
    username: str | None = None
    name: str | None = None
    account_name: str | None = None
    text: str = ""
    comment_id: str | None = None
    parent_id: str | None = None
    message_id: str | None = None
    media_id: str | None = None
    original_media_id: str | None = None
    permalink: str | None = None
    ad: bool = False
    live: bool = False
    hidden: bool = False
    edited: bool = False
    removed: bool = False
    story_reply: bool = False
    story_mention: bool = False

    @property
    def said_at(self) -> datetime:
        """When these words were said: an edit's are new."""
        return self.occurred_at if self.edited else min(self.occurred_at, self.written_at)

    @property
    def names(self) -> frozenset[str]:
        """What lists of people may call the author: the id, or the handle whatever its case."""
        return _names(self.person_id, self.username)


@lru_cache(maxsize=4096)  # several rules ask
def _names(person_id: str | None, username: str | None) -> frozenset[str]:
    return frozenset(filter(None, (person_id, handle(username))))
