"""What comments and mentions amount to, as rows."""

from datetime import datetime

from services.persister import storable
from services.persister.events import Times
from services.persister.latest import Row
from shared.contracts.enriched import (
    Comment,
    EnrichedComment,
    EnrichedMention,
    Media,
    Mention,
    Person,
)

_NOBODY = Person()
_REMOVED = {"remove", "delete"}
_EDITED = {"edit", "edited", "update"}


def comment_row(enriched: EnrichedComment, times: Times) -> Row:
    """In the order of `statements.comments.COMMENTS`."""
    comment, media = enriched.comment, enriched.media
    at = times.occurred_at
    hidden, hidden_at = _hidden(comment, at)
    # Who hides or removes a comment need not be its author, though Meta may name him in `from`.
    written = comment.action in {"added", "edited"}
    author = comment.author if written and comment.author else _NOBODY
    media_id = comment.media_id or (media.id if media else None)
    text = None if comment.action == "removed" else comment.text
    return (
        enriched.event.platform,
        enriched.event.account,
        comment.id,
        media_id,
        media_id is not None and not _is_ad(media),
        comment.parent_id,
        author.id,
        author.username,
        text,
        None if text is None or comment.action == "added" else at,
        at if comment.action == "edited" else None,
        comment.live,
        enriched.own and written,
        storable.whole(comment.like_count),
        None if comment.like_count is None else at,
        hidden,
        hidden_at,
        at if comment.action == "removed" else None,
        comment.action == "added",
        *_created(comment.created_at if comment.action == "added" else None, times),
        *_ad(media),
        *(None, None),  # whether we answered is told by outcomes
    )


def _hidden(comment: Comment, at: datetime) -> tuple[bool | None, datetime | None]:
    if comment.action in {"hidden", "unhidden"}:
        return comment.action == "hidden", at
    return comment.hidden, None


def _created(created_at: datetime | None, times: Times) -> tuple[datetime, str]:
    """Instagram's webhook does not say when the comment was made (platform §0.5); Graph does."""
    moment = storable.moment(created_at)
    return (times.occurred_at, times.source) if moment is None else (moment, "event")


def _is_ad(media: Media | None) -> bool:
    return media is not None and (media.ad_id is not None or media.original_media_id is not None)


def _ad(media: Media | None) -> tuple[str | None, str | None, str | None]:
    if media is None:
        return None, None, None
    return media.ad_id, media.ad_title, media.original_media_id


def mention_row(enriched: EnrichedMention, times: Times) -> Row:
    """In the order of `statements.comments.MENTIONS`."""
    mention, at = enriched.mention, times.occurred_at
    removed, edited = mention.verb in _REMOVED, mention.verb in _EDITED
    author = _NOBODY if removed or mention.author is None else mention.author
    text = None if removed else mention.text
    return (
        enriched.event.platform,
        enriched.event.account,
        _mention_id(mention) or enriched.event.id,
        mention.media_id,
        mention.comment_id,
        mention.story_id,
        author.id,
        author.username,
        text,
        at if text is not None and edited else None,
        enriched.own and not removed,
        at if removed else None,
        not removed and not edited,
        *_created(None if removed or edited else mention.created_at, times),
    )


def _mention_id(mention: Mention) -> str | None:
    """The innermost thing that the mention is in: Meta's ids are unique across their kinds."""
    return mention.comment_id or mention.media_id or mention.story_id
