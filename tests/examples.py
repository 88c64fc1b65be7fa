"""Writes the golden examples: what Parley's own code makes of recorded deliveries.

`python -m tests.examples` writes them beside the contracts; a test fails when they are not
what this makes.
"""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from shared import topics
from shared.contracts.actions import ACTION_KINDS, Action, ActionKind, ActionState, Outcome
from shared.contracts.dead import DeadLetter, bury
from shared.contracts.documents.published import EXAMPLES, text
from shared.contracts.enriched import EnrichedComment, EnrichedEvent
from shared.contracts.erasure import Erasure
from shared.contracts.raw import Kind, RawEvent
from shared.contracts.records import Outgoing, Record
from shared.contracts.wire import (
    action_record,
    enriched_record,
    erasure_record,
    outcome_record,
    raw_record,
    raw_topic,
)
from shared.meta.split import split
from tests.enriching import TRACE, Accounts, Api, connected, enriching

PAYLOADS = Path(__file__).parent / "payloads"
ARRIVED = datetime(2025, 11, 20, 1, 6, 41, tzinfo=UTC)

FROM: dict[Kind, str] = {
    "comment": "instagram/comment",
    "live-comment": "instagram/live_comment",
    "mention": "instagram/mention_in_comment",
    "message": "instagram/message_text",
    "message-deleted": "instagram/message_deleted",
    "message-edit": "instagram/edit",
    "reaction": "instagram/reaction",
    "postback": "instagram/postback",
    "referral": "instagram/referral",
    "read": "instagram/read",
    "delivery": "page/delivery_without_watermark",
    "handover": "instagram/handover_pass",
    "optin": "instagram/optin",
    "feedback": "instagram/feedback",
    "policy": "instagram/policy",
    "messaging": "page/order",
    "change": "instagram/story_insights",
    "broken": "page/feed_comment_wrong_type",
}
"""The delivery that stands for each kind of event."""

_US = "17841455500000001"
_PAGE = "204455500000001"
_MEDIA = {
    "id": "18055500000000021",
    "caption": "Spring glaze",
    "media_product_type": "FEED",
    "media_type": "IMAGE",
    "permalink": "https://instagram.test/p/1",
    "timestamp": "2025-11-19T10:00:00+0000",
    "username": "our.shop",
    "owner": {"id": _US},
    "like_count": 3,
    "comments_count": 4,
}
_MENTION = {
    "id": "17955500000000051",
    "text": "Look at @our.shop",
    "timestamp": "2025-11-20T00:53:00+0000",
    "media": {"id": "18055500000000031", "media_type": "IMAGE", "username": "bo.shots"},
}
_PROFILE = {"name": "Ana", "username": "ana.keramik", "follower_count": 120}
GRAPH: dict[str, object] = {
    "18055500000000021": _MEDIA,
    "7712345000000001": _PROFILE,
    _US: {"id": _US, "mentioned_comment": _MENTION},
}
"""What Graph answers to the enricher's questions."""

_ASKED_AT = datetime(2025, 11, 20, 1, 7, tzinfo=UTC)

_ONLY: dict[ActionKind, dict[str, Any]] = {
    "reply": {"text": "Thank you, Ana!"},
    "private_reply": {"text": "Thank you! The shop opens at nine."},
    "message": {"text": "It is still there.", "comment_id": None, "media_id": None},
    "tag": {"tag": "fan"},
    "untag": {"tag": "fan"},
    "delete": {"not_before": _ASKED_AT + timedelta(hours=1)},
}
"""What an action of a kind says that others don't."""

_BECAME: dict[ActionState, dict[str, Any]] = {
    "requested": {},
    "claimed": {"attempt": 1},
    "sent": {"attempt": 1, "created_id": "17955500000000099"},
    "failed": {"attempt": 1, "reason": "refused", "code": 100, "subcode": 33},
    "expired": {"reason": "too_late"},
    "skipped": {"reason": "already_claimed"},
    "unknown": {"attempt": 1, "reason": "timeout"},
}
"""What an outcome says of each state."""


def received() -> list[RawEvent]:
    """One event of each kind."""
    found = []
    for kind, name in FROM.items():
        (event,) = split((PAYLOADS / f"{name}.json").read_bytes(), "shop", ARRIVED)
        assert event.kind == kind
        found.append(event)
    return found


async def enriched(events: Sequence[RawEvent]) -> list[EnrichedEvent]:
    """What the enricher makes of those it reads."""
    names = {topic.name for topic in topics.read_by("enricher")}
    read = [event for event in events if raw_topic(event.kind).name in names]
    page = connected(_PAGE, "facebook", "page")
    accounts = Accounts({_US: connected(_US, "facebook"), _PAGE: page})
    async with enriching(Api(GRAPH), accounts) as line:
        return await line.work(*read)


def acted(comment: EnrichedComment) -> list[Action]:
    """An action of each kind, as a rule wants them for a comment."""
    event, author = comment.event, comment.comment.author
    common: dict[str, Any] = {
        "platform": event.platform,
        "account": event.account,
        "thread": event.thread,
        "requested_by": "rule",
        "requested_at": _ASKED_AT,
        "event_id": event.id,
        "rule": "thanks",
        "rule_version": 3,
        "comment_id": comment.comment.id,
        "media_id": comment.comment.media_id,
        "person_id": author.id if author else None,
    }
    return [
        Action(id=f"{event.id}/thanks/{kind}", kind=kind, **common | _ONLY.get(kind, {}))
        for kind in ACTION_KINDS
    ]


def told(action: Action) -> list[Outcome]:
    """An outcome of each state, as one action may have them."""
    return [
        Outcome(action=action, number=n, state=state, at=_ASKED_AT + timedelta(seconds=n), **also)
        for n, (state, also) in enumerate(_BECAME.items(), 1)
    ]


def erased(event: RawEvent) -> Erasure:
    """A request to erase whoever wrote to us."""
    return Erasure(
        id=f"{event.platform}:{event.account}:erasure:{event.thread}:1763600820000",
        platform=event.platform,
        account=event.account,
        person=event.thread,
        requested_at=_ASKED_AT,
        reason="asked for by mail",
    )


async def made() -> dict[str, str]:
    """All examples by name, as their files hold them."""
    raw = received()
    typed = await enriched(raw)
    comment = next(each for each in typed if isinstance(each, EnrichedComment))
    actions = acted(comment)
    reply = next(action for action in actions if action.kind == "reply")
    records = [
        *(raw_record(event, TRACE) for event in raw),
        *(enriched_record(event, TRACE) for event in typed),
        *(action_record(action, TRACE) for action in actions),
        *(outcome_record(outcome, TRACE) for outcome in told(reply)),
        erasure_record(erased(next(each for each in raw if each.kind == "message")), TRACE),
    ]
    found = {dict(record.headers)["ce_type"].decode(): shown(record) for record in records}
    return found | {"dead-letter": shown(_buried(records[0]))}


def _buried(record: Outgoing) -> Outgoing:
    read = Record(record.topic, 3, 1041, 0, record.key, record.value, record.headers)
    letter = DeadLetter(
        topic=read.topic,
        partition=read.partition,
        offset=read.offset,
        group="enricher",
        reason="forged",
        failed_at=_ASKED_AT,
    )
    return bury(read, letter, topics.DEAD_ENRICHER.name)


def shown(record: Outgoing) -> str:
    """A record as JSON for people."""
    assert record.key is not None
    assert record.value is not None
    return text(
        {
            "topic": record.topic,
            "key": record.key.decode(),
            "headers": {name: value.decode() for name, value in record.headers},
            "value": json.loads(record.value),
        }
    )


def write() -> None:
    """Make the files what they should be."""
    examples = asyncio.run(made())
    EXAMPLES.mkdir(exist_ok=True)
    for path in {*EXAMPLES.glob("*.json")} - {EXAMPLES / f"{name}.json" for name in examples}:
        path.unlink()
    for name, content in examples.items():
        (EXAMPLES / f"{name}.json").write_text(content)


if __name__ == "__main__":
    write()
