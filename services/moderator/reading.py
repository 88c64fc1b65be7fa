"""From an enriched event to its facts."""

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
_NOTHING = Media(id="")
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
    raw, author, media = event.event, comment.author or _NOBODY, event.media or _NOTHING
    edited = comment.action == "edited"
    said = comment.action == "added" or (edited and comment.text is not None)
    occurred_at, written_at = _times(raw, comment.created_at)
    return Facts(
        event_id=raw.id,
        platform=raw.platform,
        account=raw.account,
        thread=raw.thread,
        kind=("live-comment" if comment.live else "comment") if said else None,
        occurred_at=occurred_at,
        written_at=written_at,
        received_at=raw.received_at,
        own=event.own or _is_us(author, raw.account, media.username),
        test=raw.test,
        replayed=raw.origin == "replay",
        person_id=author.id,
        username=author.username,
        name=author.name,
        account_name=media.username,
        text=comment.text or "",
        comment_id=comment.id,
        parent_id=comment.parent_id,
        media_id=comment.media_id or media.id or None,
        original_media_id=media.original_media_id,
        permalink=media.permalink,
        ad=_is_ad(media),
        live=comment.live,
        hidden=bool(comment.hidden),
        edited=edited,
        removed=comment.action == "removed",
    )


def _is_us(author: Person, account: str, owner: str | None) -> bool:
    """The owner of a media that is commented on is the account (pitfalls B1), whether or not the
    directory of accounts knows its handle by now."""
    if author.id == account:
        return True
    return bool(owner and author.username) and handle(author.username) == handle(owner)


def _of_mention(event: EnrichedMention, mention: Mention) -> Facts:
    raw, author, media = event.event, mention.author or _NOBODY, event.media or _NOTHING
    removed, edited = mention.verb in _REMOVED, mention.verb in _EDITED
    said = not removed and not (edited and mention.text is None)
    occurred_at, written_at = _times(raw, mention.created_at)
    return Facts(
        event_id=raw.id,
        platform=raw.platform,
        account=raw.account,
        thread=raw.thread,
        kind="mention" if said else None,
        occurred_at=occurred_at,
        written_at=written_at,
        received_at=raw.received_at,
        own=event.own,
        test=raw.test,
        replayed=raw.origin == "replay",
        person_id=author.id,
        username=author.username,
        name=author.name,
        text=mention.text or "",
        comment_id=mention.comment_id,
        media_id=mention.media_id or media.id or None,
        original_media_id=media.original_media_id,
        permalink=media.permalink,
        ad=_is_ad(media),
        edited=edited,
        removed=removed,
        story_mention=mention.story_id is not None,
    )


def _of_message(event: EnrichedMessage, message: Message) -> Facts:
    raw, person = event.event, message.person or _NOBODY
    owned_elsewhere = event.conversation is not None and event.conversation.owned_elsewhere
    occurred_at, written_at = _times(raw, None)
    return Facts(
        event_id=raw.id,
        platform=raw.platform,
        account=raw.account,
        thread=raw.thread,
        kind=_message_kind(raw.kind, message),
        occurred_at=occurred_at,
        written_at=written_at,
        received_at=raw.received_at,
        # Whoever writes to himself tries something out (platform §4.2, is_self).
        own=event.own or message.self_message,
        test=raw.test,
        replayed=raw.origin == "replay",
        standby=message.standby or owned_elsewhere,
        person_id=person.id,
        username=person.username,
        name=person.name,
        # What a person taps is said by its title; some buttons have a payload only.
        text=message.text or message.postback_title or message.postback_payload or "",
        message_id=message.mid,
        ad=message.referral is not None and message.referral.ad_id is not None,
        edited=raw.kind == "message-edit",
        removed=raw.kind == "message-deleted",
        story_reply=message.reply_to_story is not None,
        story_mention=any(each.type == "story_mention" for each in message.attachments),
    )


def _message_kind(kind: str, message: Message) -> RuleKind | None:
    """Instagram sends an edit without a text with every message (platform §0.7)."""
    if message.direction == "unknown":
        return None
    said = kind in {"message", "postback"} or (kind == "message-edit" and message.text is not None)
    return "message" if said else None


def _times(event: RawEvent, created_at: datetime | None) -> tuple[datetime, datetime]:
    """When it was and when it was written. Nothing was said after it was heard: a clock that is
    wrong must not reach into the future."""
    occurred_at = min(event.occurred_at, event.received_at)
    return occurred_at, min(created_at or occurred_at, event.received_at)


def _is_ad(media: Media) -> bool:
    return bool(media.ad_id or media.original_media_id) or media.product_type == "AD"
