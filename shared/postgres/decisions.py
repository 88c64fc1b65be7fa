"""Questions about what was decided, for those who want to know why."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.postgres.pool import Pool, transient_failures
from shared.postgres.rules import Owner

# The words are where Meta puts them in a comment, a Page's comment, a message, an edit, a postback.
_EVENT = """
SELECT id, kind, platform, account, thread, origin, test, own, occurred_at, received_at,
    coalesce(
        item_json #>> '{value,text}', item_json #>> '{value,message}',
        item_json #>> '{message,text}', item_json #>> '{message_edit,text}',
        item_json #>> '{postback,title}'
    ) AS text
FROM events WHERE id = $1
"""

_DECISION = """
SELECT event_id, platform, account, decided_at, document FROM decisions WHERE event_id = $1
"""

_HITS = "SELECT rule, count(*) AS hits FROM hits WHERE at > now() - $1::interval GROUP BY rule"

_LATEST_HITS = """
SELECT event_id, platform, account, version, kinds, at FROM hits WHERE rule = $1
ORDER BY at DESC LIMIT $2
"""

# What the account said by a rule's word, under Meta's own ids.
_MADE_BY_RULES = """
SELECT created_id FROM actions
WHERE platform = $1 AND account = $2 AND requested_by = 'rule' AND created_id IS NOT NULL
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class LoggedEvent:
    """An event as the log has it; `text` is what was said, where Meta's item says it itself."""

    id: str
    kind: str
    platform: str
    account: str
    thread: str
    origin: str
    test: bool
    own: bool | None
    occurred_at: datetime
    received_at: datetime
    text: str | None = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredDecision:
    """What was decided about an event; `document` is its JSON."""

    event_id: str
    platform: str
    account: str
    decided_at: datetime
    document: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Hit:
    """A rule matched an event; `kinds` are the actions it caused."""

    event_id: str
    platform: str
    account: str
    version: int
    kinds: list[str]
    at: datetime


@dataclass(frozen=True, slots=True)
class Decisions:
    """What the moderator has kept, to be looked at. Every method may raise Transient."""

    pool: Pool

    async def event(self, id_: str) -> LoggedEvent | None:
        """The event of that id, if the log has it."""
        with transient_failures():
            row = await self.pool.fetchrow(_EVENT, id_)
        return LoggedEvent(**row) if row else None

    async def of(self, event_id: str) -> StoredDecision | None:
        """The decision about that event, if there is one."""
        with transient_failures():
            row = await self.pool.fetchrow(_DECISION, event_id)
        return StoredDecision(**row) if row else None

    async def hits(self, within: timedelta) -> dict[str, int]:
        """How often each rule matched within that time until now, in all accounts."""
        with transient_failures():
            return {row["rule"]: row["hits"] for row in await self.pool.fetch(_HITS, within)}

    async def latest_hits(self, rule: str, count: int) -> list[Hit]:
        """The last events that a rule matched, the latest first."""
        with transient_failures():
            return [Hit(**row) for row in await self.pool.fetch(_LATEST_HITS, rule, count)]

    async def made_by_rules(self, owner: Owner) -> frozenset[str]:
        """Meta's ids of the account's comments and messages that come from rules."""
        with transient_failures():
            found = await self.pool.fetch(_MADE_BY_RULES, *owner)
        return frozenset(row["created_id"] for row in found)
