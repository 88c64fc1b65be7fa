"""From actions to what happens at Meta and what is told of it: the whole executor between topics in
memory, a real Postgres and the simulator's Graph side."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import msgspec
import pytest
from pydantic import SecretStr

from services.executor.__main__ import GROUP, Executor
from services.simulator.accounts import Account as Simulated
from services.simulator.graph.answers import Manners
from services.simulator.graph.faults import Fault
from shared import topics
from shared.contracts import wire
from shared.contracts.actions import Action, ActionKind, Outcome
from shared.graph.client import Graph, graph
from shared.postgres.accounts import Account, Accounts
from shared.postgres.actions import Actions
from shared.postgres.pool import Pool, connect
from shared.postgres.vault import Vault, generate_key
from shared.stream.memory import MemoryBroker
from tests.acting import SETTINGS, SimulatedTokens, Stage, action, stage
from tests.executing import let_pass
from tests.graph import Clock
from tests.unit.simulator.conftest import Build, Meta, build

__all__ = ["build"]

WAIT_SECONDS = 60.0


@pytest.fixture
async def acting(build: Build, pool: Pool) -> AsyncIterator[Stage]:
    """Meta with its accounts, all of them connected."""
    meta = build(Manners())
    await _connect(pool, meta.world.accounts)
    async with stage(meta) as opened:
        yield opened


async def _connect(pool: Pool, accounts: Iterable[Simulated]) -> None:
    vault = Vault(pool, [SecretStr(generate_key())])
    for each in accounts:
        await Accounts(pool).add(
            Account(platform=each.platform, id=each.id, app=each.app, login=each.login)
        )
        await vault.store(each.platform, each.id, SecretStr(each.token))


async def _ask(broker: MemoryBroker, *actions: Action) -> None:
    await broker.append([wire.action_record(each, b"") for each in actions])


@asynccontextmanager
async def _executing(
    broker: MemoryBroker, pool: Pool, asking: Graph
) -> AsyncIterator[asyncio.Task[None]]:
    """An executor at work, which is told to stop when the block ends, unless it was killed."""
    names = [topic.name for topic in topics.read_by(GROUP)]
    stopping = asyncio.Event()
    async with broker.reader(GROUP, names) as reader, broker.writer() as writer:
        executor = Executor(pool, asking, reader, writer)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(executor.run(stopping))
            yield running
            stopping.set()


async def _until(pool: Pool, state: str, count: int) -> None:
    query = "SELECT count(*) FROM actions WHERE state = $1"
    async with asyncio.timeout(WAIT_SECONDS):
        while await pool.fetchval(query, state) != count:
            await asyncio.sleep(0.02)


def _outcomes(broker: MemoryBroker, wanted: Action) -> list[Outcome]:
    told = [
        msgspec.json.decode(record.value or b"", type=Outcome)
        for record in broker.records(topics.OUTCOMES.name)
    ]
    return [outcome for outcome in told if outcome.action.id == wanted.id]


@pytest.mark.parametrize("family", ["instagram", "facebook", "page"])
async def test_every_kind(acting: Stage, pool: Pool, family: str) -> None:
    """Each kind is done once at Meta, and each of its changes is told, in order."""
    account: Simulated = getattr(acting.meta, family)
    kinds: tuple[ActionKind, ...] = ("hide", "delete", "reply", "private_reply")
    asked = [action(account, kind, acting.comment(account)) for kind in kinds]
    person = acting.person(account)
    asked.append(action(account, "message", person_id=person.id))
    asked.append(action(account, "block", person_id=person.id))
    broker = MemoryBroker()
    await _ask(broker, *asked, *asked)

    async with _executing(broker, pool, acting.graph):
        await _until(pool, "sent", len(asked))

    targets = [each.comment_id or each.person_id for each in asked[:5]]
    edges = [*kinds, "message"]
    assert sorted(acting.ledger()) == sorted(zip(edges, targets, strict=True))
    for each in asked:
        told = _outcomes(broker, each)
        states = ["requested", *(["claimed"] if each.kind != "block" else []), "sent"]
        assert [outcome.state for outcome in told] == states
        assert [outcome.number for outcome in told] == list(range(1, len(states) + 1))
        assert (told[-1].created_id is not None) == (each.text is not None)


async def test_undone(acting: Stage, pool: Pool) -> None:
    """A delete that was stopped in its delay is not done, and what was hidden is shown again."""
    account = acting.meta.instagram
    comment = acting.comment(account)
    hide = action(account, "hide", comment)
    delete = action(account, "delete", comment)
    later = msgspec.structs.replace(delete, not_before=delete.requested_at + timedelta(hours=24))
    broker = MemoryBroker()
    await _ask(broker, hide, later)
    async with _executing(broker, pool, acting.graph):
        await _until(pool, "sent", 1)
        assert await Actions(pool).stop([hide.id, later.id]) == [later.id]
        await _ask(broker, action(account, "unhide", comment))
        await _until(pool, "sent", 2)
    assert [edge for edge, _ in acting.ledger()] == ["hide", "unhide"]
    assert [outcome.reason for outcome in _outcomes(broker, later)] == [None, "undone"]


async def test_lost_answers(acting: Stage, pool: Pool) -> None:
    """Answers that are lost after Meta acted are found by reading; nothing is done twice."""
    account = acting.meta.facebook
    kinds: tuple[ActionKind, ...] = ("hide", "delete", "reply", "private_reply")
    asked = [action(account, kind, acting.comment(account)) for kind in kinds]
    acting.network.losses = len(asked)
    broker = MemoryBroker()
    await _ask(broker, *asked)
    async with _executing(broker, pool, acting.graph):
        await _until(pool, "unknown", len(asked))
        acting.clock.now += 60.0  # the pause after a call without an answer
        await _until(pool, "sent", len(asked))
    assert sorted(edge for edge, _ in acting.ledger()) == sorted(kinds)
    assert {_outcomes(broker, each)[-1].settled for each in asked} == {"present"}


async def test_refused(acting: Stage, pool: Pool) -> None:
    """What Meta refuses for good has failed; what it throttles is done later, once."""
    account = acting.meta.instagram
    refused = action(account, "reply", acting.comment(account))
    acting.fail(Fault(edge="reply", method="POST", times=1, code=506, status=400))
    throttled = action(account, "hide", acting.comment(account))
    acting.fail(Fault(edge="hide", method="POST", times=1, code=613, status=400))
    broker = MemoryBroker()
    await _ask(broker, refused, throttled)
    async with _executing(broker, pool, acting.graph):
        await _until(pool, "failed", 1)
        await _until(pool, "requested", 1)
        acting.clock.now += 3600.0
        await let_pass(pool, timedelta(hours=1))
        await _until(pool, "sent", 1)
    assert acting.ledger() == [("hide", throttled.comment_id)]
    assert [outcome.state for outcome in _outcomes(broker, throttled)] == [
        "requested",
        "claimed",
        "requested",
        "claimed",
        "sent",
    ]


class Hanging(httpx.AsyncBaseTransport):
    """Another transport, whose answers to the writes of one account never come; with `acts` unset
    the writes do not even get there."""

    acts = True

    def __init__(self, inner: httpx.AsyncBaseTransport, token: str) -> None:
        self._inner = inner
        self._token = token
        self.called = asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer, or say nothing for ever."""
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if request.method == "GET" or token != self._token:
            return await self._inner.handle_async_request(request)
        if self.acts:
            await self._inner.handle_async_request(request)
        self.called.set()
        await asyncio.Event().wait()
        raise AssertionError


@asynccontextmanager
async def _hanging(
    meta: Meta, network: httpx.AsyncBaseTransport
) -> AsyncIterator[tuple[Hanging, Graph]]:
    """A client for whose first account the network hangs."""
    hanging = Hanging(network, meta.instagram.token)
    tokens = SimulatedTokens(meta.world.accounts)
    async with graph(SETTINGS, {}, tokens, hanging, Clock()) as client:
        yield hanging, client


async def test_killed_during_the_call(acting: Stage, pool: Pool) -> None:
    """An executor dies when Meta has acted and before it could write that down: another one finds
    what was done, and does not do it again."""
    account = acting.meta.instagram
    reply = action(account, "reply", acting.comment(account))
    broker = MemoryBroker()
    await _ask(broker, reply)
    async with (
        _hanging(acting.meta, acting.network) as (hanging, client),
        _executing(broker, pool, client) as running,
    ):
        await hanging.called.wait()
        running.cancel()
    await _until(pool, "claimed", 1)

    await let_pass(pool, timedelta(seconds=26))
    async with _executing(broker, pool, acting.graph):
        await _until(pool, "sent", 1)

    assert acting.ledger() == [("reply", reply.comment_id)]
    states = [outcome.state for outcome in _outcomes(broker, reply)]
    assert states == ["requested", "claimed", "unknown", "sent"]


async def test_killed_before_the_call(acting: Stage, pool: Pool) -> None:
    """An executor dies when it has claimed and Meta has heard nothing: what is proven absent is
    done, once."""
    account = acting.meta.instagram
    reply = action(account, "reply", acting.comment(account))
    broker = MemoryBroker()
    await _ask(broker, reply)
    async with (
        _hanging(acting.meta, acting.network) as (hanging, client),
        _executing(broker, pool, client) as running,
    ):
        hanging.acts = False
        await hanging.called.wait()
        running.cancel()
    assert acting.ledger() == []

    await let_pass(pool, timedelta(seconds=26))
    async with _executing(broker, pool, acting.graph):
        await _until(pool, "unknown", 1)
        await let_pass(pool, timedelta(minutes=1))
        await _until(pool, "sent", 1)

    assert acting.ledger() == [("reply", reply.comment_id)]
    assert [outcome.settled for outcome in _outcomes(broker, reply)][3:] == ["absent", None, None]


async def test_slow_account(acting: Stage, pool: Pool) -> None:
    """An account whose calls hang does not delay another one."""
    slow, quick = acting.meta.instagram, acting.meta.facebook
    hanging = [action(slow, "hide", acting.comment(slow)) for _ in range(30)]
    others = [action(quick, "hide", acting.comment(quick)) for _ in range(30)]
    broker = MemoryBroker()
    await _ask(broker, *hanging, *others)
    async with (
        _hanging(acting.meta, acting.network) as (_, client),
        _executing(broker, pool, client) as running,
    ):
        await _until(pool, "sent", len(others))
        running.cancel()
    assert await pool.fetchval("SELECT count(*) FROM actions WHERE state = 'claimed'") == 8


async def test_stops_in_order(acting: Stage, pool: Pool) -> None:
    """An executor that is told to stop finishes its call, writes it down and tells it."""
    account = acting.meta.instagram
    hide = action(account, "hide", acting.comment(account))
    acting.fail(Fault(edge="hide", times=1, answer="slow", delay_seconds=0.5))
    broker = MemoryBroker()
    await _ask(broker, hide)
    async with _executing(broker, pool, acting.graph):
        await _until(pool, "claimed", 1)
    assert [outcome.state for outcome in _outcomes(broker, hide)] == [
        "requested",
        "claimed",
        "sent",
    ]


async def test_kafka_away(acting: Stage, pool: Pool) -> None:
    """Calls do not wait for Kafka; what happened is told when it is back."""
    account = acting.meta.instagram
    hide = action(account, "hide", acting.comment(account))
    hide = msgspec.structs.replace(hide, not_before=hide.requested_at + timedelta(hours=1))
    broker = MemoryBroker()
    await _ask(broker, hide)
    async with _executing(broker, pool, acting.graph):
        await _until_told(pool, 1)
        broker.go_down()
        await let_pass(pool, timedelta(hours=1))
        await _until(pool, "sent", 1)
        assert len(_outcomes(broker, hide)) == 1
        broker.come_up()
        await _until_told(pool, 3)
    states = [outcome.state for outcome in _outcomes(broker, hide)]
    assert states == ["requested", "claimed", "sent"]


async def _until_told(pool: Pool, count: int) -> None:
    query = "SELECT count(*) FROM action_changes WHERE told_at IS NOT NULL"
    async with asyncio.timeout(WAIT_SECONDS):
        while await pool.fetchval(query) < count:
            await asyncio.sleep(0.02)


async def test_two_executors(acting: Stage, database: SecretStr, pool: Pool) -> None:
    """Two executors share the work: everything is done once."""
    account = acting.meta.facebook
    asked = [action(account, "hide", acting.comment(account)) for _ in range(60)]
    broker = MemoryBroker()
    await _ask(broker, *asked)
    async with (
        connect(database, "other") as other,
        _executing(broker, pool, acting.graph),
        _executing(broker, other, acting.graph),
    ):
        await _until(pool, "sent", 60)
    assert len(acting.ledger()) == len(set(acting.ledger())) == 60
