"""Enriched events: the raw event verbatim, the same as typed fields, and what Graph added.

Every field that Meta may withhold is optional (pitfalls B17). Words that Meta may add to are plain
strings, so that a new attachment type or reaction passes (pitfalls B12); closed choices of our own
are literals.
"""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from shared.contracts.raw import RawEvent


class Enrichment(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whether all look-ups that were worth their quota succeeded; `reasons` says why not, from a
    closed set."""

    status: Literal["complete", "partial"]
    reasons: tuple[str, ...] = ()


class Person(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Someone outside or the account itself; `id` is scoped to the account that was written to."""

    id: str | None = None
    username: str | None = None
    name: str | None = None
    picture_url: str | None = None
    follower_count: int | None = None
    follows_us: bool | None = None
    followed_by_us: bool | None = None
    verified: bool | None = None


class Media(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A post, reel, story, ad or Page post. URLs are signed links that expire (pitfalls B36)."""

    id: str
    product_type: str | None = None
    media_type: str | None = None
    caption: str | None = None
    permalink: str | None = None
    url: str | None = None
    thumbnail_url: str | None = None
    username: str | None = None
    owner_id: str | None = None
    published_at: datetime | None = None
    like_count: int | None = None
    comments_count: int | None = None
    ad_id: str | None = None
    ad_title: str | None = None
    original_media_id: str | None = None


CommentAction = Literal["added", "edited", "removed", "hidden", "unhidden", "other"]


class Comment(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A comment on a media; `parent_id` is set for replies only (pitfalls B16)."""

    id: str
    action: CommentAction = "added"
    verb: str | None = None
    live: bool = False
    text: str | None = None
    author: Person | None = None
    parent_id: str | None = None
    media_id: str | None = None
    like_count: int | None = None
    hidden: bool | None = None
    created_at: datetime | None = None


class Mention(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody named the account: in the caption of `media_id`, or in the comment `comment_id`
    below it."""

    media_id: str | None = None
    comment_id: str | None = None
    story_id: str | None = None
    verb: str | None = None
    text: str | None = None
    author: Person | None = None
    created_at: datetime | None = None


class Attachment(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something sent with a message; unknown types keep their name and whatever they share with the
    known ones."""

    type: str
    url: str | None = None
    media_id: str | None = None
    title: str | None = None
    sticker_id: str | None = None


class Story(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The story that a message answers."""

    id: str | None = None
    url: str | None = None
    link_sticker_url: str | None = None


class Referral(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How the person came to the conversation: a link, an ad, a product."""

    ref: str | None = None
    source: str | None = None
    type: str | None = None
    ad_id: str | None = None
    ad_title: str | None = None
    product_id: str | None = None


class Reaction(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`action` is `react` or `unreact` as Meta spells it; a new reaction replaces the person's last
    one."""

    action: str
    name: str | None = None
    emoji: str | None = None


class Handover(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who owns the conversation now, or asks for it; ids are Meta app ids."""

    action: str
    previous_app: str | None = None
    new_app: str | None = None
    metadata: str | None = None


class Message(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that happened in a conversation; the event's `kind` says which of the fields below
    matter.

    `person` is the other party, never the account. `mid` names the message that was sent, edited,
    unsent, reacted to or read. `standby` says that another app owned the conversation.
    """

    direction: Literal["inbound", "outbound", "unknown"]
    person: Person | None = None
    mid: str | None = None
    standby: bool = False
    text: str | None = None
    attachments: tuple[Attachment, ...] = ()
    quick_reply: str | None = None
    reply_to_mid: str | None = None
    reply_to_story: Story | None = None
    referral: Referral | None = None
    unsupported: bool = False
    self_message: bool = False
    sent_by_app: str | None = None
    edit_number: int | None = None
    reaction: Reaction | None = None
    postback_title: str | None = None
    postback_payload: str | None = None
    read_until: datetime | None = None
    delivered_mids: tuple[str, ...] = ()
    handover: Handover | None = None
    feedback: str | None = None
    policy_action: str | None = None
    policy_reason: str | None = None


class Conversation(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an event tells of its conversation; `window_closes_at` is 24 h after the person's own
    act (pitfalls B9)."""

    id: str
    owned_elsewhere: bool = False
    window_closes_at: datetime | None = None


class EnrichedComment(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The value of every record on `parley.comments.enriched.v1`; `own` marks what the account
    itself wrote."""

    event: RawEvent
    own: bool
    comment: Comment
    media: Media | None = None
    enrichment: Enrichment


class EnrichedMention(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The value of every record on `parley.mentions.enriched.v1`."""

    event: RawEvent
    own: bool
    mention: Mention
    media: Media | None = None
    enrichment: Enrichment


class EnrichedMessage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The value of every record on `parley.messages.enriched.v1`."""

    event: RawEvent
    own: bool
    message: Message
    conversation: Conversation | None = None
    enrichment: Enrichment


EnrichedEvent = EnrichedComment | EnrichedMention | EnrichedMessage
