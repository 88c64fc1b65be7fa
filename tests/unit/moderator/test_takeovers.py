"""Whose word it is when the account speaks: a rule's, or a person's, who silences rules."""

from typing import Any

import pytest

from shared.contracts.enriched import EnrichedEvent
from tests import executing
from tests.heard import ACCOUNT, at
from tests.moderating import BEN, Desk, a_rule, comment, echo, import_rules, message

ANSWER = {"message": {"texts": ["here you are"]}}
REPLY = {"reply": {"texts": ["thank you"]}}
BELOW: dict[str, Any] = {"thread": "root", "parent_id": "root"}


async def _answered(desk: Desk, said: EnrichedEvent, question: EnrichedEvent) -> bool:
    """Whether rules go on answering after the account's own words."""
    await import_rules(
        desk.pool,
        a_rule("dm", scope={"kinds": ["message"]}, when={}, then=ANSWER),
        a_rule("public", scope={"kinds": ["comment"]}, when={}, then=REPLY),
    )
    await desk.handle(said)
    await desk.handle(question)
    held = await desk.held(question)
    assert held in ([None], ["taken_over"])
    return held == [None]


async def _called(desk: Desk, kind: str, **columns: Any) -> None:
    """An action of a rule that the executor has begun at noon."""
    texts = {"text": "here you are", "thread": "880001", "comment_id": "root"}
    columns = {"state": "claimed", "called_at": at(0)} | columns
    await executing.take(
        desk.pool,
        executing.action(
            kind,
            id="a1",
            account=ACCOUNT,
            requested_at=at(-1),
            requested_by=columns.pop("requested_by", "rule"),
            **(texts | {name: columns.pop(name) for name in texts if name in columns}),
        ),
    )
    for name, value in columns.items():
        await desk.pool.execute(f"UPDATE actions SET {name} = $1 WHERE id = 'a1'", value)


async def test_person_writes(desk: Desk) -> None:
    """A message that no action explains is a person's, from the phone or the web."""
    assert not await _answered(desk, echo("mid1", "I'll look"), message("mid2", seconds=1))


async def test_person_replies(desk: Desk) -> None:
    """So is a reply below a comment."""
    said = comment("own1", "ask me", own=True, **BELOW)
    assert not await _answered(desk, said, comment("c1", seconds=1, **BELOW))


async def test_own_comment(desk: Desk) -> None:
    """A comment that answers nobody takes over no thread."""
    said = comment("own1", "ask me", own=True)
    assert await _answered(desk, said, comment("c1", seconds=1, thread="own1", parent_id="own1"))


async def test_elsewhere(desk: Desk) -> None:
    """A person's word takes over its own thread only."""
    said = comment("own1", "ask me", own=True, **BELOW)
    assert await _answered(desk, said, comment("c1", seconds=1, author=BEN))


@pytest.mark.parametrize(
    "columns",
    [
        {"state": "sent", "created_id": "mid1", "called_at": at(-86_400), "text": "else"},
        {"state": "claimed"},
        {"state": "claimed", "text": "with {gaps}"},
        {"state": "unknown"},
        {"state": "sent", "created_id": "another"},
        {"state": "failed", "thread": "root"},
    ],
    ids=["id", "under_way", "other_text", "unknown", "other_id", "failed"],
)
async def test_rule_wrote(desk: Desk, columns: dict[str, Any]) -> None:
    """The echo of a rule's message is no person's word: by its id, by what is under way, by its
    text."""
    await _called(desk, "message", **columns)
    assert await _answered(desk, echo("mid1", "here you are "), message("mid2", seconds=1))


@pytest.mark.parametrize(
    "columns",
    [
        {"state": "sent", "created_id": "another", "text": "else"},
        {"state": "requested", "called_at": None},
        {"called_at": at(-3600)},
        {"called_at": at(600)},
        {"state": "sent", "created_id": "mid1", "requested_by": "person"},
        {"requested_by": "person"},
        {"person_id": "880002", "thread": "880002", "text": "else"},
    ],
    ids=["answered", "not_called", "long_ago", "later", "by_person", "person_waits", "to_another"],
)
async def test_rule_did_not_write(desk: Desk, columns: dict[str, Any]) -> None:
    """What a person asked for through us is his word, too; and one message explains one echo."""
    await _called(desk, "message", **columns)
    assert not await _answered(desk, echo("mid1", "here you are"), message("mid2", seconds=1))


@pytest.mark.parametrize("state", ["claimed", "sent"])
async def test_other_edge(desk: Desk, state: str) -> None:
    """A reply below the person's comment explains no message to him."""
    await _called(desk, "reply", state=state)
    assert not await _answered(desk, echo("mid1", "here you are"), message("mid2", seconds=1))


async def test_much_was_done(desk: Desk) -> None:
    """Whose word it is is sought among what is open, however much was done before."""
    await _called(desk, "message", state="sent", person_id="880002", comment_id="other")
    await desk.pool.execute(
        """
        INSERT INTO actions
        SELECT (jsonb_populate_record(a, jsonb_build_object('id', n, 'claim', n, 'person_id', n))).*
        FROM actions AS a, generate_series(1, 3000) AS n
        """
    )
    await desk.pool.execute("ANALYZE actions")
    assert not await _answered(desk, echo("mid1", "I'll look"), message("mid2", seconds=1))
    await desk.pool.execute("SELECT pg_stat_force_next_flush()")
    read = await desk.pool.fetchval(
        "SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE relname = 'actions'"
    )
    assert read < 100


async def test_private_reply(desk: Desk) -> None:
    """A private reply goes to somebody whom Pages know by another id than the comment's author."""
    await _called(desk, "private_reply", person_id="other", thread="root")
    assert await _answered(desk, echo("mid1", "here you are"), message("mid2", seconds=1))


@pytest.mark.parametrize(
    "columns",
    [
        {"state": "sent", "created_id": "own1", "called_at": at(-86_400)},
        {"thread": "root"},
        {"state": "sent", "created_id": "another"},
    ],
)
async def test_rule_replied(desk: Desk, columns: dict[str, Any]) -> None:
    """The webhook of a rule's reply is no person's word."""
    await _called(desk, "reply", **columns)
    said = comment("own1", "here you are", own=True, **BELOW)
    assert await _answered(desk, said, comment("c1", seconds=1, **BELOW))


async def test_our_reply_unmarked(desk: Desk) -> None:
    """A reply of ours is not judged even if Meta does not say that it is ours (pitfalls B1)."""
    await import_rules(desk.pool, a_rule())
    await _called(desk, "reply", state="sent", created_id="c1")

    await desk.handle(comment("c1", author=None))

    assert (await desk.decision(comment("c1"))).excuse == "own"


async def test_together(desk: Desk) -> None:
    """A person's word counts for what comes after it in the same batch."""
    await import_rules(desk.pool, a_rule("dm", when={}, then=ANSWER))
    await desk.handle(message("mid1"), echo("mid2", "me", 1), message("mid3", seconds=2))

    assert await desk.held(message("mid1")) == [None]
    assert await desk.held(message("mid3")) == ["taken_over"]


async def test_latest_counts(desk: Desk) -> None:
    """An older answer that comes later shortens nothing."""
    await import_rules(desk.pool, a_rule())
    await desk.handle(echo("mid2", "later", 30))

    await desk.handle(echo("mid1", "earlier", 10))

    row = await desk.pool.fetchrow("SELECT thread, event_id, at FROM takeovers")
    assert tuple(row or ()) == ("880001", echo("mid2").event.id, at(30))
