"""Erasing an account or a person: what there is, and then there is nothing any more.

Everything is done in small steps and can be done again: whoever is interrupted begins anew. The
event log comes first; of each erased event a hash of its id stays, by which services know it when
Kafka or Meta delivers it again.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec
from asyncpg import Record

from shared.postgres.erasure import of_account, of_person
from shared.postgres.pool import Connection, Pool, transient_failures

KEPT = timedelta(days=60)
"""For how long an erased event is known: longer than Kafka keeps records, and Meta retries."""

_ROWS_TOGETHER = 1000
_EVENTS_TOGETHER = 2000

# Events of an account, a page at a time, and which of them are about the person $5, if one is meant
# (called $6): whose id stands anywhere in Meta's item; or about a comment or a mention of theirs.
_EVENTS = """
SELECT id, occurred_at, CASE
    WHEN $5::text IS NULL OR thread = $5 THEN true
    WHEN item_json IS NULL THEN position(convert_to($5, 'UTF8') IN item) > 0
    ELSE jsonb_path_exists(item_json, '$.** ? (@ == $id || @ == $number)', $7::jsonb) OR EXISTS (
        SELECT FROM comments AS c
        WHERE kind IN ('comment', 'live-comment')
            AND c.platform = e.platform AND c.account = e.account
            AND c.id IN (item_json #>> '{value,comment_id}', item_json #>> '{value,id}')
            AND (c.author_id = $5 OR c.author_id IS NULL AND c.author_username = ANY($6))
    ) OR EXISTS (
        SELECT FROM mentions AS m
        WHERE kind = 'mention' AND m.platform = e.platform AND m.account = e.account
            AND m.id = coalesce(
                item_json #>> '{value,comment_id}', item_json #>> '{value,media_id}',
                item_json #>> '{value,story_id}', e.id
            )
            AND (m.author_id = $5 OR m.author_id IS NULL AND m.author_username = ANY($6))
    )
END AS wanted
FROM events AS e
WHERE platform = $1 AND account = $2 AND (occurred_at, id) > ($3, $4)
ORDER BY occurred_at, id LIMIT $8
"""

_REMEMBER = """
INSERT INTO erased (event) SELECT sha256(convert_to(id, 'UTF8')) FROM unnest($1::text[]) AS id
ON CONFLICT DO NOTHING
"""
_FORGET = "DELETE FROM erased WHERE at < now() - $1::interval"

# What is known by an event's id only; what was done about it included.
_OF_EVENTS: Mapping[str, str] = {
    "queue": "DELETE FROM queue WHERE event_id = ANY($1::text[])",
    "actions": "DELETE FROM actions WHERE event_id = ANY($1::text[]) AND state <> 'claimed'",
    "hits": "DELETE FROM hits WHERE event_id = ANY($1::text[])",
    "sayings": "DELETE FROM sayings WHERE event_id = ANY($1::text[])",
    "decisions": "DELETE FROM decisions WHERE event_id = ANY($1::text[])",
    "events": "DELETE FROM events WHERE id = ANY($1::text[])",
}

_UNDER_WAY = """
SELECT count(*) FROM actions
WHERE platform = $1 AND account = $2 AND state = 'claimed'
    AND ($3::text IS NULL OR $3 IN (person_id, recipient_id, thread))
"""

_ERASED = """
SELECT id FROM unnest($1::text[]) AS id JOIN erased ON erased.event = sha256(convert_to(id, 'UTF8'))
"""

_BEGINNING = datetime.fromisoformat("0001-01-02T00:00:00+00:00")

Seen = Callable[[int, str], None]
"""Told how many rows were looked at by now, and in which table."""


class Subject(NamedTuple):
    """An account, or one person of it."""

    platform: str
    account: str
    person: str | None = None


class _Scope(NamedTuple):
    """Part of the event log, and whose id in Meta's item picks from it; all of it without one."""

    platform: str
    account: str
    named: str | None


async def erased(connection: Pool | Connection, ids: Sequence[str]) -> set[str]:
    """Those of these events that were erased: they must leave no trace when they come again."""
    return {row["id"] for row in await connection.fetch(_ERASED, list(ids))}


async def found(pool: Pool, subject: Subject, seen: Seen) -> Counter[str]:
    """How many rows of each table are about `subject`.

    Raises:
        Transient: Postgres can't be asked.
    """
    counts: Counter[str] = Counter()
    with transient_failures():
        names = await _names(pool, subject)
        async for ids in _events(pool, subject, names, seen):
            counts["events"] += len(ids)
        for table, statement, names_too in _statements(subject, names):
            rows = await pool.fetchval(statement, *subject[:2], None, False, *names_too)
            counts[table] += rows
    return +counts


async def erase(pool: Pool, subject: Subject, seen: Seen) -> Counter[str]:
    """Erase all that is about `subject`; how many rows of each table went.

    Raises:
        Transient: not all of it was done; doing it again is safe.
    """
    counts: Counter[str] = Counter()
    with transient_failures():
        await pool.execute(_FORGET, KEPT)
        names = await _names(pool, subject)
        async for ids in _events(pool, subject, names, seen):
            async with pool.acquire() as connection, connection.transaction():
                await connection.execute(_REMEMBER, ids)
                for table, statement in _OF_EVENTS.items():
                    counts[table] += _rows(await connection.execute(statement, ids))
        for table, statement, names_too in _statements(subject, names):
            given = (*subject[:2], _ROWS_TOGETHER, True, *names_too)
            while rows := await pool.fetchval(statement, *given):
                counts[table] += rows
                seen(counts.total(), table)
    return +counts


async def under_way(pool: Pool, subject: Subject) -> int:
    """How many actions for `subject` are being carried out, and keep their rows until they are.

    Raises:
        Transient: Postgres can't be asked.
    """
    with transient_failures():
        count: int = await pool.fetchval(_UNDER_WAY, *subject)
    return count


async def _names(pool: Pool, subject: Subject) -> list[str]:
    if subject.person is None:
        return []
    return [row["name"] for row in await pool.fetch(of_person.NAMES, *subject)]


def _statements(
    subject: Subject, names: Sequence[str]
) -> list[tuple[str, str, tuple[object, ...]]]:
    """Table, statement, and what it takes besides the usual."""
    if subject.person is None:
        return [(table, statement, ()) for table, statement in of_account.OF_ACCOUNT.items()]
    person = subject.person
    return [
        *((table, sql, (person, list(names))) for table, sql in of_person.BY_COMMENTS.items()),
        *((table, sql, (person,)) for table, sql in of_person.BY_ID.items()),
    ]


async def _events(
    pool: Pool, subject: Subject, names: Sequence[str], seen: Seen
) -> AsyncIterator[list[str]]:
    """The ids of the events about `subject`, some at a time. What could not be taken apart belongs
    to no account, or even to no platform."""
    platform, account, person = subject
    named = person or account
    looked_at = 0
    for scope in (
        _Scope(platform, account, person),
        _Scope(platform, "", named),
        _Scope("", "", named),
    ):
        async for rows in _pages(pool, scope, names):
            looked_at += len(rows)
            seen(looked_at, "events")
            if ids := [row["id"] for row in rows if row["wanted"]]:
                yield ids


async def _pages(pool: Pool, scope: _Scope, names: Sequence[str]) -> AsyncIterator[list[Record]]:
    place: tuple[object, object] = (_BEGINNING, "")
    named = msgspec.json.encode(_spelt(scope.named)).decode() if scope.named else None
    while rows := await pool.fetch(
        _EVENTS, scope.platform, scope.account, *place, scope.named, names, named, _EVENTS_TOGETHER
    ):
        yield rows
        place = (rows[-1]["occurred_at"], rows[-1]["id"])


def _spelt(id_: str) -> dict[str, str | int]:
    """An id as Meta may write it."""
    return {"id": id_, "number": int(id_) if id_.isdigit() else id_}


def _rows(status: str) -> int:
    """How many rows a command changed, as Postgres says it: `DELETE 7`."""
    return int(status.rpartition(" ")[2])
