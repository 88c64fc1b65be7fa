"""A moderator to try out, with rules in Postgres and a clock that stands still a minute after
noon."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from services.moderator.decision import Decision
from services.moderator.moderate import Moderator
from services.moderator.rules import Rule, RuleSet
from services.moderator.works import Work, take
from shared import topics
from shared.contracts.actions import Action
from shared.contracts.enriched import (
    Comment,
    EnrichedComment,
    EnrichedEvent,
    EnrichedMessage,
    Person,
)
from shared.contracts.records import Record
from shared.errors import Transient
from shared.postgres.pool import Pool
from shared.postgres.rules import EVERYBODY, Owner, RuleSets
from shared.stream.memory import MemoryBroker
from shared.stream.protocols import Writer
from tests import heard
from tests.heard import ACCOUNT, ANA, at

US = Owner("instagram", ACCOUNT)
BEN = Person(id="880002", username="ben.test")


def now() -> datetime:
    """A minute after noon."""
    return at(60)


def comment(
    id_: str, text: str = "spam", seconds: float = 0, author: Person | None = ANA, **more: Any
) -> EnrichedComment:
    """Somebody's comment; `more` are fields of the envelope, and `own` and `parent_id`."""
    own, parent_id = more.pop("own", False), more.pop("parent_id", None)
    body = Comment(id=id_, text=text, author=author, media_id="m1", parent_id=parent_id)
    thread = more.pop("thread", parent_id or id_)
    return heard.comment(id_, seconds, comment=body, own=own, thread=thread, **more)


def message(id_: str, text: str = "hello", seconds: float = 0, **more: Any) -> EnrichedMessage:
    """Somebody's message."""
    return heard.message("message", id_, seconds, mid=id_, text=text, **more)


def echo(id_: str, text: str = "hello", seconds: float = 0) -> EnrichedMessage:
    """The account's own message."""
    return message(id_, text, seconds, own=True, direction="outbound")


def works(events: Sequence[EnrichedEvent]) -> list[Work]:
    """`events` as the moderator gets them."""
    return [take(heard.record(event, offset)) for offset, event in enumerate(events)]


def a_rule(name: str = "spam", **fields: Any) -> Rule:
    """A rule in enforce that hides what says `spam`, unless it says otherwise."""
    given = {"name": name, "mode": "enforce", "when": {"words": {"of": ["spam"]}}}
    return msgspec.convert(given | {"then": {"hide": True}} | fields, Rule)


async def import_rules(pool: Pool, *rules: Rule, owner: Owner = EVERYBODY, **settings: Any) -> int:
    """Put a set with these rules into force, at noon; its version."""
    rule_set = msgspec.structs.replace(msgspec.convert(settings, RuleSet), rules=rules)
    document = msgspec.json.encode(rule_set).decode()
    stored = await RuleSets(pool).add(owner, document, "tests")
    await pool.execute("UPDATE rule_sets SET imported_at = $1", at(0))
    return stored.version


class Refusing:
    """A Writer that refuses the first so many writes, and then lets them through."""

    def __init__(self, writer: Writer, refusals: int) -> None:
        self._writer = writer
        self._refusals = refusals

    def write(self, records: Sequence[Any]) -> Any:
        """See `Writer.write`."""
        if self._refusals:
            self._refusals -= 1
            raise Transient("not_connected")
        return self._writer.write(records)


class Desk:
    """Moderators on one Postgres and one broker in memory."""

    def __init__(self, pool: Pool, writer: Writer, broker: MemoryBroker) -> None:
        self.pool = pool
        self.writer = writer
        self._broker = broker
        self._moderator = Moderator(pool, writer, now)

    def another(
        self, writer: Writer | None = None, clock: Callable[[], datetime] = now
    ) -> Moderator:
        """A moderator that has just started."""
        return Moderator(self.pool, writer or self.writer, clock)

    async def handle(self, *events: EnrichedEvent) -> None:
        """One batch for the usual moderator."""
        await self._moderator.handle(works(events))

    def published(self) -> list[Action]:
        """All actions there are on the topic."""
        records: list[Record] = self._broker.records(topics.ACTIONS.name)
        return [msgspec.json.decode(each.value or b"", type=Action) for each in records]

    def ids(self) -> list[str]:
        """The ids of the actions on the topic, each once, in order."""
        return sorted({action.id for action in self.published()})

    async def decision(self, event: EnrichedEvent) -> Decision:
        """What was decided about `event`."""
        document = await self.pool.fetchval(
            "SELECT document FROM decisions WHERE event_id = $1", event.event.id
        )
        return msgspec.json.decode(document, type=Decision)

    async def held(self, event: EnrichedEvent) -> list[str | None]:
        """What keeps each thing from being done that rules wanted of `event`."""
        return [wanted.held for wanted in (await self.decision(event)).wanted]
