"""Dead executors, late actions and unknown calls on a real Postgres."""

import asyncio
from datetime import timedelta

from services.executor import recovery, store
from services.executor.recovery import Unknown
from services.executor.results import Sent, Unsure
from services.executor.sightings import Absent, Present, Unreadable
from services.executor.store import Owner
from shared.contracts.actions import Action
from shared.postgres.actions import Actions
from shared.postgres.pool import Pool
from tests.executing import (
    ACCOUNT,
    OTHER,
    PERSON,
    action,
    claim,
    connect_account,
    let_pass,
    past,
    state,
    take,
    told,
)

CLAIM_OVER = timedelta(seconds=26)


async def _unknown(pool: Pool, wanted: Action) -> Unknown:
    """An action whose executor died, about to be looked for."""
    await take(pool, wanted)
    assert await claim(pool, owner=Owner("instagram", wanted.account))
    await let_pass(pool, CLAIM_OVER)
    assert await recovery.bury_dead(pool) == 1
    await let_pass(pool, timedelta(seconds=2))
    found = await recovery.due_readings(pool, [])
    (mine,) = [each for each in found if each.known.action == wanted]
    return mine


async def test_killed(pool: Pool) -> None:
    """An action is unknown once its executor has said nothing in time, and not before; it keeps
    its claim."""
    await connect_account(pool)
    hide = action()
    await take(pool, hide)
    await claim(pool)
    assert await recovery.bury_dead(pool) == 0
    await let_pass(pool, CLAIM_OVER)
    assert await recovery.bury_dead(pool) == 1
    assert await state(pool, hide) == ("unknown", "lost")
    other = action()
    await take(pool, other)
    assert await claim(pool) == []
    assert await state(pool, other) == ("skipped", "already_claimed")


async def test_late_answer(pool: Pool) -> None:
    """Who counted as dead and was not is believed, unless reading has told already."""
    await connect_account(pool)
    reply = action("reply")
    await take(pool, reply)
    (called,) = await claim(pool)
    await let_pass(pool, CLAIM_OVER)
    await recovery.bury_dead(pool)
    await store.record(pool, called, Sent("r9"))
    assert await past(pool, reply) == ["requested", "claimed", "unknown", "sent"]


async def test_answer_after_settlement(pool: Pool) -> None:
    """An answer that comes after reading has told changes nothing."""
    await connect_account(pool)
    reply = action("reply")
    await take(pool, reply)
    (called,) = await claim(pool)
    await let_pass(pool, CLAIM_OVER)
    await recovery.bury_dead(pool)
    await let_pass(pool, timedelta(minutes=1))
    (found,) = await recovery.due_readings(pool, [])
    await recovery.settle(pool, found, Absent())
    await store.record(pool, called, Sent("r9"))
    assert await state(pool, reply) == ("requested", "not_done")


async def test_read_by_one(pool: Pool) -> None:
    """One executor looks for an unknown action at a time; when it says nothing, another does."""
    await connect_account(pool)
    await _unknown(pool, action("reply"))
    assert await recovery.due_readings(pool, []) == []
    await let_pass(pool, timedelta(seconds=20))
    assert len(await recovery.due_readings(pool, [])) == 1


async def test_few_of_each(pool: Pool) -> None:
    """Of one account a few are looked for at once; those of a busy one not at all."""
    await connect_account(pool, ACCOUNT, OTHER)
    other = Owner("instagram", OTHER)
    await take(pool, *(action("reply", comment_id=str(n)) for n in range(8)))
    await take(pool, action("reply", account=OTHER))
    await claim(pool, owner=other)
    await claim(pool)
    await let_pass(pool, CLAIM_OVER)
    assert await recovery.bury_dead(pool) == 9
    await let_pass(pool, timedelta(seconds=2))
    found = await recovery.due_readings(pool, [other])
    assert [each.known.action.account for each in found] == [ACCOUNT] * 4


async def test_present(pool: Pool) -> None:
    """What is there was sent, and says how that is known."""
    await connect_account(pool)
    reply = action("reply")
    await recovery.settle(pool, await _unknown(pool, reply), Present("r9"))
    assert await state(pool, reply) == ("sent", None)
    last = (await told(pool, reply))[-1]
    assert (last.settled, last.created_id, last.attempt) == ("present", "r9", 1)


async def test_absent_too_soon(pool: Pool) -> None:
    """What is not there yet proves nothing within half a minute of the call."""
    await connect_account(pool)
    reply = action("reply")
    await recovery.settle(pool, await _unknown(pool, reply), Absent())
    assert await state(pool, reply) == ("unknown", "lost")


async def test_absent(pool: Pool) -> None:
    """A proven absence allows one more try, and no third one."""
    await connect_account(pool)
    reply = action("reply")
    for _ in range(2):
        found = await _unknown(pool, reply)
        await recovery.settle(pool, found, Unreadable("slow"))
        await let_pass(pool, timedelta(seconds=40))
        (found,) = await recovery.due_readings(pool, [])
        await recovery.settle(pool, found, Absent())
    assert await state(pool, reply) == ("failed", "not_done")
    tries = ["claimed", "unknown"]
    assert await past(pool, reply) == ["requested", *tries, "requested", *tries, "failed"]


async def test_settled_meanwhile(pool: Pool) -> None:
    """What a person settled while it was looked for stays as the person said."""
    await connect_account(pool)
    reply = action("reply")
    found = await _unknown(pool, reply)
    await Actions(pool).settle(reply.id, "present")
    await recovery.settle(pool, found, Absent())
    assert (await told(pool, reply))[-1].settled == "by_hand"


async def _message(pool: Pool, mid: str, text: str = "Thank you") -> None:
    await pool.execute(
        """
        INSERT INTO messages (
            platform, account, id, conversation, person_id, direction, text, own, seen, sent_at,
            time_source
        ) VALUES ('instagram', $1, $2, $3, $3, 'outbound', $4, true, true, now(), 'item')
        """,
        ACCOUNT,
        mid,
        PERSON,
        text,
    )


async def test_echo(pool: Pool) -> None:
    """The echo of a message proves that it was sent."""
    await connect_account(pool)
    found = await _unknown(pool, action("message"))
    await _message(pool, "other", "Something else")
    assert await recovery.look(pool, found) is None
    await _message(pool, "mine")
    assert await recovery.look(pool, found) == Present("mine")


async def test_echo_of_another(pool: Pool) -> None:
    """One echo is the effect of one action: of two that say the same, one was not sent."""
    await connect_account(pool)
    first = action("message", client_key="1")
    found = await _unknown(pool, first)
    await _message(pool, "mine")
    second = await _unknown(pool, action("message", client_key="2"))
    for unknown in (found, second):
        verdict = await recovery.look(pool, unknown)
        if unknown is found:
            assert verdict == Present("mine")
            await recovery.settle(pool, unknown, verdict)
        else:
            assert verdict is None


async def test_found_twice(pool: Pool) -> None:
    """Two readings that saw the same thing settle one action by it."""
    await connect_account(pool)
    first = await _unknown(pool, action("reply", rule="a"))
    second = await _unknown(pool, action("reply", rule="b"))
    await asyncio.gather(
        *(recovery.settle(pool, unknown, Present("r9")) for unknown in (first, second))
    )
    states = await pool.fetch("SELECT state FROM actions ORDER BY state")
    assert [row["state"] for row in states] == ["sent", "unknown"]


async def test_while_another_is_under_way(pool: Pool) -> None:
    """While a call is under way that may say the same, what is seen proves nothing."""
    await connect_account(pool)
    found = await _unknown(pool, action("message", client_key="1"))
    await _message(pool, "whose")
    await take(pool, action("message", client_key="2"))
    (called,) = await claim(pool)
    assert await recovery.look(pool, found) == Unreadable("busy")
    await store.record(pool, called, Sent("whose"))
    assert await recovery.look(pool, found) is None
    ids = {"whose", "nobody's"}
    assert await recovery.credited(pool, found.known.action, ids) == {"whose"}


async def test_in_one_thread(pool: Pool) -> None:
    """Meta puts replies to replies below the first comment: while a reply to another comment of the
    thread is under way, or has begun since, what is seen there proves nothing."""
    await connect_account(pool)
    reply = action("reply")
    found = await _unknown(pool, reply)
    await take(pool, action("reply", comment_id="18000000000000002", person_id="880002"))
    (called,) = await claim(pool)
    assert await recovery.look(pool, found) == Unreadable("busy")
    await recovery.settle(pool, found, Present("whose"))
    assert await state(pool, reply) == ("unknown", "lost")
    await store.record(pool, called, Sent("whose"))
    assert await recovery.look(pool, found) is None
    assert await recovery.credited(pool, reply, {"whose"}) == {"whose"}


async def test_readings_have_a_budget(pool: Pool) -> None:
    """Conversations are read twice a second at most; other edges are not counted there."""
    await connect_account(pool)
    found = await _unknown(pool, action("message"))
    assert await recovery.look(pool, found) is None
    assert await recovery.look(pool, found) == Unreadable("busy")
    hide = await _unknown(pool, action("hide"))
    assert await recovery.look(pool, hide) is None


async def test_expired(pool: Pool) -> None:
    """What waits too long ends, whatever holds its account back."""
    asked, delete = action(), action("delete")
    await take(pool, asked, delete)
    assert await recovery.end_expired(pool) == 0
    await let_pass(pool, timedelta(days=7))
    assert await recovery.end_expired(pool) == 2
    assert await state(pool, delete) == ("expired", "too_late")


async def test_unsure(pool: Pool) -> None:
    """A call without an answer is looked for two seconds later."""
    await connect_account(pool)
    reply = action("reply")
    await take(pool, reply)
    (called,) = await claim(pool)
    await store.record(pool, called, Unsure("slow"))
    assert await recovery.due_readings(pool, []) == []
    await let_pass(pool, timedelta(seconds=2))
    assert len(await recovery.due_readings(pool, [])) == 1
