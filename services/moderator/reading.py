"""From an enriched event to its facts."""

from dataclasses import replace
from datetime import datetime

from services.moderator.facts import Facts, handle
from services.moderator.rules import RuleKind
from shared.contracts.enriched import (
    Comment,
    EnrichedComment,
    EnrichedEvent,
    EnrichedMention,
    EnrichedMessage,
    Media,
    Mention,
    Message,
    Person,
)
from shared.contracts.raw import RawEvent

_NOBODY = Person()
_REMOVED = {"remove", "delete"}
_EDITED = {"edit", "edited", "update"}


def read_facts(event: EnrichedEvent) -> Facts:
    """What rules see of `event`, whatever it is."""
    if isinstance(event, EnrichedComment):
        return _of_comment(event, event.comment)
    if isinstance(event, EnrichedMention):
        return _of_mention(event, event.mention)
    return _of_message(event, event.message)


def _of_comment(event: EnrichedComment, comment: Comment) -> Facts:
    edited = comment.action == "edited"
    said = comment.action == "added" or (edited and comment.text is not None)
    facts = _facts(event.event, comment.author, comment.created_at)
    return replace(
        _on(facts, event.media),
        kind=("live-comment" if comment.live else "comment") if said else None,
        own=event.own or _is_us(event),
        account_name=event.media.username if event.media else None,
        text=comment.text or "",
        comment_id=comment.id,
        parent_id=comment.parent_id,
        media_id=comment.media_id or (event.media.id if event.media else None),
        live=comment.live,
        hidden=bool(comment.hidden),
        edited=edited,
        removed=comment.action == "removed",
    )


def _is_us(event: EnrichedComment) -> bool:
    """The owner of a media that is commented on is the account (pitfalls B1). Whether the directory
    of accounts knows its handle by now does not matter."""
    author, owner = event.comment.author or _NOBODY, event.media.username if event.media else None
    if author.id == event.event.account:
        return True
    return bool(owner) and handle(author.username) == handle(owner)


def _of_mention(event: EnrichedMention, mention: Mention) -> Facts:
    removed, edited = mention.verb in _REMOVED, mention.verb in _EDITED
    said = not removed and not (edited and mention.text is None)
    facts = _facts(event.event, mention.author, mention.created_at)
    return replace(
        _on(facts, event.media),
        kind="mention" if said else None,
        own=event.own,
        text=mention.text or "",
        comment_id=mention.comment_id,
        media_id=mention.media_id or (event.media.id if event.media else None),
        edited=edited,
        removed=removed,
        story_mention=mention.story_id is not None,
    )


def _of_message(event: EnrichedMessage, message: Message) -> Facts:
    owned_elsewhere = event.conversation is not None and event.conversation.owned_elsewhere
    mentioned = any(attachment.type == "story_mention" for attachment in message.attachments)
    return replace(
        _facts(event.event, message.person, None),
        kind=_message_kind(event.event.kind, message),
        # Whoever writes to himself tries something out (platform §4.2, is_self).
        own=event.own or message.self_message,
        standby=message.standby or owned_elsewhere,
        # What a person taps is said by its title; some buttons have a payload only.
        text=message.text or message.postback_title or message.postback_payload or "",
        message_id=message.mid,
        ad=message.referral is not None and message.referral.ad_id is not None,
        edited=event.event.kind == "message-edit",
        removed=event.event.kind == "message-deleted",
        story_reply=message.reply_to_story is not None,
        story_mention=mentioned,
    )


def _message_kind(kind: str, message: Message) -> RuleKind | None:
    """Instagram sends an edit without a text with every message (platform §0.7)."""
    if message.direction == "unknown":
        return None
    said = kind in {"message", "postback"} or (kind == "message-edit" and message.text is not None)
    return "message" if said else None


def _facts(event: RawEvent, person: Person | None, created_at: datetime | None) -> Facts:
    person = person or _NOBODY
    # Nothing was said after it was heard: a clock that is wrong must not reach into the future.
    occurred_at = min(event.occurred_at, event.received_at)
    return Facts(
        event_id=event.id,
        platform=event.platform,
        account=event.account,
        thread=event.thread,
        kind=None,
        occurred_at=occurred_at,
        written_at=min(created_at or occurred_at, event.received_at),
        received_at=event.received_at,
        test=event.test,
        person_id=person.id,
        username=person.username,
        name=person.name,
    )


def _on(facts: Facts, media: Media | None) -> Facts:
    if media is None:
        return facts
    return replace(
        facts,
        original_media_id=media.original_media_id,
        permalink=media.permalink,
        ad=bool(media.ad_id or media.original_media_id) or media.product_type == "AD",
    )
