"""A batch of events as rows of each table, without any I/O."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from services.persister import storable
from services.persister.comments import comment_row, mention_row
from services.persister.events import Kept, Stored, Times, enrichment_of
from services.persister.latest import Key, Row, conversations, newest
from services.persister.messages import message_row, reaction_row, turn
from services.persister.outcomes import comment_rows, message_rows
from shared.contracts.actions import Outcome
from shared.contracts.enriched import (
    EnrichedComment,
    EnrichedEvent,
    EnrichedMention,
    EnrichedMessage,
    Media,
    Person,
)
from shared.contracts.raw import RawEvent

Rows = Mapping[str, list[Row]]
"""By table; columns in the order of its statement."""


def times_of(batch: Sequence[Kept], stored: Mapping[str, Stored]) -> dict[str, Times]:
    """For each event's id when it was: as stored or, for a new one, as first told in the batch."""
    times = {id_: known.times for id_, known in stored.items()}
    for kept in batch:
        raw = kept.raw
        if raw.id not in times:
            times[raw.id] = Times(raw.occurred_at, raw.time_source, raw.received_at)
    return times


def enrichments(
    batch: Sequence[Kept], new: Mapping[str, Kept], stored: Mapping[str, Stored]
) -> list[Row]:
    """Of events that are not `new`, what their look-ups found if they were more successful."""
    return [
        (kept.raw.id, *enrichment_of(kept.event))
        for kept in batch
        if kept is not new.get(kept.raw.id)
        and not isinstance(kept.event, RawEvent)
        and kept.event.enrichment.status == "complete"
        and (kept.raw.id not in stored or stored[kept.raw.id].enrichment == "partial")
    ]


def build(batch: Sequence[Kept], times: Mapping[str, Times], outcomes: Sequence[Outcome]) -> Rows:
    """What `batch` and `outcomes` amount to. An event that is a test, or belongs to no account, is
    in the log only."""
    told = [(kept.event, times[kept.raw.id]) for kept in batch if _projected(kept)]
    messages = [(event, at) for event, at in told if isinstance(event, EnrichedMessage)]
    sightings = [(event, at.occurred_at) for event, at in told if not isinstance(event, RawEvent)]
    return {
        "comments": [
            *(comment_row(event, at) for event, at in told if isinstance(event, EnrichedComment)),
            *comment_rows(outcomes),
        ],
        "mentions": [
            mention_row(event, at) for event, at in told if isinstance(event, EnrichedMention)
        ],
        "messages": [
            *(row for pair in messages if (row := message_row(*pair))),
            *message_rows(outcomes),
        ],
        "message_reactions": [row for pair in messages if (row := reaction_row(*pair))],
        "conversations": conversations(pair for event in messages if (pair := turn(*event))),
        "media": newest(_media(sightings), _media_fields),
        "people": newest(_people(sightings), _person_fields),
    }


def waves(rows: Sequence[Row], key_columns: int) -> list[list[Row]]:
    """`rows` sorted by key, so that two persisters take locks in the same order, and dealt out so
    that no key is twice in one wave; repeats are left out."""
    dealt: list[list[Row]] = []
    wave, last = 0, Row()
    for row in sorted(rows, key=lambda row: row[:key_columns]):
        if row == last:
            continue
        wave = wave + 1 if row[:key_columns] == last[:key_columns] else 0
        if wave == len(dealt):
            dealt.append([])
        dealt[wave].append(row)
        last = row
    return dealt


def _projected(kept: Kept) -> bool:
    return not kept.raw.test and kept.raw.account != ""


def _key(event: EnrichedEvent, id_: str) -> Key:
    raw = event.event
    return raw.platform, raw.account, id_


def _media(
    events: Iterable[tuple[EnrichedEvent, datetime]],
) -> Iterator[tuple[Key, Media, datetime]]:
    for event, at in events:
        if not isinstance(event, EnrichedMessage) and event.media is not None:
            yield _key(event, event.media.id), event.media, at


def _media_fields(media: Media) -> Row:
    return (
        media.product_type,
        media.media_type,
        media.caption,
        media.permalink,
        media.url,
        media.thumbnail_url,
        media.username,
        media.owner_id,
        storable.moment(media.published_at),
        storable.whole(media.like_count),
        storable.whole(media.comments_count),
        media.ad_id,
        media.ad_title,
        media.original_media_id,
    )


def _people(
    events: Iterable[tuple[EnrichedEvent, datetime]],
) -> Iterator[tuple[Key, Person, datetime]]:
    for event, at in events:
        person = _person(event)
        if person is not None and person.id is not None:
            yield _key(event, person.id), person, at


def _person(event: EnrichedEvent) -> Person | None:
    if isinstance(event, EnrichedComment):
        return event.comment.author
    return event.mention.author if isinstance(event, EnrichedMention) else event.message.person


def _person_fields(person: Person) -> Row:
    return (
        person.username,
        person.name,
        person.picture_url,
        storable.whole(person.follower_count),
        person.follows_us,
        person.followed_by_us,
        person.verified,
    )
