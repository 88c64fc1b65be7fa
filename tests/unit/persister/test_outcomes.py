"""What our own actions come to in comments and messages."""

import pytest

from services.persister import store
from shared.contracts.actions import ActionKind, ActionState
from shared.contracts.enriched import Comment
from shared.postgres.pool import Pool
from tests.heard import at, comment, items, message, outcome


async def test_hidden(pool: Pool) -> None:
    """A comment that we hid is hidden, and after an unhide it is not."""
    await store.save(pool, items([comment(), outcome("hide", 5)]))
    row = await pool.fetchrow("SELECT hidden, hidden_at, author_id, seen FROM comments")
    assert tuple(row or ()) == (True, at(5), "880001", True)

    await store.save(pool, items([outcome("unhide", 6)]))
    assert await pool.fetchval("SELECT hidden FROM comments") is False


async def test_newest_wins(pool: Pool) -> None:
    """Who said last whether a comment is hidden is right, also when it is heard first."""
    unhidden = comment("u", 9, comment=Comment(id="c1", action="unhidden"))
    await store.save(pool, items([comment(), unhidden, outcome("hide", 5)]))

    assert await pool.fetchval("SELECT hidden FROM comments") is False


@pytest.mark.parametrize(
    ("state", "reason", "removed"),
    [
        ("sent", None, True),
        ("skipped", "gone", True),
        ("skipped", "already_claimed", False),
        ("failed", "refused", False),
        ("unknown", "timeout", False),
    ],
)
async def test_deleted(pool: Pool, state: ActionState, reason: str, *, removed: bool) -> None:
    """A comment counts as removed when we deleted it or found it gone, and only then."""
    await store.save(pool, items([comment(), outcome("delete", 5, state=state, reason=reason)]))

    row = await pool.fetchrow("SELECT removed_at, text FROM comments")
    assert tuple(row or ()) == (at(5) if removed else None, "love it")


async def test_reply(pool: Pool) -> None:
    """A reply marks the comment it answers and is a comment of ours, below the first of its
    thread."""
    sent = outcome("reply", 5, created_id="r1", text="thanks!", comment_id="c2", thread="c1")
    await store.save(pool, items([sent]))

    row = await pool.fetchrow("SELECT seen, own, replied_at FROM comments WHERE id = 'c2'")
    assert tuple(row or ()) == (False, False, at(5))
    row = await pool.fetchrow(
        "SELECT seen, own, text, parent_id, media_id, created_at FROM comments WHERE id = 'r1'"
    )
    assert tuple(row or ()) == (True, True, "thanks!", "c1", "m1", at(5))


async def test_private_reply(pool: Pool) -> None:
    """A private reply marks its comment and is a message to whom Meta says it went to."""
    sent = outcome("private_reply", 5, created_id="mid9", recipient_id="77", text="hi")
    await store.save(pool, items([comment(), sent]))

    assert await pool.fetchval("SELECT privately_replied_at FROM comments") == at(5)
    row = await pool.fetchrow("SELECT * FROM messages")
    assert row is not None
    assert (row["id"], row["kind"], row["direction"]) == ("mid9", "message", "outbound")
    assert (row["conversation"], row["person_id"], row["own"]) == ("77", "77", True)
    assert (row["text"], row["seen"], row["sent_at"]) == ("hi", True, at(5))


async def test_message(pool: Pool) -> None:
    """A message and its echo are one row, with the earlier of their times."""
    sent = outcome("message", 5, created_id="mid9", person_id="880001", text="hi", comment_id=None)
    echo = message(name="mid9", seconds=4, mid="mid9", direction="outbound", own=True, text="hi")
    await store.save(pool, items([sent]))
    await store.save(pool, items([echo]))

    row = await pool.fetchrow("SELECT id, person_id, own, text, sent_at FROM messages")
    assert tuple(row or ()) == ("mid9", "880001", True, "hi", at(4))
    assert await pool.fetchval("SELECT count(*) FROM comments") == 0


@pytest.mark.parametrize("kind", ["block", "unblock", "tag", "untag", "queue"])
async def test_ours(pool: Pool, kind: ActionKind) -> None:
    """What Meta never hears of changes neither comments nor messages, and nothing is an event."""
    await store.save(pool, items([outcome(kind, 5)]))

    for table in ("comments", "messages", "events"):
        assert await pool.fetchval(f"SELECT count(*) FROM {table}") == 0
