"""`parley actions` on a real Postgres and a broker: looking, undoing, retrying, settling."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from pydantic import SecretStr

from shared.contracts.actions import Action, ActionKind, ActionState
from shared.contracts.wire import decode
from shared.meta.claims import claim_of
from shared.postgres.pool import Pool
from shared.stream.browse import browse
from shared.stream.embedded import EmbeddedBroker
from shared.topics import ACTIONS
from tests.cli import Ran, parley

EVENT = "instagram:17:comment:5"
AWAY = "127.0.0.1:1"

_INSERT = """
INSERT INTO actions (id, kind, platform, account, thread, claim, held, priority, event_id, rule,
    requested_by, comment_id, person_id, text, tag, document, state, reason, attempts, reads,
    requested_at, due_at, state_at, changes)
VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, 0, 0,
    $18, $18, $18, 0)
"""


class Table:
    """The executor's table, as it would be after some work."""

    def __init__(self, pool: Pool, database: SecretStr) -> None:
        self.pool = pool
        self.postgres = database.get_secret_value()

    async def put(
        self, kind: ActionKind, state: ActionState, *, reason: str | None = None, **fields: Any
    ) -> str:
        """An action that has come so far; its id."""
        now = datetime.now(UTC)
        defaults: dict[str, Any] = {
            "id": f"{EVENT}/scam/{kind}",
            "kind": kind,
            "platform": "instagram",
            "account": "17",
            "thread": "5",
            "requested_by": "rule",
            "requested_at": now,
            "event_id": EVENT,
            "rule": "scam",
            "rule_version": 1,
            "comment_id": "5",
            "person_id": "88",
        }
        a = Action(**(defaults | fields))
        held = state in {"claimed", "sent", "unknown"}
        key = (a.id, a.kind, a.platform, a.account, a.thread, claim_of(a), held, a.event_id)
        about = (a.rule, a.requested_by, a.comment_id, a.person_id, a.text, a.tag)
        document = msgspec.json.encode(a).decode()
        await self.pool.execute(_INSERT, *key, *about, document, state, reason, a.requested_at)
        return a.id

    async def state(self, id_: str) -> tuple[str, str | None]:
        """The state of an action, and why."""
        row = await self.pool.fetchrow("SELECT state, reason FROM actions WHERE id = $1", id_)
        assert row is not None
        return row["state"], row["reason"]

    async def run(self, *words: str, kafka: str = AWAY) -> Ran:
        """Run `parley actions`."""
        return await parley("actions", *words, postgres=self.postgres, kafka=kafka)


@pytest.fixture
async def table(pool: Pool, database: SecretStr) -> Table:
    """An empty one."""
    return Table(pool, database)


async def published(broker: EmbeddedBroker) -> list[Action]:
    """All that was requested over Kafka."""
    decoder = msgspec.json.Decoder(Action)
    return [decode(record, decoder) async for record in browse(broker.servers, ACTIONS.name)]


async def test_list(table: Table) -> None:
    """Actions are listed the latest first, and can be narrowed down."""
    hide = await table.put("hide", "sent", requested_at=datetime(2026, 11, 1, tzinfo=UTC))
    reply = await table.put("reply", "failed", reason="permission", rule="faq", id="r")

    everything = (await table.run("list", "-o", "json")).json
    assert [(row["id"], row["state"], row["reason"]) for row in everything] == [
        (reply, "failed", "permission"),
        (hide, "sent", None),
    ]
    for words in (
        ("--kind", "hide"),
        ("--state", "sent"),
        ("--rule", "scam"),
        ("--account", "instagram/17", "--rule", "scam"),
    ):
        assert [row["id"] for row in (await table.run("list", "-o", "json", *words)).json] == [hide]
    since = (await table.run("list", "-o", "json", "--since", "2h")).json
    assert [row["id"] for row in since] == [reply]
    assert hide in (await table.run("list")).out


@pytest.mark.parametrize(
    "words", [("--account", "shop"), ("--account", "page/x"), ("--since", "2 hours")]
)
async def test_wrong_words(table: Table, words: tuple[str, str]) -> None:
    """What is no account and no span of time is wrong usage."""
    ran = await table.run("list", *words)
    assert ran.code == 2
    assert words[1] in ran.err


async def test_show(table: Table) -> None:
    """One action is shown whole, with each change of its state."""
    id_ = await table.put("reply", "unknown", reason="timeout", text="thanks \x1b[31m")
    await table.run("settle", id_, "--absent")

    shown = await table.run("show", id_)
    assert "thanks \\x1b[31m" in shown.out
    assert "not_done" in shown.out
    found = (await table.run("show", id_, "-o", "json")).json
    assert found["action"]["action"]["text"] == "thanks \x1b[31m"
    assert [change["state"] for change in found["changes"]] == ["failed"]
    assert (await table.run("show", "nothing")).code == 1


async def test_undo_hide(table: Table, embedded_broker: EmbeddedBroker) -> None:
    """A hide is undone by an unhide with an id of its own, the same however often it is asked
    for."""
    id_ = await table.put("hide", "sent")
    for _ in range(2):
        assert (await table.run("undo", id_, kafka=embedded_broker.servers)).code == 0

    found = await published(embedded_broker)
    assert [(a.id, a.kind, a.comment_id, a.requested_by) for a in found] == [
        (f"undo/{id_}", "unhide", "5", "person")
    ] * 2
    assert found[0].actor


async def test_undo_delete(table: Table, embedded_broker: EmbeddedBroker) -> None:
    """A delete that waits is stopped, and its comment shown again."""
    hide = await table.put("hide", "sent")
    delete = await table.put("delete", "requested")

    ran = await table.run("undo", delete, kafka=embedded_broker.servers)

    assert (ran.code, await table.state(delete)) == (0, ("skipped", "undone"))
    assert [a.id for a in await published(embedded_broker)] == [f"undo/{hide}"]


async def test_undo_hide_stops_delete(table: Table, embedded_broker: EmbeddedBroker) -> None:
    """Who shows a comment again does not want it deleted tomorrow."""
    hide = await table.put("hide", "sent")
    delete = await table.put("delete", "requested")

    await table.run("undo", hide, kafka=embedded_broker.servers)

    assert await table.state(delete) == ("skipped", "undone")
    assert len(await published(embedded_broker)) == 1


async def test_undo_waiting(table: Table) -> None:
    """What has not happened is stopped, which needs no Kafka."""
    id_ = await table.put("reply", "requested")
    ran = await table.run("undo", id_)
    assert (ran.code, await table.state(id_)) == (0, ("skipped", "undone"))


@pytest.mark.parametrize(("kind", "opposite"), [("block", "unblock"), ("tag", "untag")])
async def test_undo_ours(
    table: Table, embedded_broker: EmbeddedBroker, kind: ActionKind, opposite: str
) -> None:
    """Blocks and tags are undone by their opposites."""
    id_ = await table.put(kind, "sent", tag="troll")
    await table.run("undo", id_, kafka=embedded_broker.servers)
    (found,) = await published(embedded_broker)
    assert (found.kind, found.person_id, found.tag) == (opposite, "88", "troll")


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        ("reply", "sent"),
        ("private_reply", "sent"),
        ("message", "sent"),
        ("delete", "sent"),
        ("queue", "sent"),
        ("hide", "unknown"),
        ("hide", "claimed"),
    ],
)
async def test_undo_impossible(table: Table, kind: ActionKind, state: ActionState) -> None:
    """What can't be undone is said, with the reason."""
    id_ = await table.put(kind, state)
    ran = await table.run("undo", id_)
    assert ran.code == 1
    assert "can't be undone" in ran.out
    assert await table.state(id_) == (state, None)


async def test_undo_in_part(table: Table, embedded_broker: EmbeddedBroker) -> None:
    """What can be undone is, when some of it can't; the exit code tells."""
    ids = [await table.put(kind, "sent") for kind in ("hide", "reply")]
    ran = await table.run("undo", *ids, kafka=embedded_broker.servers)
    assert ran.code == 3
    assert len(await published(embedded_broker)) == 1


async def test_undo_run(table: Table, embedded_broker: EmbeddedBroker) -> None:
    """All that a rule did of late is undone at once, after asking; not what others did, nor what
    was undone before."""
    for number in range(3):
        await table.put("hide", "sent", id=f"h{number}", comment_id=str(number))
    await table.put("unhide", "sent", id="undo/h0", comment_id="0", requested_by="person")
    await table.put(
        "hide", "sent", id="old", comment_id="7", requested_at=datetime(2026, 11, 1, tzinfo=UTC)
    )
    await table.put("hide", "sent", id="other", rule="faq", comment_id="8")
    words = ("undo", "--rule", "scam", "--since", "2h")

    asked = await table.run(*words, kafka=embedded_broker.servers)
    assert (asked.code, await published(embedded_broker)) == (2, [])
    assert "Undo these 2 actions?" in asked.err

    assert (await table.run(*words, "--yes", kafka=embedded_broker.servers)).code == 0
    undone = {action.id for action in await published(embedded_broker)}
    assert undone == {"undo/h1", "undo/h2"}


async def test_undo_nothing_named(table: Table) -> None:
    """Undoing needs to know what; a rule without a time is too much."""
    for words in ((), ("--rule", "scam"), ("x", "--rule", "scam", "--since", "1h")):
        assert (await table.run("undo", *words)).code == 2
    assert (await table.run("undo", "nothing")).code == 1


async def test_retry(table: Table) -> None:
    """What failed is requested again; what is done is not."""
    failed = await table.put("hide", "failed", reason="permission")
    assert (await table.run("retry", failed)).code == 0
    assert await table.state(failed) == ("requested", "retried")
    done = await table.put("reply", "sent")
    assert (await table.run("retry", done)).code == 1
    assert await table.state(done) == ("sent", None)


@pytest.mark.parametrize(
    ("word", "state"), [("--present", ("sent", None)), ("--absent", ("failed", "not_done"))]
)
async def test_settle(table: Table, word: str, state: tuple[str, str | None]) -> None:
    """A person says what they saw at Meta, of what is unknown and of nothing else."""
    id_ = await table.put("message", "unknown", reason="timeout")
    assert (await table.run("settle", id_)).code == 2
    assert (await table.run("settle", id_, word)).code == 0
    assert await table.state(id_) == state
    assert (await table.run("settle", id_, word)).code == 1
