"""Comments and mentions from Meta's shapes: Instagram's, a Page's feed, Graph's own."""

from services.enricher.identity import Identity
from shared.contracts.enriched import (
    Comment,
    CommentAction,
    EnrichedComment,
    EnrichedMention,
    Enrichment,
    Media,
    Mention,
    Person,
)
from shared.contracts.raw import RawEvent
from shared.meta import lenient
from shared.meta.lenient import Fields

COMPLETE = Enrichment(status="complete")

_ACTIONS: dict[str, CommentAction] = {
    "add": "added",
    "edit": "edited",
    "edited": "edited",
    "update": "edited",
    "remove": "removed",
    "delete": "removed",
    "hide": "hidden",
    "unhide": "unhidden",
}


def change_value(event: RawEvent) -> Fields:
    """The value of an item of `changes[]`; a verb may stand beside it (platform §4.4)."""
    item = lenient.fields(lenient.read(event.item))
    values = lenient.items(item, "value")
    value = lenient.fields(values[0]) if values else {}
    verb = value.get("verb") or item.get("verb")
    return {**value, "verb": verb}


def normalise_comment(event: RawEvent, us: Identity) -> EnrichedComment:
    """`event` typed, with what it says of the comment's media itself."""
    value = change_value(event)
    media = read_media(value)
    comment_id = lenient.identifier(value, "id", "comment_id")
    verb = lenient.text(value, "verb")
    action = _ACTIONS.get(verb, "other") if verb else "added"
    author = read_author(value)
    comment = Comment(
        id=comment_id or event.id,
        action=action,
        verb=verb,
        live=event.kind == "live-comment",
        text=lenient.text(value, "text", "message"),
        author=author,
        parent_id=read_parent(value, comment_id, media),
        media_id=media.id if media else None,
        like_count=lenient.number(value, "like_count"),
        hidden=_hidden(value, action),
        created_at=lenient.moment(value, "timestamp", "created_time"),
    )
    own = us.wrote(author, _self_id(value))
    return EnrichedComment(event=event, own=own, comment=comment, media=media, enrichment=COMPLETE)


def normalise_mention(event: RawEvent, us: Identity) -> EnrichedMention:
    """`event` typed; Instagram's mentions carry ids only (platform §4.1)."""
    value = change_value(event)
    media = read_media(value)
    author = read_author(value)
    mention = Mention(
        media_id=media.id if media else None,
        comment_id=lenient.identifier(value, "comment_id"),
        story_id=lenient.identifier(value, "story_id"),
        verb=lenient.text(value, "verb"),
        text=lenient.text(value, "text", "message"),
        author=author,
        created_at=lenient.moment(value, "timestamp", "created_time"),
    )
    own = us.wrote(author, _self_id(value))
    return EnrichedMention(event=event, own=own, mention=mention, media=media, enrichment=COMPLETE)


def read_author(value: Fields) -> Person | None:
    """Who wrote it, as far as Meta says so; older shapes have `sender_id` (platform §4.3)."""
    source = lenient.part(value, "from")
    person = Person(
        id=lenient.identifier(source, "id")
        or lenient.as_identifier(value.get("from"))
        or lenient.identifier(value, "sender_id"),
        username=lenient.text(source, "username") or lenient.text(value, "username"),
        name=lenient.text(source, "name") or lenient.text(value, "sender_name"),
    )
    return person if person != Person() else None


def read_media(value: Fields) -> Media | None:
    """What a change tells of the media, or a Page's post, it is about."""
    source = lenient.part(value, "media")
    post = lenient.part(value, "post")
    media_id = (
        lenient.identifier(source, "id")
        or lenient.identifier(value, "media_id", "media", "post_id")
        or lenient.identifier(post, "id")
    )
    if media_id is None:
        return None
    return Media(
        id=media_id,
        product_type=lenient.text(source, "media_product_type"),
        permalink=lenient.text(post, "permalink_url"),
        ad_id=lenient.identifier(source, "ad_id"),
        ad_title=lenient.text(source, "ad_title"),
        original_media_id=lenient.identifier(source, "original_media_id"),
    )


def read_parent(value: Fields, comment_id: str | None, media: Media | None) -> str | None:
    """The comment that was answered; a parent that is the media or the comment itself is none
    (pitfalls B16)."""
    parent = lenient.identifier(value, "parent_id") or lenient.identifier(
        lenient.part(value, "parent"), "id"
    )
    if media is None or parent is None:
        return parent if parent != comment_id else None
    # A Page's post is named <page>_<post>, and by some <post> alone.
    short = media.id.rpartition("_")[2]
    return None if parent in {comment_id, media.id, media.original_media_id, short} else parent


def _self_id(value: Fields) -> str | None:
    return lenient.identifier(lenient.part(value, "from"), "self_ig_scoped_id")


def _hidden(value: Fields, action: CommentAction) -> bool | None:
    if action in {"hidden", "unhidden"}:
        return action == "hidden"
    shown = lenient.flag(value, "is_hidden")
    return shown if shown is not None else lenient.flag(value, "hidden")
