"""Actions for the executor's tests, and Postgres as it finds it."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from pydantic import SecretStr

from services.executor import store
from services.executor.intake import Wanted
from services.executor.store import Claimed, Owner
from shared.contracts import wire
from shared.contracts.actions import Action, Outcome
from shared.contracts.records import Record
from shared.postgres.accounts import Account, Accounts
from shared.postgres.action_rows import Kept
from shared.postgres.actions import Actions
from shared.postgres.pool import Pool
from shared.postgres.vault import Vault, generate_key

ACCOUNT = "17841400000000001"
OTHER = "17841400000000002"
OWNER = Owner("instagram", ACCOUNT)
COMMENT = "18000000000000001"
PERSON = "880001"


def action(kind: str = "hide", **fields: Any) -> Action:
    """An action of a rule, that was just asked for."""
    given: dict[str, Any] = {
        "id": uuid.uuid4().hex,
        "kind": kind,
        "platform": "instagram",
        "account": ACCOUNT,
        "thread": "t1",
        "requested_by": "rule",
        "requested_at": datetime.now(UTC),
        "event_id": "e1",
        "rule": "r1",
        "comment_id": COMMENT,
        "person_id": PERSON,
        "text": "Thank you",
        "tag": "vip",
    }
    return Action(**{**given, **fields})


def record(wanted: Action, offset: int = 0) -> Record:
    """`wanted` as it is read from its topic."""
    out = wire.action_record(wanted, b"")
    return Record(out.topic, 0, offset, 0, out.key, out.value, list(out.headers))


async def take(pool: Pool, *actions: Action) -> None:
    """Let the executor take `actions` in."""
    await store.take(pool, [Wanted(record(each), each) for each in actions])


async def connect_account(pool: Pool, *ids: str) -> None:
    """Connect accounts, each with a token that was stored long ago."""
    vault = Vault(pool, [SecretStr(generate_key())])
    for id_ in ids or (ACCOUNT,):
        await Accounts(pool).add(
            Account(platform="instagram", id=id_, app="shop", login="instagram")
        )
        await vault.store("instagram", id_, SecretStr("token"))
    await pool.execute("UPDATE credentials SET stored_at = now() - interval '1 day'")


async def claim(
    pool: Pool, room: int = 8, owner: Owner = OWNER, executor: str = "one"
) -> Sequence[Kept]:
    """What is to be called for now."""
    return (await claim_all(pool, room, owner, executor)).calls


async def claim_all(
    pool: Pool, room: int = 8, owner: Owner = OWNER, executor: str = "one"
) -> Claimed:
    """As `store.claim`."""
    return await store.claim(pool, owner, executor, room)


async def state(pool: Pool, wanted: Action) -> tuple[str, str | None]:
    """Where an action stands, and why."""
    found = await Actions(pool).show(wanted.id)
    assert found
    return found[0].state, found[0].reason


async def past(pool: Pool, wanted: Action) -> list[str]:
    """All the states an action has had."""
    found = await Actions(pool).show(wanted.id)
    assert found
    assert [change.number for change in found[1]] == list(range(1, len(found[1]) + 1))
    return [change.state for change in found[1]]


async def told(pool: Pool, wanted: Action) -> list[Outcome]:
    """What is to be told of an action."""
    rows = await pool.fetch(
        "SELECT outcome FROM action_changes WHERE action_id = $1 ORDER BY number", wanted.id
    )
    return [msgspec.json.decode(row["outcome"], type=Outcome) for row in rows]


async def let_pass(pool: Pool, time: timedelta) -> None:
    """Move all that was written so far into the past: Postgres' clock is the only one."""
    statements = (
        """
        UPDATE actions SET requested_at = requested_at - $1::interval,
            due_at = due_at - $1::interval, expires_at = expires_at - $1::interval,
            claimed_until = claimed_until - $1::interval,
            called_at = called_at - $1::interval, state_at = state_at - $1::interval
        """,
        "UPDATE action_changes SET at = at - $1::interval",
        "UPDATE budgets SET next_at = next_at - $1::interval",
        "UPDATE holds SET until = until - $1::interval",
    )
    for statement in statements:
        await pool.execute(statement, time)
