"""Rows of `actions` and the one way they change: state, a row of `action_changes`, and the outcome
in it, all in one statement."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
from asyncpg import exceptions

from shared.contracts.actions import Action, ActionState, Outcome
from shared.errors import Transient
from shared.meta.claims import opposite_of
from shared.postgres.pool import Connection

Settled = Literal["present", "absent", "by_hand"]

HOLDING: frozenset[ActionState] = frozenset({"claimed", "unknown", "sent"})
"""The states in which an action keeps its claim from others."""

_TICK = timedelta(microseconds=1)
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Action).decode

# Rows that have changed since they were read stay as they are: `number` is then not the next one.
# What Meta made is credited to one action only. A thing done frees the claim of its opposite.
_APPLY = """
WITH told AS (
    SELECT * FROM unnest(
        $1::text[], $2::integer[], $3::boolean[], $4::text[], $5::text[], $6::bigint[],
        $7::bigint[], $8::text[], $9::integer[], $10::text[], $11::text[], $12::timestamptz[],
        $13::timestamptz[], $14::text[], $15::timestamptz[], $16::timestamptz[],
        $17::timestamptz[], $18::bytea[], $19::text[]
    ) AS t (
        id, number, held, state, reason, code,
        subcode, settled, attempts, created_id, recipient_id, due_at,
        expires_at, claimed_by, claimed_until, called_at,
        state_at, outcome, releases
    )
), changed AS (
    UPDATE actions AS a SET
        changes = t.number,
        held = t.held,
        state = t.state,
        reason = t.reason,
        code = t.code,
        subcode = t.subcode,
        settled = t.settled,
        attempts = t.attempts,
        created_id = CASE WHEN EXISTS (
            SELECT FROM actions AS other
            WHERE other.platform = a.platform AND other.account = a.account
                AND other.created_id = t.created_id AND other.id <> a.id
        ) THEN a.created_id ELSE coalesce(t.created_id, a.created_id) END,
        recipient_id = coalesce(t.recipient_id, a.recipient_id),
        due_at = t.due_at,
        expires_at = t.expires_at,
        claimed_by = t.claimed_by,
        claimed_until = t.claimed_until,
        called_at = t.called_at,
        state_at = t.state_at
    FROM told AS t WHERE a.id = t.id AND a.changes = t.number - 1
    RETURNING a.id, a.platform, a.account
), released AS (
    UPDATE actions AS a SET held = false
    FROM told AS t JOIN changed AS c USING (id)
    WHERE a.platform = c.platform AND a.account = c.account AND a.claim = t.releases AND a.held
        AND a.state = 'sent'
)
INSERT INTO action_changes (action_id, number, state, reason, at, attempt, outcome)
SELECT id, number, state, reason, state_at, attempts, outcome FROM told JOIN changed USING (id)
RETURNING action_id
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """An action as it stands; see the table for what each column means. `changes` is also its
    version: a change applies to the row that was read, or not at all."""

    action: Action
    state: ActionState
    attempts: int
    reads: int
    changes: int
    requested_at: datetime
    due_at: datetime
    state_at: datetime
    reason: str | None = None
    code: int | None = None
    subcode: int | None = None
    settled: Settled | None = None
    created_id: str | None = None
    recipient_id: str | None = None
    expires_at: datetime | None = None
    called_at: datetime | None = None
    traceparent: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """The next state of an action. Times that are None: `due_at` is at once, `expires_at` and
    `called_at` stay as they are, `claimed_until` is set for `claimed` only."""

    state: ActionState
    attempts: int
    reason: str | None = None
    code: int | None = None
    subcode: int | None = None
    settled: Settled | None = None
    created_id: str | None = None
    recipient_id: str | None = None
    due_at: datetime | None = None
    expires_at: datetime | None = None
    called_at: datetime | None = None
    claimed_by: str | None = None
    claimed_until: datetime | None = None


def kept(row: Mapping[str, Any]) -> Kept:
    """A row of `actions`; further columns are left alone."""
    fields = {name: row[name] for name in Kept.__slots__ if name != "action"}
    return Kept(action=_decode(row["document"]), **fields)


def outcome_of(known: Kept, change: Change, at: datetime) -> Outcome:
    """What `change` of `known` is told as."""
    return Outcome(
        action=known.action,
        number=known.changes + 1,
        state=change.state,
        at=at,
        reason=change.reason,
        code=change.code,
        subcode=change.subcode,
        attempt=change.attempts,
        created_id=change.created_id,
        recipient_id=change.recipient_id,
        settled=change.settled,
    )


async def apply(
    connection: Connection, changes: Sequence[tuple[Kept, Change]], now: datetime
) -> set[str]:
    """Change each row from what it was when it was read; the ids of those that were still so.

    An action's changes have rising times, whichever clock `now` is of.

    Raises:
        Transient: somebody else has just got the claim, or is credited with the same effect.
    """
    if not changes:
        return set()
    rows = [_row(known, change, max(now, known.state_at + _TICK)) for known, change in changes]
    try:
        found = await connection.fetch(_APPLY, *columns(rows))
    except exceptions.UniqueViolationError as exc:
        raise Transient("postgres_conflict") from exc
    return {row["action_id"] for row in found}


def columns(rows: Iterable[Sequence[object]]) -> list[list[object]]:
    """Rows turned for `unnest`."""
    return [list(column) for column in zip(*rows, strict=True)]


def _row(known: Kept, change: Change, at: datetime) -> tuple[object, ...]:
    outcome = outcome_of(known, change, at)
    return (
        known.action.id,
        outcome.number,
        change.state in HOLDING,
        change.state,
        change.reason,
        change.code,
        change.subcode,
        change.settled,
        change.attempts,
        change.created_id,
        change.recipient_id,
        change.due_at or at,
        change.expires_at or known.expires_at,
        change.claimed_by,
        change.claimed_until,
        change.called_at or known.called_at,
        at,
        _encode(outcome),
        opposite_of(known.action) if change.state == "sent" else None,
    )
