"""Messages and all that happens to them, from `messaging[]`, `standby[]` and dashboard tests."""

from datetime import timedelta
from typing import Literal

from services.enricher.attachments import MOST, read_attachments
from services.enricher.comments import COMPLETE, change_value
from services.enricher.identity import Identity
from shared.contracts.enriched import (
    Conversation,
    EnrichedMessage,
    Handover,
    Message,
    Person,
    Reaction,
    Referral,
    Story,
)
from shared.contracts.raw import RawEvent
from shared.meta import lenient
from shared.meta.lenient import Fields

Direction = Literal["inbound", "outbound", "unknown"]

WINDOW = timedelta(hours=24)
_OPENING = {"message", "reaction", "postback", "referral"}
"""What a person does that lets us write to them (pitfalls B9)."""

_WITH_MID = ("message", "message_edit", "reaction", "postback", "read", "response_feedback")
_HANDOVERS = (
    "pass_thread_control",
    "take_thread_control",
    "request_thread_control",
    "pass_thread_metadata",
    "app_roles",
)


def normalise_message(event: RawEvent, us: Identity) -> EnrichedMessage:
    """`event` typed, with what it tells of its conversation."""
    body = _body(event)
    direction, person = _parties(body, us)
    message = _message(event, body, direction, person)
    return EnrichedMessage(
        event=event,
        own=direction == "outbound",
        message=message,
        conversation=_conversation(event, message),
        enrichment=COMPLETE,
    )


def _body(event: RawEvent) -> Fields:
    # Meta's dashboard tries out messaging inside changes[] (platform §4.1).
    if event.container in {"changes", "flat"}:
        return change_value(event)
    return lenient.fields(lenient.read(event.item))


def _parties(body: Fields, us: Identity) -> tuple[Direction, Person | None]:
    """Which way it went and who the other side is.

    An echo need not have its sides reversed, and neither need be the account (platform §4.4).
    """
    sender, recipient = _side(body, "sender"), _side(body, "recipient")
    outbound = lenient.flag(lenient.part(body, "message"), "is_echo") or sender in us.ids
    sides = (recipient, sender) if outbound else (sender, recipient)
    other = next((side for side in sides if side and side not in us.ids), None)
    person = Person(id=other) if other else None
    if outbound:
        return "outbound", person
    # Plugins know their visitors by a `user_ref` only, which is no id (platform §4.3).
    known = sender or lenient.identifier(lenient.part(body, "sender"), "user_ref")
    return ("inbound" if known else "unknown"), person


def _side(body: Fields, name: str) -> str | None:
    return lenient.identifier(lenient.part(body, name), "id") or lenient.identifier(body, name)


def _message(event: RawEvent, body: Fields, direction: Direction, person: Person | None) -> Message:
    message, edit = lenient.part(body, "message"), lenient.part(body, "message_edit")
    postback, receipt = lenient.part(body, "postback"), _receipt(body)
    reply_to = lenient.part(message, "reply_to")
    attachments = read_attachments(message)
    policy = lenient.part(body, "policy_enforcement") or lenient.part(body, "policy-enforcement")
    feedback = lenient.part(body, "response_feedback")
    return Message(
        direction=direction,
        person=person,
        mid=_mid(body),
        standby=event.container == "standby" or event.field == "standby",
        text=lenient.text(message, "text") or lenient.text(edit, "text"),
        attachments=attachments,
        quick_reply=lenient.text(lenient.part(message, "quick_reply"), "payload"),
        reply_to_mid=lenient.identifier(reply_to, "mid"),
        reply_to_story=_story(reply_to),
        referral=_referral(body),
        unsupported=bool(lenient.flag(message, "is_unsupported"))
        or any(attachment.type == "unsupported_type" for attachment in attachments),
        self_message=any(lenient.flag(of, "is_self") for of in (message, postback, body)),
        sent_by_app=lenient.identifier(message, "app_id"),
        edit_number=lenient.number(edit, "num_edit"),
        reaction=_reaction(body),
        postback_title=lenient.text(postback, "title"),
        postback_payload=lenient.text(postback, "payload"),
        read_until=lenient.moment(receipt, "watermark"),
        delivered_mids=_mids(receipt),
        handover=_handover(body),
        feedback=lenient.text(feedback, "feedback"),
        policy_action=lenient.text(policy, "action"),
        policy_reason=lenient.text(policy, "reason"),
    )


def _mid(body: Fields) -> str | None:
    for name in _WITH_MID:
        if name in body and (mid := lenient.identifier(lenient.part(body, name), "mid")):
            return mid
    return None


def _receipt(body: Fields) -> Fields:
    return lenient.part(body, "read") or lenient.part(body, "delivery")


def _mids(receipt: Fields) -> tuple[str, ...]:
    found = (lenient.as_identifier(mid) for mid in lenient.items(receipt, "mids")[:MOST])
    return tuple(mid for mid in found if mid)


def _story(reply_to: Fields) -> Story | None:
    source = lenient.part(reply_to, "story")
    if not source:
        return None
    story = Story(
        id=lenient.identifier(source, "id"),
        url=lenient.text(source, "url", "URL"),
        link_sticker_url=lenient.text(source, "link_sticker_url"),
    )
    return story if story != Story() else None


def _referral(body: Fields) -> Referral | None:
    sources = [lenient.part(body, name) for name in ("message", "postback", "optin")]
    for source in (body, *sources):
        found = lenient.part(source, "referral")
        if not found:
            continue
        referral = Referral(
            ref=lenient.text(found, "ref"),
            source=lenient.text(found, "source"),
            type=lenient.text(found, "type"),
            ad_id=lenient.identifier(found, "ad_id"),
            ad_title=lenient.text(lenient.part(found, "ads_context_data"), "ad_title"),
            product_id=lenient.identifier(lenient.part(found, "product"), "id"),
        )
        if referral != Referral():
            return referral
    return None


def _reaction(body: Fields) -> Reaction | None:
    found = lenient.part(body, "reaction")
    if not found:
        return None
    return Reaction(
        action=lenient.text(found, "action") or "react",
        name=lenient.text(found, "reaction"),
        emoji=lenient.emoji(lenient.text(found, "emoji")),
    )


def _handover(body: Fields) -> Handover | None:
    name = next((name for name in _HANDOVERS if name in body), None)
    if name is None:
        return None
    found = lenient.part(body, name)
    return Handover(
        action=name,
        previous_app=lenient.identifier(found, "previous_owner_app_id", "caller_app_id"),
        new_app=lenient.identifier(found, "new_owner_app_id", "requested_owner_app_id"),
        metadata=lenient.text(found, "metadata"),
    )


def _conversation(event: RawEvent, message: Message) -> Conversation | None:
    if message.person is None or message.person.id is None:
        return None
    unreacted = message.reaction is not None and message.reaction.action == "unreact"
    opens = event.kind in _OPENING and message.direction == "inbound" and not unreacted
    return Conversation(
        id=message.person.id,
        owned_elsewhere=message.standby or _taken(event, message.handover),
        window_closes_at=event.occurred_at + WINDOW if opens else None,
    )


def _taken(event: RawEvent, handover: Handover | None) -> bool:
    """Who gets `take` has lost the conversation, who gets `pass` has it; unless the new owner is
    named and apps are known by Meta's ids."""
    if handover is None or handover.action not in {"pass_thread_control", "take_thread_control"}:
        return False
    if event.app.isdigit() and handover.new_app is not None:
        return handover.new_app != event.app
    return handover.action == "take_thread_control"
