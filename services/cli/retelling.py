"""Events of the log as rules saw them when they came: read again, with what Graph told since."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from msgspec.structs import asdict, replace

from services.enricher.identity import identity
from services.enricher.normalise import normalise
from services.moderator.facts import Facts
from services.moderator.reading import read_facts
from shared.contracts.enriched import (
    EnrichedComment,
    EnrichedEvent,
    EnrichedMention,
    EnrichedMessage,
    Media,
    Mention,
    Person,
)
from shared.postgres.past import Known, Past, Said


@dataclass(frozen=True, slots=True)
class _Told:
    """What is known of the things that some events name, by their ids."""

    comments: Mapping[str, Said]
    mentions: Mapping[str, Said]
    media: Mapping[str, Media]
    people: Mapping[str, Person]


async def retell(known: Known, page: Sequence[Past]) -> list[Facts]:
    """The facts of each event, in order.

    Raises:
        Transient: Postgres can't be asked.
    """
    events = [_read(past) for past in page]
    comments = [event.comment for event in events if isinstance(event, EnrichedComment)]
    mentions = [event.mention for event in events if isinstance(event, EnrichedMention)]
    messages = [event.message for event in events if isinstance(event, EnrichedMessage)]
    said = await known.comments(_ids(comment.id for comment in comments))
    media = [
        *(comment.media_id for comment in comments),
        *(each.media_id for each in said.values()),
    ]
    told = _Told(
        said,
        await known.mentions(_ids(map(_place, mentions))),
        await known.media(_ids(media)),
        await known.people(_ids(each.person.id for each in messages if each.person)),
    )
    return [read_facts(_completed(event, told)) for event in events]


def _read(past: Past) -> EnrichedEvent:
    event: EnrichedEvent = normalise(past.event, identity(past.event.account))
    return replace(event, own=past.own)


def _ids(found: Iterable[str | None]) -> list[str]:
    return [*dict.fromkeys(filter(None, found))]


def _place(mention: Mention) -> str | None:
    return mention.comment_id or mention.media_id or mention.story_id


def _completed(event: EnrichedEvent, told: _Told) -> EnrichedEvent:
    if isinstance(event, EnrichedComment):
        return _comment(event, told)
    if isinstance(event, EnrichedMention):
        return _mention(event, told)
    message = event.message
    known = told.people.get(message.person.id or "") if message.person else None
    return replace(event, message=replace(message, person=_filled(message.person, known)))


def _comment(event: EnrichedComment, told: _Told) -> EnrichedComment:
    comment, said = event.comment, told.comments.get(event.comment.id)
    if said is not None:
        comment = replace(
            comment,
            text=comment.text if comment.text is not None else said.text,
            author=_filled(
                comment.author, Person(id=said.author_id, username=said.author_username)
            ),
            parent_id=comment.parent_id or said.parent_id,
            media_id=comment.media_id or said.media_id,
        )
    known = told.media.get(comment.media_id or "")
    return replace(event, comment=comment, media=_shown(event.media, known))


def _mention(event: EnrichedMention, told: _Told) -> EnrichedMention:
    mention, said = event.mention, told.mentions.get(_place(event.mention) or "")
    if said is None:
        return event
    author = _filled(mention.author, _author(said))
    text = mention.text if mention.text is not None else said.text
    return replace(event, mention=replace(mention, text=text, author=author))


def _author(said: Said) -> Person:
    return Person(id=said.author_id, username=said.author_username)


def _filled(said: Person | None, known: Person | None) -> Person | None:
    """What the event says, and what is known besides."""
    if said is None or known is None:
        return said or known
    told = {name: value for name, value in asdict(said).items() if value is not None}
    return replace(known, **told)


def _shown(said: Media | None, known: Media | None) -> Media | None:
    if said is None or known is None:
        return said or known
    return replace(
        said,
        permalink=said.permalink or known.permalink,
        ad_id=said.ad_id or known.ad_id,
        original_media_id=said.original_media_id or known.original_media_id,
    )
