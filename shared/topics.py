"""The pipeline as data: every topic with who writes it, who reads it, and how long it keeps what it
holds.

Topic creation, the check of what a service may open, and the generated documents all derive from
this table (design §2).
"""

from dataclasses import dataclass
from datetime import timedelta

PARTITIONS = 12
"""Part of the contract, like the key: changing either re-homes keys and needs a new topic
version."""

MAX_BODY_BYTES = 5 * 1024 * 1024
"""The largest webhook body the receiver lets in; Meta documents no limit (platform §3, "Max body
size")."""

ENVELOPE_BYTES = 64_000
"""More than our own fields and headers around one of Meta's items can take: ids are bounded
(meta/ids.py)."""

RAW_RECORD_BYTES = MAX_BODY_BYTES + ENVELOPE_BYTES

BATCH_BYTES = 1_000_000
"""What a writer puts into one batch; a larger record travels alone. The broker's limit is on the
batch, however small its records."""

GRAPH_BYTES = 1_000_000
"""The most that one event's look-ups may add: the Graph client refuses larger answers."""

ENRICHED_RECORD_BYTES = 2 * RAW_RECORD_BYTES + GRAPH_BYTES
"""An enriched event holds Meta's item once verbatim and once, at most as long, as typed fields."""

SEGMENT = timedelta(days=7)
"""Kafka deletes whole files, each when its last record is old enough, and goes on with one for so
long (`segment.ms`, unless the broker says otherwise)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Topic:
    """One Kafka topic; `key` says in words what its records are keyed (and therefore ordered)
    by."""

    name: str
    holds: str
    key: str
    writers: frozenset[str]
    readers: frozenset[str]
    retention: timedelta = timedelta(days=14)
    partitions: int = PARTITIONS
    max_record_bytes: int = RAW_RECORD_BYTES

    def gone_after(self) -> timedelta:
        """How long after a record was written it is gone at the latest."""
        return self.retention + SEGMENT

    def settings(self) -> dict[str, str]:
        """The topic's configuration as the broker spells it."""
        return {
            "cleanup.policy": "delete",
            "retention.ms": str(int(self.retention.total_seconds() * 1000)),
            "max.message.bytes": str(max(self.max_record_bytes, BATCH_BYTES) + ENVELOPE_BYTES),
        }


COMMENTS = Topic(
    name="parley.comments.v1",
    holds="comments and live comments as Meta said them",
    key="account + root comment",
    writers=frozenset({"receiver", "cli"}),
    readers=frozenset({"enricher"}),
)
MENTIONS = Topic(
    name="parley.mentions.v1",
    holds="mentions as Meta said them, often ids only; a Page's mentions too",
    key="account + media",
    writers=frozenset({"receiver", "cli"}),
    readers=frozenset({"enricher"}),
)
MESSAGES = Topic(
    name="parley.messages.v1",
    holds="everything from messaging[] and standby[] as Meta said it",
    key="account + the other person",
    writers=frozenset({"receiver", "cli"}),
    readers=frozenset({"enricher"}),
)
OTHER = Topic(
    name="parley.other.v1",
    holds="every other signed change, known or unknown: nothing signed is ever dropped",
    key="account",
    writers=frozenset({"receiver", "cli"}),
    readers=frozenset({"persister"}),
)


def _enriched(raw: Topic, holds: str) -> Topic:
    return Topic(
        name=raw.name.replace(".v1", ".enriched.v1"),
        holds=holds,
        key=raw.key,
        writers=frozenset({"enricher"}),
        readers=frozenset({"persister", "moderator"}),
        max_record_bytes=ENRICHED_RECORD_BYTES,
    )


COMMENTS_ENRICHED = _enriched(COMMENTS, "comments, normalised and typed, with their media")
MENTIONS_ENRICHED = _enriched(MENTIONS, "mentions with the comment or media they are in")
MESSAGES_ENRICHED = _enriched(MESSAGES, "messages and all that happens to them, with the sender")


ACTION_BYTES = 256_000
"""An action holds ids, which are bounded, and one text, which Meta bounds."""

ACTIONS = Topic(
    name="parley.actions.v1",
    holds="commands: hide, unhide, delete, reply, send a message, and our own block, tag and queue",
    key="account + thread",
    writers=frozenset({"moderator", "cli"}),
    readers=frozenset({"executor"}),
    max_record_bytes=ACTION_BYTES,
)
OUTCOMES = Topic(
    name="parley.outcomes.v1",
    holds="what became of each action, one record for each change of its state",
    key="account + thread",
    writers=frozenset({"executor"}),
    readers=frozenset({"persister"}),
    retention=timedelta(days=30),
    max_record_bytes=2 * ACTION_BYTES,
)
ERASURES = Topic(
    name="parley.erasures.v1",
    holds="requests to erase a person or an account, for all who keep copies",
    key="account",
    writers=frozenset({"cli"}),
    readers=frozenset(),
    retention=timedelta(days=90),
    max_record_bytes=ENVELOPE_BYTES,
)


def dead_letters(group: str, max_record_bytes: int) -> Topic:
    """The topic for the records `group` could not handle, as they were, with the reason in
    headers."""
    return Topic(
        name=f"parley.dead.{group}.v1",
        holds=f"records the {group} could not handle, as they were, with the reason in headers",
        key="the original key",
        writers=frozenset({group}),
        readers=frozenset({"cli"}),
        retention=timedelta(days=30),
        max_record_bytes=max_record_bytes + ENVELOPE_BYTES,
    )


DEAD_ENRICHER = dead_letters("enricher", RAW_RECORD_BYTES)
DEAD_PERSISTER = dead_letters("persister", ENRICHED_RECORD_BYTES)
DEAD_MODERATOR = dead_letters("moderator", ENRICHED_RECORD_BYTES)
DEAD_EXECUTOR = dead_letters("executor", ACTION_BYTES)

RAW = (COMMENTS, MENTIONS, MESSAGES, OTHER)
ENRICHED = (COMMENTS_ENRICHED, MENTIONS_ENRICHED, MESSAGES_ENRICHED)
DEAD = (DEAD_ENRICHER, DEAD_PERSISTER, DEAD_MODERATOR, DEAD_EXECUTOR)
ALL = (*RAW, *ENRICHED, ACTIONS, OUTCOMES, ERASURES, *DEAD)

LARGEST_RECORD_BYTES = max(topic.max_record_bytes for topic in ALL)


def written_by(service: str) -> tuple[Topic, ...]:
    """The topics that `service` may write."""
    return tuple(topic for topic in ALL if service in topic.writers)


def read_by(service: str) -> tuple[Topic, ...]:
    """The topics that `service` may read."""
    return tuple(topic for topic in ALL if service in topic.readers)
