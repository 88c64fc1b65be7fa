"""Taking, claiming and recording on a real Postgres: once, whoever else is at it."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from services.executor import store
from services.executor.intake import Wanted
from services.executor.pacing import LIMITS
from services.executor.results import Ended, Later, Result, Sent, Unsure
from services.executor.store import Owner
from shared.errors import Poison, Transient
from shared.graph.holds import Hold, Scope
from shared.meta.graph_errors import GraphError
from shared.postgres.accounts import Accounts
from shared.postgres.actions import Actions
from shared.postgres.pool import Pool, connect
from tests.executing import (
    ACCOUNT,
    OTHER,
    OWNER,
    PERSON,
    action,
    claim,
    claim_all,
    connect_account,
    let_pass,
    past,
    record,
    state,
    take,
    told,
)

HOUR = timedelta(hours=1)


async def test_taken_once(pool: Pool) -> None:
    """An action that is read again, in one batch or another, is taken once and told once."""
    hide = action()
    await take(pool, hide, hide)
    await take(pool, hide)
    assert await past(pool, hide) == ["requested"]


async def test_impossible(pool: Pool) -> None:
    """What can't be done has failed from the start, and is told."""
    nothing, rest = action("reply", text=" "), action()
    await take(pool, nothing, rest)
    assert await state(pool, nothing) == ("failed", "invalid")
    assert [outcome.reason for outcome in await told(pool, nothing)] == ["invalid"]
    assert await state(pool, rest) == ("requested", None)
    assert not await Actions(pool).retry(nothing.id)


async def test_unstorable(pool: Pool) -> None:
    """What Postgres refuses is named, wherever it stands in a batch; the others may be taken."""
    good = [action() for _ in range(5)]
    bad = action(event_id="a\x00b")
    with pytest.raises(Poison) as raised:
        await store.take(
            pool, [Wanted(record(each, n), each) for n, each in enumerate([*good, bad])]
        )
    assert (raised.value.reason, raised.value.record.offset) == ("unstorable", 5)
    await take(pool, *good)
    assert await state(pool, good[0]) == ("requested", None)


async def test_claimed_before_the_call(pool: Pool) -> None:
    """What is to be called for is claimed, and nobody gets it again."""
    await connect_account(pool)
    hide = action()
    await take(pool, hide)
    (called,) = await claim(pool)
    assert (called.action, called.attempts, called.changes) == (hide, 1, 2)
    assert await past(pool, hide) == ["requested", "claimed"]
    assert await claim(pool) == []


async def test_two_at_once(database: SecretStr, pool: Pool) -> None:
    """Two executors that claim at the same time share what there is."""
    await connect_account(pool)
    wanted = [action(comment_id=str(n)) for n in range(60)]
    await take(pool, *wanted)
    async with connect(database, "other") as other:
        found = await asyncio.gather(
            *(claim(pools, 5, executor=str(n)) for n in range(8) for pools in (pool, other))
        )
    ids = [called.action.id for some in found for called in some]
    assert len(ids) == len(set(ids)) == 60


async def test_claim_is_taken(pool: Pool) -> None:
    """Of two actions for what may be done once, in one batch or later, one is done."""
    await connect_account(pool)
    first, second = action(rule="a"), action(rule="b")
    await take(pool, first, second)
    (called,) = await claim(pool)
    third = action(rule="c")
    await take(pool, third)
    await store.record(pool, called, Sent())
    assert await claim(pool) == []
    states = [await state(pool, each) for each in (first, second, third)]
    assert sorted(states, key=str) == [
        ("sent", None),
        ("skipped", "already_claimed"),
        ("skipped", "already_claimed"),
    ]


async def test_failed_frees_the_claim(pool: Pool) -> None:
    """What failed does not stand in the way of another one."""
    await connect_account(pool)
    first, second = action("private_reply", rule="a"), action("private_reply", rule="b")
    await take(pool, first)
    (called,) = await claim(pool)
    await store.record(pool, called, Ended("failed", "refused", GraphError("request", 100, 7)))
    await take(pool, second)
    (called,) = await claim(pool)
    assert called.action == second
    assert (await told(pool, first))[-1].subcode == 7


async def test_opposites(pool: Pool) -> None:
    """Hiding can be undone and done again; while one is under way, the other waits."""
    await connect_account(pool)
    hide, unhide, again = action(), action("unhide"), action()
    await take(pool, hide)
    (called,) = await claim(pool)
    await take(pool, unhide)
    assert await claim(pool) == []
    await store.record(pool, called, Sent())
    await let_pass(pool, timedelta(seconds=3))
    (called,) = await claim(pool)
    assert called.action == unhide
    await store.record(pool, called, Sent())
    await take(pool, again)
    (called,) = await claim(pool)
    assert called.action == again


async def test_order(pool: Pool) -> None:
    """What protects comes before what speaks, and people come before rules."""
    await connect_account(pool)
    kinds = ("message", "reply", "delete", "hide")
    rules = [action(kind, comment_id=f"1{n}") for n, kind in enumerate(kinds)]
    person = action("reply", requested_by="person", rule=None, comment_id="2")
    await take(pool, *rules, person)
    called = [called for _ in range(5) for called in await claim(pool, 1)]
    assert [each.action.kind for each in called[:2]] == ["hide", "delete"]
    assert called[2].action == person


async def test_one_message_at_a_time(pool: Pool) -> None:
    """Messages to one person keep their order; others do not wait for them."""
    await connect_account(pool)
    first = action("message", client_key="1")
    second = action("message", client_key="2", requested_at=datetime.now(UTC) + HOUR)
    other = action("message", client_key="3", person_id="880002")
    await take(pool, first, second, other)
    called = await claim(pool)
    assert {each.action.id for each in called} == {first.id, other.id}
    assert await claim(pool) == []
    for each in called:
        await store.record(pool, each, Sent(f"m{each.action.client_key}"))
    assert [each.action for each in await claim(pool)] == [second]


async def test_hidden_before_it_is_deleted(pool: Pool) -> None:
    """A delete that is due waits for the hide of the same comment; other deletes do not."""
    await connect_account(pool)
    hide, delete = action("hide", comment_id="1"), action("delete", comment_id="1")
    other = action("delete", comment_id="2")
    await take(pool, delete, hide, other)
    called = await claim(pool)
    assert {each.action.id for each in called} == {hide.id, other.id}
    assert await claim(pool) == []
    for each in called:
        await store.record(pool, each, Sent())
    assert [each.action for each in await claim(pool)] == [delete]


async def test_budget_is_shared(database: SecretStr, pool: Pool) -> None:
    """Two executors together make no more calls than an account may, and go on in time."""
    await connect_account(pool)
    burst = LIMITS["private_reply"].burst
    await take(pool, *(action("private_reply", comment_id=str(n)) for n in range(burst + 10)))
    await take(pool, action("tag"))
    async with connect(database, "other") as other:
        found = [await claim(pools, 20) for _ in range(4) for pools in (pool, other)]
    assert sum(map(len, found)) == burst
    await let_pass(pool, 3 * LIMITS["private_reply"].interval)
    assert len(await claim(pool, 20)) == 3


async def test_no_token(pool: Pool) -> None:
    """Without a token nothing is called, but what is ours is done; with one it goes on."""
    hide, tag = action(), action("tag")
    await take(pool, hide, tag)
    assert await claim(pool) == []
    assert (await state(pool, hide), await state(pool, tag)) == (
        ("requested", None),
        ("sent", None),
    )
    await connect_account(pool)
    (called,) = await claim(pool)
    assert called.action == hide


async def test_dead_token(pool: Pool) -> None:
    """A token that Meta does not take marks the account; its actions wait for another one."""
    await connect_account(pool)
    await take(pool, action(), action(comment_id="2"))
    (called,) = await claim(pool, 1)
    error = GraphError("reauthenticate", 190, 463)
    await store.record(pool, called, Later("reauthenticate", 1.0, called=True, error=error))
    await let_pass(pool, HOUR)
    assert await claim(pool) == []
    account = await Accounts(pool).find("instagram", ACCOUNT)
    assert account
    assert account.status == "needs_reauth"


async def test_paused(pool: Pool) -> None:
    """A pause keeps rules from speaking for hours, and people not; hiding goes on."""
    await connect_account(pool)
    await take(pool, action("reply"))
    (called,) = await claim(pool)
    hold = Hold(Scope("automatic", *OWNER), 6 * 3600.0, "paused")
    error = GraphError("pause", 368)
    result = Later("paused", 6 * 3600.0, called=True, error=error, holds=(hold,))
    await store.record(pool, called, result)
    await take(
        pool,
        action("reply", comment_id="2"),
        action("hide", comment_id="3"),
        action("reply", comment_id="4", requested_by="person"),
    )
    await let_pass(pool, HOUR)
    assert {each.action.comment_id for each in await claim(pool)} == {"3", "4"}
    await let_pass(pool, 6 * HOUR)
    assert {each.action.kind for each in await claim(pool)} == {"reply"}


async def test_held_alone(pool: Pool) -> None:
    """One account's throttle holds that account; a hold of its app holds all of the app's."""
    await connect_account(pool, ACCOUNT, OTHER)
    other = Owner("instagram", OTHER)
    await take(pool, action(), action(account=OTHER))
    (called,) = await claim(pool)
    throttled = GraphError("wait", 80002)
    hold = Hold(Scope("instagram", *OWNER), 300.0, "throttled")
    await store.record(pool, called, Later("throttled", 300.0, True, throttled, (hold,)))
    await let_pass(pool, timedelta(seconds=299))
    assert await claim(pool) == []
    (called,) = await claim(pool, owner=other)
    hold = Hold(Scope("app", "", "shop"), 60.0, "throttled")
    await store.record(pool, called, Later("throttled", 60.0, True, throttled, (hold,)))
    await let_pass(pool, timedelta(seconds=30))
    assert await claim(pool) == []
    await let_pass(pool, timedelta(seconds=31))
    assert len([*await claim(pool), *await claim(pool, owner=other)]) == 2


@pytest.mark.parametrize("owner", [OWNER, Owner("", "")])
async def test_brake(pool: Pool, owner: Owner) -> None:
    """While the kill switch is on, rules wait and people go on."""
    await connect_account(pool)
    ruled, asked = action(comment_id="1"), action(comment_id="2", requested_by="person")
    await take(pool, ruled, asked)
    await pool.execute(
        "INSERT INTO brakes (platform, account, stopped_by, reason) VALUES ($1, $2, 'a', 'b')",
        *owner,
    )
    assert [each.action for each in await claim(pool)] == [asked]
    await pool.execute("DELETE FROM brakes")
    assert [each.action for each in await claim(pool)] == [ruled]


_RULES = {
    "enforced": ('{"name": "r1", "mode": "enforce"}', True),
    "disabled": ('{"name": "r1", "mode": "enforce", "enabled": false}', False),
    "observing": ('{"name": "r1"}', False),
    "removed": ('{"name": "r2", "mode": "enforce"}', False),
}


@pytest.mark.parametrize("case", _RULES)
async def test_rule_changed(pool: Pool, case: str) -> None:
    """What waited for more than a minute is done only if its rule would still do it."""
    await connect_account(pool)
    first = '{"rules": [{"name": "r1", "mode": "enforce"}]}'
    rule, goes_on = _RULES[case]
    insert = """
    INSERT INTO rule_sets (platform, account, document, imported_by)
    VALUES ('', '', $1, 'tests') RETURNING version
    """
    version = await pool.fetchval(insert, first)
    old, band = (
        action(rule_version=version, comment_id="1"),
        action(rule_version=version, rule="bands", comment_id="2"),
    )
    await take(pool, old, band)
    await pool.fetchval(insert, f'{{"rules": [{rule}]}}')
    await let_pass(pool, timedelta(minutes=2))
    called = {each.action.id for each in await claim(pool)}
    assert called == {band.id} | ({old.id} if goes_on else set())
    young = action(rule_version=version, comment_id="3")
    await take(pool, young)
    assert [each.action for each in await claim(pool)] == [young]
    if not goes_on:
        assert await state(pool, old) == ("skipped", "rule_changed")


async def test_breaker(pool: Pool) -> None:
    """A rule that hits too much does not go on through what it asked for before."""
    await connect_account(pool)
    version = await pool.fetchval(
        """
        INSERT INTO rule_sets (platform, account, document, imported_by)
        VALUES ('', '', '{"rules": [{"name": "r1", "mode": "enforce"}]}', 'tests')
        RETURNING version
        """
    )
    await take(pool, action(rule_version=version))
    await pool.execute(
        """
        INSERT INTO breakers (version, rule, platform, account, opened_at, share, usual)
        VALUES ($1, 'r1', 'instagram', $2, now(), 0.9, 0.1)
        """,
        version,
        ACCOUNT,
    )
    await let_pass(pool, timedelta(minutes=2))
    assert await claim(pool) == []


async def _conversation(pool: Pool, closes_in: timedelta) -> None:
    await pool.execute(
        """
        INSERT INTO conversations (
            platform, account, id, person_id, window_closes_at, owned_elsewhere, owned_at
        ) VALUES ('instagram', $1, $2, $2, now() + $3, false, now())
        """,
        ACCOUNT,
        PERSON,
        closes_in,
    )


@pytest.mark.parametrize(
    ("closes_in", "fields", "goes"),
    [
        (HOUR, {}, True),
        (-HOUR, {}, False),
        (-HOUR, {"human_agent": True, "requested_by": "person"}, True),
        (timedelta(days=-6, hours=-1), {"human_agent": True, "requested_by": "person"}, False),
        (-HOUR, {"written_at": datetime.now(UTC), "comment_id": None}, True),
        (-HOUR, {"written_at": datetime.now(UTC), "comment_id": None, "media_id": "m"}, False),
    ],
)
async def test_message_window(
    pool: Pool, closes_in: timedelta, fields: dict[str, object], goes: bool
) -> None:
    """Nothing is sent after Meta's window, which the person's last own act opened, also one that
    is not stored yet."""
    await connect_account(pool)
    await _conversation(pool, closes_in)
    message = action("message", **fields)
    await take(pool, message)
    assert len(await claim(pool)) == goes
    assert await state(pool, message) == (("claimed", None) if goes else ("expired", "window"))


async def test_ours(pool: Pool) -> None:
    """Our own kinds are done in the transaction that says so, and undone."""
    await take(
        pool,
        action("block"),
        action("tag"),
        action("tag", tag="other"),
        action("queue", text="Look"),
    )
    await claim(pool)
    assert await pool.fetchval("SELECT person_id FROM blocked") == PERSON
    assert await pool.fetchval("SELECT count(*) FROM tags WHERE subject = $1", PERSON) == 2
    assert await pool.fetchval("SELECT note FROM queue WHERE event_id = 'e1'") == "Look"
    assert await pool.fetchval("SELECT count(*) FROM actions WHERE state = 'sent'") == 4
    await take(pool, action("unblock"), action("untag"))
    await claim(pool)
    assert await pool.fetchval("SELECT count(*) FROM blocked") == 0
    assert await pool.fetchval("SELECT tag FROM tags") == "other"
    await take(pool, action("block"))
    await claim(pool)
    assert await pool.fetchval("SELECT count(*) FROM blocked") == 1


@pytest.mark.parametrize(
    ("result", "states"),
    [
        (Sent("r9"), ["requested", "claimed", "sent"]),
        (Unsure("slow"), ["requested", "claimed", "unknown"]),
        (Later("throttled", 30.0), ["requested", "claimed", "requested"]),
        (Ended("expired", "window"), ["requested", "claimed", "expired"]),
    ],
)
async def test_recorded_once(pool: Pool, result: Result, states: list[str]) -> None:
    """An answer is written down once, also when the first time nobody heard that it was."""
    await connect_account(pool)
    reply = action("reply")
    await take(pool, reply)
    (called,) = await claim(pool)
    await store.record(pool, called, result)
    await store.record(pool, called, result)
    assert await past(pool, reply) == states


async def test_erased(pool: Pool) -> None:
    """An answer that comes when its action was erased ends nothing and breaks nothing."""
    await connect_account(pool)
    await take(pool, action())
    (called,) = await claim(pool)
    await pool.execute("DELETE FROM actions")
    await store.record(pool, called, Sent())
    assert await pool.fetchval("SELECT count(*) FROM actions") == 0


async def test_old_answer(pool: Pool) -> None:
    """An answer that was written down does not count for the next call."""
    await connect_account(pool)
    reply = action("reply")
    await take(pool, reply)
    (called,) = await claim(pool)
    await store.record(pool, called, Later("throttled", 0.0))
    await let_pass(pool, HOUR)
    (again,) = await claim(pool)
    await store.record(pool, called, Later("throttled", 0.0))
    assert (await state(pool, reply))[0] == "claimed"
    await store.record(pool, again, Sent("r9"))
    assert [outcome.created_id for outcome in await told(pool, reply)][-1] == "r9"


async def test_same_effect(pool: Pool) -> None:
    """What Meta made is credited to one action, also when it names it twice."""
    await connect_account(pool)
    await take(pool, action("reply"), action("reply", comment_id="2"))
    for called in await claim(pool):
        await store.record(pool, called, Sent("r9"))
    assert await pool.fetchval("SELECT count(*) FROM actions WHERE state = 'sent'") == 2
    assert await pool.fetchval("SELECT count(*) FROM actions WHERE created_id = 'r9'") == 1


async def test_later(pool: Pool) -> None:
    """What is to be done later is not due before."""
    await connect_account(pool)
    delete = action("delete", not_before=datetime.now(UTC) + HOUR)
    await take(pool, delete)
    assert await store.due_accounts(pool) == []
    assert (await claim_all(pool)).progress is False
    await let_pass(pool, HOUR)
    assert await store.due_accounts(pool) == [OWNER]
    assert [each.action for each in await claim(pool)] == [delete]


async def test_due_accounts(pool: Pool) -> None:
    """Every account with something due is found, and no other."""
    accounts = [f"1784140000000{n:04}" for n in range(30)]
    await take(pool, *(action(account=each) for each in accounts for _ in range(3)))
    assert sorted(await store.due_accounts(pool)) == [Owner("instagram", each) for each in accounts]


async def test_same_effect_at_once(pool: Pool) -> None:
    """Two answers that name the same thing at the same moment are both written down."""
    await connect_account(pool)
    await take(pool, *(action("reply", comment_id=str(n)) for n in range(8)))
    found = await asyncio.gather(
        *(store.record(pool, called, Sent("r9")) for called in await claim(pool)),
        return_exceptions=True,
    )
    assert {type(each) for each in found} <= {type(None), Transient}
    states = "SELECT count(*) FROM actions WHERE state = 'sent'"
    assert await pool.fetchval(states) == sum(each is None for each in found) > 0
