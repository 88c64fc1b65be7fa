"""What a person can do about actions: look, stop, try again, settle."""

from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest

from services.executor import recovery, store
from services.executor.results import Ended, Sent, Unsure
from shared.contracts.actions import Action
from shared.postgres.actions import Actions, Filters
from shared.postgres.pool import Pool
from tests.executing import (
    ACCOUNT,
    action,
    claim,
    connect_account,
    let_pass,
    past,
    state,
    take,
    told,
)


async def _unknown(pool: Pool) -> Action:
    await connect_account(pool)
    reply = action("reply")
    await take(pool, reply)
    (called,) = await claim(pool)
    await store.record(pool, called, Unsure("slow"))
    return reply


async def test_listed(pool: Pool) -> None:
    """The latest come first, narrowed by all that is asked for."""
    now = datetime.now(UTC)
    old = action("hide", requested_at=now - timedelta(days=2), event_id="e0", rule="a")
    new = action("reply", requested_at=now)
    await take(pool, old, new)
    actions = Actions(pool)
    assert [each.action for each in await actions.list(Filters())] == [new, old]
    assert [each.action for each in await actions.list(Filters(), 1)] == [new]
    for filters in (
        Filters(kind="hide"),
        Filters(rule="a", platform="instagram"),
        Filters(event_id="e0", state="requested", account=ACCOUNT),
    ):
        assert [each.action for each in await actions.list(filters)] == [old]
    assert [each.action for each in await actions.list(Filters(since=now))] == [new]
    assert await actions.list(Filters(comment_id="none")) == []
    assert await actions.list(Filters(person_id="nobody")) == []


async def test_shown(pool: Pool) -> None:
    """An action is shown with all that happened to it; one that nobody knows is not."""
    reply = await _unknown(pool)
    found = await Actions(pool).show(reply.id)
    assert found
    assert (found[0].action, found[0].state, found[0].reason) == (reply, "unknown", "slow")
    assert [(each.number, each.state) for each in found[1]] == [
        (1, "requested"),
        (2, "claimed"),
        (3, "unknown"),
    ]
    assert await Actions(pool).show("nobody") is None


async def test_stopped(pool: Pool) -> None:
    """What has not happened does not; what is being done, or is done, can't be stopped."""
    reply = await _unknown(pool)
    waiting, other = action(comment_id="1"), action(comment_id="2")
    await take(pool, waiting, other)
    actions = Actions(pool)
    assert await actions.stop([waiting.id, reply.id, "nobody"]) == [waiting.id]
    assert await actions.stop([waiting.id]) == []
    assert await state(pool, waiting) == ("skipped", "undone")
    assert [outcome.state for outcome in await told(pool, waiting)] == ["requested", "skipped"]
    assert [each.action for each in await claim(pool)] == [other]


async def test_retried(pool: Pool) -> None:
    """What failed or expired is tried again, from the start and with a day's time."""
    await connect_account(pool)
    failed, expired, fine = (action(comment_id=str(n)) for n in range(3))
    await take(pool, failed, fine)
    for called in await claim(pool):
        ended = Ended("failed", "refused") if called.action == failed else Sent()
        await store.record(pool, called, ended)
    await take(pool, expired)
    await let_pass(pool, timedelta(days=8))
    await recovery.end_expired(pool)
    actions = Actions(pool)
    assert [await actions.retry(each.id) for each in (failed, expired, fine)] == [
        True,
        True,
        False,
    ]
    assert await recovery.end_expired(pool) == 0
    assert {each.action.id for each in await claim(pool)} == {failed.id, expired.id}
    assert await past(pool, expired) == ["requested", "expired", "requested", "claimed"]


@pytest.mark.parametrize(
    ("found", "end"),
    [("present", ("sent", None)), ("absent", ("failed", "not_done"))],
)
async def test_settled(
    pool: Pool, found: Literal["present", "absent"], end: tuple[str, str | None]
) -> None:
    """A person says what became of what is unknown, and of nothing else."""
    reply = await _unknown(pool)
    actions = Actions(pool)
    assert await actions.settle(reply.id, found)
    assert not await actions.settle(reply.id, found)
    assert await state(pool, reply) == end
    assert (await told(pool, reply))[-1].settled == "by_hand"
