"""Every type of event, by its `ce_type`: where it travels and what its value is."""

from dataclasses import dataclass
from typing import get_args

from msgspec import Struct

from shared import topics
from shared.contracts.actions import ACTION_KINDS, Action, ActionState, Outcome
from shared.contracts.enriched import EnrichedComment, EnrichedMention, EnrichedMessage
from shared.contracts.erasure import Erasure
from shared.contracts.raw import KINDS, RawEvent
from shared.contracts.wire import event_type, raw_topic
from shared.topics import Topic


@dataclass(frozen=True, slots=True)
class Event:
    """One type of event; all those with the same `value` look alike and differ in meaning."""

    ce_type: str
    topic: Topic
    value: type[Struct]


_ENRICHED: dict[Topic, tuple[Topic, type[Struct]]] = {
    topics.COMMENTS: (topics.COMMENTS_ENRICHED, EnrichedComment),
    topics.MENTIONS: (topics.MENTIONS_ENRICHED, EnrichedMention),
    topics.MESSAGES: (topics.MESSAGES_ENRICHED, EnrichedMessage),
}

EVENTS: tuple[Event, ...] = (
    *(Event(event_type(kind, "received"), raw_topic(kind), RawEvent) for kind in KINDS),
    *(
        Event(event_type(kind, "enriched"), *_ENRICHED[raw_topic(kind)])
        for kind in KINDS
        if raw_topic(kind) in _ENRICHED
    ),
    *(Event(event_type("action", kind), topics.ACTIONS, Action) for kind in ACTION_KINDS),
    *(
        Event(event_type("outcome", state), topics.OUTCOMES, Outcome)
        for state in get_args(ActionState)
    ),
    Event(event_type("erasure", "requested"), topics.ERASURES, Erasure),
)

VALUES: tuple[type[Struct], ...] = tuple(dict.fromkeys(event.value for event in EVENTS))


def on(topic: Topic) -> tuple[Event, ...]:
    """The events that `topic` carries; a dead-letter topic carries others' and none of its own."""
    return tuple(event for event in EVENTS if event.topic == topic)
