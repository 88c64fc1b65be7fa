"""Records for the eyes: one line for a person, one JSON document for a program."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from services.cli.attributes import account_of, happened_at, kind_of, text_of
from services.cli.letters import RESOLUTION, RESOLVES
from services.cli.screen import printable
from shared import topics
from shared.contracts.actions import Action, Outcome
from shared.contracts.dead import read_letter
from shared.contracts.enriched import (
    EnrichedComment,
    EnrichedMention,
    EnrichedMessage,
    Enrichment,
    Person,
)
from shared.contracts.erasure import Erasure
from shared.contracts.raw import RawEvent
from shared.contracts.records import Record
from shared.contracts.wire import decode
from shared.errors import Poison

_RAW = msgspec.json.Decoder(RawEvent)
_COMMENT = msgspec.json.Decoder(EnrichedComment)
_MENTION = msgspec.json.Decoder(EnrichedMention)
_MESSAGE = msgspec.json.Decoder(EnrichedMessage)
_ACTION = msgspec.json.Decoder(Action)
_OUTCOME = msgspec.json.Decoder(Outcome)
_ERASURE = msgspec.json.Decoder(Erasure)


class Line(NamedTuple):
    """What a person sees of a record; nothing in it steers a terminal."""

    at: str
    kind: str
    account: str
    words: str


def line(record: Record) -> Line:
    """The record as one line, in local time."""
    kind = "settled" if record.header(RESOLVES) is not None else kind_of(record) or "?"
    return Line(
        f"{happened_at(record).astimezone():%H:%M:%S}",
        printable(kind),
        printable(account_of(record) or "-"),
        printable(_words(record)),
    )


def describe(record: Record) -> str:
    """The same, as plain text."""
    at, kind, account, words = line(record)
    return f"{at} {kind:<12} {account:<17} {words}"


def _words(record: Record) -> str:
    if record.header(RESOLVES) is not None:
        return f"{text_of(record, RESOLVES)} was {text_of(record, RESOLUTION)}"
    letter = read_letter(record)
    if letter is not None:
        return f"{letter.reason}: {letter.topic} {letter.partition}:{letter.offset}"
    try:
        return _TELLERS.get(record.topic, _bytes)(record)
    except Poison as poison:
        return f"[{poison.reason}] {_bytes(record)}"


def _bytes(record: Record) -> str:
    return "" if record.value is None else record.value.decode(errors="replace")


def _raw(record: Record) -> str:
    event = decode(record, _RAW)
    because = f"[{event.reason}] " if event.reason else ""
    return because + bytes(event.item).decode(errors="replace")


def _comment(record: Record) -> str:
    event = decode(record, _COMMENT)
    comment, media = event.comment, event.media
    below = f" on {media.product_type or media.media_type or 'media'} {media.id}" if media else ""
    action = "" if comment.action == "added" else f" {comment.action}"
    return (
        f"{_who(comment.author)}{below}{action}: {comment.text or ''}{_missing(event.enrichment)}"
    )


def _mention(record: Record) -> str:
    event = decode(record, _MENTION)
    mention = event.mention
    place = "in a comment on" if mention.comment_id else "in"
    where = f" {place} {mention.media_id}" if mention.media_id else ""
    return f"{_who(mention.author)}{where}: {mention.text or ''}{_missing(event.enrichment)}"


def _message(record: Record) -> str:
    event = decode(record, _MESSAGE)
    message = event.message
    arrow = {"inbound": "→", "outbound": "←"}.get(message.direction, "·")
    said = [message.text or "", *(f"[{found.type}]" for found in message.attachments)]
    if message.reaction:
        said.append(message.reaction.emoji or message.reaction.name or message.reaction.action)
    if message.postback_title:
        said.append(f"[{message.postback_title}]")
    if message.reply_to_story:
        said.append("[to a story]")
    if message.unsupported:
        said.append("[not shown by Meta]")
    words = " ".join(filter(None, said))
    return f"{arrow} {_who(message.person)}: {words}{_missing(event.enrichment)}"


def _action(record: Record) -> str:
    return _deed(decode(record, _ACTION))


def _outcome(record: Record) -> str:
    outcome = decode(record, _OUTCOME)
    because = f" ({outcome.reason})" if outcome.reason else ""
    return f"{outcome.state}{because}: {_deed(outcome.action)}"


def _erasure(record: Record) -> str:
    erasure = decode(record, _ERASURE)
    whom = f"person {erasure.person}" if erasure.person else "the whole account"
    return f"erase {whom}: {erasure.reason}"


def _deed(action: Action) -> str:
    target = action.person_id if action.kind == "message" else action.comment_id
    about = target or action.person_id or action.event_id or ""
    whose = action.rule if action.requested_by == "rule" else action.actor
    words = f": {action.text}" if action.text else ""
    return f"{action.kind} {about}, asked for by {whose or 'somebody'}{words}"


def _who(person: Person | None) -> str:
    if person is None:
        return "somebody"
    return f"@{person.username}" if person.username else person.name or person.id or "somebody"


def _missing(enrichment: Enrichment) -> str:
    return f"  [partial: {', '.join(enrichment.reasons)}]" if enrichment.reasons else ""


_TELLERS: dict[str, Callable[[Record], str]] = {
    **{topic.name: _raw for topic in topics.RAW},
    topics.COMMENTS_ENRICHED.name: _comment,
    topics.MENTIONS_ENRICHED.name: _mention,
    topics.MESSAGES_ENRICHED.name: _message,
    topics.ACTIONS.name: _action,
    topics.OUTCOMES.name: _outcome,
    topics.ERASURES.name: _erasure,
}


def document(record: Record) -> dict[str, object]:
    """The whole record as JSON has it; the value verbatim, in base64 if it isn't JSON."""
    return {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "written_at": datetime.fromtimestamp(record.timestamp_ms / 1000, UTC),
        "key": None if record.key is None else record.key.decode(errors="replace"),
        "headers": {name: value.decode(errors="replace") for name, value in record.headers},
        **_value(record.value),
    }


def _value(value: bytes | None) -> dict[str, object]:
    if value is None:
        return {"value": None}
    try:
        # On one line, without passing through Python's numbers.
        return {"value": msgspec.Raw(msgspec.json.format(value.decode(), indent=-1))}
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return {"value_base64": base64.b64encode(value).decode()}
