"""What messages and all that happens to them amount to, as rows."""

from datetime import datetime

from services.persister import storable
from services.persister.events import Times
from services.persister.latest import Key, Row, Turn
from shared.contracts.enriched import EnrichedMessage, Message

_SENT = {"message", "postback"}


def message_row(enriched: EnrichedMessage, times: Times) -> Row | None:
    """In the order of `statements.messages.MESSAGES`; None for what is not about one message."""
    message, kind = enriched.message, enriched.event.kind
    if kind in _SENT:
        # Postbacks from plugins have no id of their own.
        return _row(enriched, times, message.mid or enriched.event.id)
    if message.mid is None or kind not in {"message-edit", "message-deleted", "read"}:
        return None
    return _row(enriched, times, message.mid)


def _row(enriched: EnrichedMessage, times: Times, id_: str) -> Row:
    message, kind, at = enriched.message, enriched.event.kind, times.occurred_at
    conversation = enriched.conversation
    by_sender = kind != "read" and message.direction != "unknown"
    return (
        *_key(enriched, id_),
        kind if kind in _SENT else None,
        conversation.id if conversation else None,
        message.person.id if message.person else None,
        message.direction if by_sender else None,
        *_text(message, kind, at),
        *_content(message, sent=kind in _SENT),
        enriched.own and kind != "read",
        at if kind == "read" else None,
        at if kind == "message-deleted" else None,
        kind in _SENT,
        at,
        times.source,
    )


def _key(enriched: EnrichedMessage, id_: str) -> Key:
    event = enriched.event
    return event.platform, event.account, id_


def _text(
    message: Message, kind: str, at: datetime
) -> tuple[str | None, int | None, datetime | None]:
    """The text with the number and time of the edit it is from; an edit without a text, as
    Instagram sends for every message (platform §0.7), tells nothing."""
    if kind in _SENT:
        return message.text, None, None
    if kind == "message-edit" and message.text is not None:
        return message.text, storable.whole(message.edit_number) or 0, at
    return None, None, None


def _content(message: Message, *, sent: bool) -> Row:
    if not sent:
        return (None,) * 11
    return (
        storable.document(message.attachments) if message.attachments else None,
        message.quick_reply,
        message.reply_to_mid,
        storable.document(message.reply_to_story) if message.reply_to_story else None,
        storable.document(message.referral) if message.referral else None,
        message.postback_title,
        message.postback_payload,
        message.unsupported,
        message.self_message,
        message.standby,
        message.sent_by_app,
    )


def reaction_row(enriched: EnrichedMessage, times: Times) -> Row | None:
    """In the order of `statements.messages.REACTIONS`; None for all but reactions."""
    message = enriched.message
    if enriched.event.kind != "reaction" or message.reaction is None or message.mid is None:
        return None
    outbound = message.direction == "outbound"
    person = message.person.id if message.person else None
    return (
        *_key(enriched, message.mid),
        enriched.event.account if outbound else person or "",
        message.reaction.action,
        message.reaction.name,
        message.reaction.emoji,
        times.occurred_at,
    )


def turn(enriched: EnrichedMessage, times: Times) -> tuple[Key, Turn] | None:
    """What the event tells of its conversation; None when it does not say which that is."""
    message, conversation = enriched.message, enriched.conversation
    if conversation is None:
        return None
    at = times.occurred_at
    sent = enriched.event.kind in _SENT
    read = enriched.event.kind == "read" and message.direction != "outbound"
    return _key(enriched, conversation.id), Turn(
        people=(message.person.id,) if message.person and message.person.id else (),
        last_message_at=at if sent else None,
        last_inbound_at=at if sent and message.direction == "inbound" else None,
        last_outbound_at=at if sent and message.direction == "outbound" else None,
        read_until=storable.moment(message.read_until) if read else None,
        window_closes_at=storable.moment(conversation.window_closes_at),
        owned=(at, conversation.owned_elsewhere),
    )
