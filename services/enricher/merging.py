"""Puts what Graph answered into the typed event; what the webhook said stays."""

from msgspec.structs import asdict, replace

from services.enricher import lookups
from services.enricher.answers import Answers
from services.enricher.comments import read_author, read_media, read_parent
from services.enricher.identity import Identity
from shared.contracts.enriched import (
    Comment,
    EnrichedComment,
    EnrichedEvent,
    EnrichedMention,
    EnrichedMessage,
    Media,
    Person,
)
from shared.meta import lenient
from shared.meta.lenient import Fields


def merge(event: EnrichedEvent, answers: Answers, us: Identity) -> EnrichedEvent:
    """`event` with everything that is known by now, and what is missing."""
    if isinstance(event, EnrichedComment):
        return _merge_comment(event, answers, us)
    if isinstance(event, EnrichedMention):
        return _merge_mention(event, answers, us)
    return _merge_message(event, answers)


def _merge_comment(event: EnrichedComment, answers: Answers, us: Identity) -> EnrichedComment:
    enrichment = lookups.enrichment(event, answers)
    media_id = lookups.media_id_of(event, answers)
    said = answers.found(lookups.about_comment(event, event.comment.id))
    comment = _comment(event.comment, said, media_id) if said else event.comment
    media = event.media or (read_media(said) if said else None)
    if media is not None:
        shown = answers.found(lookups.about_media(event, media.id))
        media = _media(media, shown) if shown else media
    return replace(
        event,
        comment=comment,
        media=media,
        own=event.own or us.wrote(comment.author),
        enrichment=enrichment,
    )


def _comment(comment: Comment, said: Fields, media_id: str | None) -> Comment:
    media = Media(id=media_id) if media_id else None
    return replace(
        comment,
        text=comment.text or lenient.text(said, "text", "message"),
        author=_person(comment.author, read_author(said)),
        parent_id=comment.parent_id or read_parent(said, comment.id, media),
        media_id=media_id,
        like_count=_or(comment.like_count, lenient.number(said, "like_count")),
        hidden=_or(comment.hidden, lenient.flag(said, "hidden"), lenient.flag(said, "is_hidden")),
        created_at=comment.created_at or lenient.moment(said, "timestamp", "created_time"),
    )


def _merge_mention(event: EnrichedMention, answers: Answers, us: Identity) -> EnrichedMention:
    enrichment = lookups.enrichment(event, answers)
    if event.event.platform == "page":
        said, shown = _of_page(event, answers)
    else:
        said, shown = _of_instagram(event, answers)
        if not said and enrichment.status == "complete" and lookups.about_mention(event):
            enrichment = lookups.partial("gone")  # Graph leaves out what it does not show
    mention, media = event.mention, event.media
    author = _person(mention.author, read_author(said))
    mention = replace(
        mention,
        text=mention.text or lenient.text(said, "text", "message", "caption"),
        author=author,
        media_id=mention.media_id or lenient.identifier(shown, "id"),
        created_at=mention.created_at or lenient.moment(said, "timestamp", "created_time"),
    )
    shown_id = media.id if media else lenient.identifier(shown, "id")
    if shown and shown_id:
        media = _media(media or Media(id=shown_id), shown)
    own = event.own or us.wrote(author)
    return replace(event, mention=mention, media=media, own=own, enrichment=enrichment)


def _of_page(event: EnrichedMention, answers: Answers) -> tuple[Fields, Fields]:
    mention = event.mention
    comment = lookups.about_comment(event, mention.comment_id) if mention.comment_id else None
    post = lookups.about_media(event, mention.media_id) if mention.media_id else None
    shown = answers.found(post) or {}
    return (answers.found(comment) or {} if mention.comment_id else shown), shown


def _of_instagram(event: EnrichedMention, answers: Answers) -> tuple[Fields, Fields]:
    body = answers.found(lookups.about_mention(event)) or {}
    if event.mention.comment_id:
        said = lenient.part(body, "mentioned_comment")
        return said, lenient.part(said, "media")
    shown = lenient.part(body, "mentioned_media")
    return shown, shown


def _merge_message(event: EnrichedMessage, answers: Answers) -> EnrichedMessage:
    enrichment = lookups.enrichment(event, answers)
    said = answers.found(lookups.about_person(event))
    if said is None:
        return replace(event, enrichment=enrichment)
    message = replace(event.message, person=_person(event.message.person, _profile(said)))
    return replace(event, message=message, enrichment=enrichment)


def _profile(said: Fields) -> Person:
    first_and_last = [lenient.text(said, name) for name in ("first_name", "last_name")]
    return Person(
        username=lenient.text(said, "username"),
        name=lenient.text(said, "name") or " ".join(filter(None, first_and_last)) or None,
        picture_url=lenient.text(said, "profile_pic", "profile_picture_url"),
        follower_count=lenient.number(said, "follower_count"),
        follows_us=lenient.flag(said, "is_user_follow_business"),
        followed_by_us=lenient.flag(said, "is_business_follow_user"),
        verified=lenient.flag(said, "is_verified_user"),
    )


def _person(person: Person | None, found: Person | None) -> Person | None:
    if person is None or found is None:
        return person or found
    known = {name: value for name, value in asdict(person).items() if value is not None}
    return replace(found, **known)


def _media(media: Media, said: Fields) -> Media:
    owner = lenient.part(said, "owner") or lenient.part(said, "from")
    return Media(
        id=media.id,
        product_type=media.product_type or lenient.text(said, "media_product_type"),
        media_type=lenient.text(said, "media_type"),
        caption=lenient.text(said, "caption", "message"),
        permalink=lenient.text(said, "permalink", "permalink_url") or media.permalink,
        url=lenient.text(said, "media_url", "full_picture"),
        thumbnail_url=lenient.text(said, "thumbnail_url"),
        username=lenient.text(said, "username"),
        owner_id=lenient.identifier(owner, "id") or lenient.identifier(said, "owner"),
        published_at=lenient.moment(said, "timestamp", "created_time"),
        like_count=lenient.number(said, "like_count"),
        comments_count=lenient.number(said, "comments_count"),
        ad_id=media.ad_id,
        ad_title=media.ad_title,
        original_media_id=media.original_media_id,
    )


def _or(*values: int | None) -> int | None:
    return next((value for value in values if value is not None), None)
