"""A record's event as the moderator handles it."""

from dataclasses import dataclass

import msgspec

from services.moderator.facts import Facts
from services.moderator.reading import read_facts
from services.moderator.wording import Text
from shared import topics
from shared.contracts import wire
from shared.contracts.enriched import (
    EnrichedComment,
    EnrichedEvent,
    EnrichedMention,
    EnrichedMessage,
)
from shared.contracts.nul import without_nul
from shared.contracts.records import Record
from shared.errors import Poison

_comment = msgspec.json.Decoder(EnrichedComment)
_mention = msgspec.json.Decoder(EnrichedMention)
_message = msgspec.json.Decoder(EnrichedMessage)


@dataclass(frozen=True, slots=True)
class Work:
    """A record, and what rules may ask of the event in it."""

    record: Record
    facts: Facts
    text: Text


def take(record: Record) -> Work:
    """`record` as work; its topic says which type of event it holds. No fact holds a NUL, which
    Postgres would refuse.

    Raises:
        Poison: `undecodable`, `no_value`, or `unknown_topic`.
    """
    value = None if record.value is None else without_nul(record.value)
    facts = read_facts(_decoded(record._replace(value=value)))
    return Work(record, facts, Text(facts.text))


def _decoded(record: Record) -> EnrichedEvent:
    match record.topic:
        case topics.COMMENTS_ENRICHED.name:
            return wire.decode(record, _comment)
        case topics.MENTIONS_ENRICHED.name:
            return wire.decode(record, _mention)
        case topics.MESSAGES_ENRICHED.name:
            return wire.decode(record, _message)
        case _:
            raise Poison(record, "unknown_topic")
