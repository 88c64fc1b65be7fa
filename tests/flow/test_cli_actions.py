"""`parley actions` on a real Postgres and a broker: looking, undoing, retrying, settling."""

from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
import pytest
from pydantic import SecretStr

from shared.contracts.actions import Action, ActionKind, ActionState
from shared.contracts.wire import decode
from shared.postgres.pool import Pool
from shared.stream.browse import browse
from shared.stream.embedded import EmbeddedBroker
from shared.topics import ACTIONS
from tests.actions import Table
from tests.cli import Ran, parley

AWAY = "127.0.0.1:1"


@dataclass(frozen=True)
class Desk(Table):
    """The table, and somebody who looks at it."""

    postgres: str

    async def run(self, *words: str, kafka: str = AWAY) -> Ran:
        """Run `parley actions`."""
        return await parley("actions", *words, postgres=self.postgres, kafka=kafka)


@pytest.fixture
async def table(pool: Pool, database: SecretStr) -> Desk:
    """An empty one."""
    return Desk(pool, database.get_secret_value())


async def published(broker: EmbeddedBroker) -> list[Action]:
    """All that was requested over Kafka."""
    decoder = msgspec.json.Decoder(Action)
    return [decode(record, decoder) async for record in browse(broker.servers, ACTIONS.name)]


async def test_list(table: Desk) -> None:
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
async def test_wrong_words(table: Desk, words: tuple[str, str]) -> None:
    """What is no account and no span of time is wrong usage."""
    ran = await table.run("list", *words)
    assert ran.code == 2
    assert words[1] in ran.err


async def test_show(table: Desk) -> None:
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


async def test_undo_hide(table: Desk, embedded_broker: EmbeddedBroker) -> None:
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


async def test_undo_delete(table: Desk, embedded_broker: EmbeddedBroker) -> None:
    """A delete that waits is stopped, and its comment shown again."""
    hide = await table.put("hide", "sent")
    delete = await table.put("delete", "requested")

    ran = await table.run("undo", delete, kafka=embedded_broker.servers)

    assert (ran.code, await table.state(delete)) == (0, ("skipped", "undone"))
    assert [a.id for a in await published(embedded_broker)] == [f"undo/{hide}"]


async def test_undo_hide_stops_delete(table: Desk, embedded_broker: EmbeddedBroker) -> None:
    """Who shows a comment again does not want it deleted tomorrow."""
    hide = await table.put("hide", "sent")
    delete = await table.put("delete", "requested")

    await table.run("undo", hide, kafka=embedded_broker.servers)

    assert await table.state(delete) == ("skipped", "undone")
    assert len(await published(embedded_broker)) == 1


async def test_undo_waiting(table: Desk) -> None:
    """What has not happened is stopped, which needs no Kafka."""
    id_ = await table.put("reply", "requested")
    ran = await table.run("undo", id_)
    assert (ran.code, await table.state(id_)) == (0, ("skipped", "undone"))


@pytest.mark.parametrize(("kind", "opposite"), [("block", "unblock"), ("tag", "untag")])
async def test_undo_ours(
    table: Desk, embedded_broker: EmbeddedBroker, kind: ActionKind, opposite: str
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
async def test_undo_impossible(table: Desk, kind: ActionKind, state: ActionState) -> None:
    """What can't be undone is said, with the reason."""
    id_ = await table.put(kind, state)
    ran = await table.run("undo", id_)
    assert ran.code == 1
    assert "can't be undone" in ran.out
    assert await table.state(id_) == (state, None)


async def test_undo_in_part(table: Desk, embedded_broker: EmbeddedBroker) -> None:
    """What can be undone is, when some of it can't; the exit code tells."""
    ids = [await table.put(kind, "sent") for kind in ("hide", "reply")]
    ran = await table.run("undo", *ids, kafka=embedded_broker.servers)
    assert ran.code == 3
    assert len(await published(embedded_broker)) == 1


async def test_undo_run(table: Desk, embedded_broker: EmbeddedBroker) -> None:
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


async def test_undo_nothing_named(table: Desk) -> None:
    """Undoing needs to know what; a rule without a time is too much."""
    for words in ((), ("--rule", "scam"), ("x", "--rule", "scam", "--since", "1h")):
        assert (await table.run("undo", *words)).code == 2
    assert (await table.run("undo", "nothing")).code == 1


async def test_retry(table: Desk) -> None:
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
async def test_settle(table: Desk, word: str, state: tuple[str, str | None]) -> None:
    """A person says what they saw at Meta, of what is unknown and of nothing else."""
    id_ = await table.put("message", "unknown", reason="timeout")
    assert (await table.run("settle", id_)).code == 2
    assert (await table.run("settle", id_, word)).code == 0
    assert await table.state(id_) == state
    assert (await table.run("settle", id_, word)).code == 1
