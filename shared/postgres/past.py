"""What was said before, read back from the log in the order of its time, a page at a time."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import NamedTuple

from asyncpg import Record
from msgspec import Raw

from shared.contracts.enriched import Media, Person
from shared.contracts.raw import Kind, RawEvent
from shared.postgres.pool import Pool, transient_failures
from shared.postgres.rules import Owner

# How many events of some kinds each account has within a time.
_COUNTS = """
SELECT platform, account, count(*) AS events FROM events
WHERE occurred_at >= $1 AND occurred_at < $2 AND kind = ANY($3::text[])
GROUP BY platform, account ORDER BY platform, account
"""

# The same by kind and day, for one account unless platform and account are empty.
_TALLY = """
SELECT platform, account, kind, (occurred_at AT TIME ZONE 'UTC')::date AS day, count(*) AS events
FROM events
WHERE occurred_at >= $1 AND occurred_at < $2 AND kind = ANY($3::text[])
    AND ($4 = '' OR (platform = $4 AND account = $5))
GROUP BY platform, account, kind, day ORDER BY platform, account, kind, day
"""

_WHERE = "SELECT platform, account, occurred_at FROM events WHERE id = $1"

# The next ones of an account, behind the last one seen.
_PAGE = """
SELECT id, kind, platform, account, app, thread, container, field, origin, test, reason,
    occurred_at, time_source, received_at, own, item
FROM events
WHERE platform = $1 AND account = $2 AND occurred_at >= $3 AND (occurred_at, id) > ($3, $4)
    AND occurred_at < $5 AND kind = ANY($6::text[])
ORDER BY occurred_at, id LIMIT $7
"""

# What Graph told about things that an event names by their ids only.
_COMMENTS = """
SELECT id, text, media_id, parent_id, author_id, author_username FROM comments
WHERE id = ANY($3::text[]) AND platform = $1 AND account = $2
"""
_MENTIONS = """
SELECT id, text, media_id, NULL AS parent_id, author_id, author_username FROM mentions
WHERE id = ANY($3::text[]) AND platform = $1 AND account = $2
"""
_MEDIA = """
SELECT id, product_type, permalink, username, ad_id, original_media_id FROM media
WHERE id = ANY($3::text[]) AND platform = $1 AND account = $2
"""
_PEOPLE = """
SELECT id, username, name FROM people
WHERE id = ANY($3::text[]) AND platform = $1 AND account = $2
"""

PAGE_EVENTS = 1000


class Past(NamedTuple):
    """An event of the log, and whether the account itself wrote it."""

    event: RawEvent
    own: bool


class Place(NamedTuple):
    """Where a page ends: the time and id of its last event."""

    occurred_at: datetime
    id: str


class Tally(NamedTuple):
    """How many events of a kind an account had on a day, in UTC."""

    owner: Owner
    kind: str
    day: date
    events: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """The words of a comment or of what holds a mention, and where they are."""

    id: str
    text: str | None
    media_id: str | None
    parent_id: str | None
    author_id: str | None
    author_username: str | None


@dataclass(frozen=True, slots=True)
class Log:
    """Some kinds of events up to a time. Every method may raise Transient."""

    pool: Pool
    kinds: Collection[Kind]
    until: datetime

    async def counts(self, since: datetime) -> dict[Owner, int]:
        """Which accounts have events from `since` on, and how many."""
        with transient_failures():
            rows = await self.pool.fetch(_COUNTS, since, self.until, list(self.kinds))
        return {Owner(row["platform"], row["account"]): row["events"] for row in rows}

    async def tally(self, since: datetime, owner: Owner) -> list[Tally]:
        """How many events there are from `since` on, of `owner` or of everybody."""
        with transient_failures():
            rows = await self.pool.fetch(_TALLY, since, self.until, list(self.kinds), *owner)
        return [
            Tally(Owner(row["platform"], row["account"]), row["kind"], row["day"], row["events"])
            for row in rows
        ]

    async def place(self, event_id: str) -> tuple[Owner, Place] | None:
        """Whose that event is, and where; None for one that was never heard of."""
        with transient_failures():
            row = await self.pool.fetchrow(_WHERE, event_id)
        if row is None:
            return None
        return Owner(row["platform"], row["account"]), Place(row["occurred_at"], event_id)

    async def page(self, owner: Owner, after: Place, most: int = PAGE_EVENTS) -> list[Past]:
        """The next events of an account, in the order of time and id; the last page is empty."""
        with transient_failures():
            rows = await self.pool.fetch(_PAGE, *owner, *after, self.until, list(self.kinds), most)
        return [_past(row) for row in rows]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known by now of things that events of an account name. Every method may raise
    Transient."""

    pool: Pool
    owner: Owner

    async def comments(self, ids: Sequence[str]) -> dict[str, Said]:
        """Those of these comments that were heard of."""
        return {row["id"]: Said(**row) for row in await self._fetch(_COMMENTS, ids)}

    async def mentions(self, ids: Sequence[str]) -> dict[str, Said]:
        """Mentions by what they are in: a comment, else a media, else a story."""
        return {row["id"]: Said(**row) for row in await self._fetch(_MENTIONS, ids)}

    async def media(self, ids: Sequence[str]) -> dict[str, Media]:
        """Media with whose and where they are and what they advertise."""
        return {row["id"]: Media(**row) for row in await self._fetch(_MEDIA, ids)}

    async def people(self, ids: Sequence[str]) -> dict[str, Person]:
        """People with their names."""
        return {row["id"]: Person(**row) for row in await self._fetch(_PEOPLE, ids)}

    async def _fetch(self, statement: str, ids: Sequence[str]) -> list[Record]:
        with transient_failures():
            return list(await self.pool.fetch(statement, *self.owner, list(ids)))


def _past(row: Record) -> Past:
    fields = dict(row)
    own, item = fields.pop("own"), fields.pop("item")
    return Past(RawEvent(**fields, item=Raw(item)), bool(own))


def beginning(since: datetime) -> Place:
    """Before every event from `since` on."""
    return Place(since.astimezone(UTC), "")
