"""What rules know of earlier batches: each batch by a moderator that has just started."""

from typing import Any

import pytest

from services.moderator.fingerprints import bands
from shared.contracts.enriched import EnrichedEvent, Person
from tests.heard import at
from tests.moderating import BEN, US, Desk, a_rule, comment, import_rules, message, works

EVE = Person(username="eve.test")
LONG = "this is my favourite shop in the whole wide world, honestly"
NEARLY = "this is my favourite shop in the whole wide world, honestly!! @ana 5"


async def _matches(desk: Desk, when: dict[str, Any], *events: EnrichedEvent) -> list[bool]:
    """Whether a rule with that condition matched each of `events`, which come one by one."""
    await import_rules(desk.pool, a_rule(when=when))
    for event in events:
        await desk.another().handle(works([event]))
    return [bool((await desk.decision(event)).matches) for event in events]


async def test_first_contact(desk: Desk) -> None:
    """Somebody is new once, whichever way he speaks; in every account for itself."""
    events: list[EnrichedEvent] = [
        comment("c1"),
        message("m1", seconds=1),
        comment("c2", author=BEN, seconds=2),
        comment("c3", account="17841400000000002", seconds=3),
    ]
    assert await _matches(desk, {"first_contact": True}, *events) == [True, False, True, True]


@pytest.mark.parametrize("near", [True, False])
async def test_repeats_of_anyone(desk: Desk, near: bool) -> None:
    """The same text is counted whoever says it; nearly the same only if the rule says so."""
    when = {"repeats": {"times": 3, "hours": 1, "by": "anyone", "near": near}}
    events = [
        comment("c1", LONG, author=BEN),
        comment("c2", NEARLY if near else LONG.upper(), 1),
        comment("c3", "something else that is said about it", 2),
        comment("c4", LONG, 3),
    ]
    assert await _matches(desk, when, *events) == [False, False, False, True]


@pytest.mark.parametrize("near", [True, False])
async def test_repeats_of_one(desk: Desk, near: bool) -> None:
    """What others say does not count where one person is meant, however much of it there is."""
    when = {"repeats": {"times": 2, "hours": 1, "near": near}}
    events = [
        comment("c1", LONG),
        comment("c2", LONG, 1, author=BEN),
        comment("c3", LONG, 2, author=None),
        comment("c4", NEARLY if near else LONG, 3),
    ]
    assert await _matches(desk, when, *events) == [False, False, False, True]


async def test_window(desk: Desk) -> None:
    """What was said before the window does not count."""
    when = {"repeats": {"times": 2, "hours": 1}}
    events = [comment("c1", seconds=-3700), comment("c2"), comment("c3", seconds=1)]
    assert await _matches(desk, when, *events) == [False, False, True]


async def test_offender(desk: Desk) -> None:
    """Who was hidden before is a repeat offender, and nobody else is."""
    await import_rules(
        desk.pool, a_rule(), a_rule("again", when={"offender": {"times": 2, "hours": 1}})
    )
    events = [comment(f"c{n}", seconds=n) for n in range(3)]
    for event in (*events, comment("c9", author=BEN, seconds=9)):
        await desk.another().handle(works([event]))

    assert [len((await desk.decision(event)).matches) for event in events] == [1, 1, 2]
    assert len((await desk.decision(comment("c9"))).matches) == 1


async def test_reply_to_us(desk: Desk) -> None:
    """What stands below a comment of ours answers us."""
    ours = comment("own", own=True)
    events = [comment("c1", parent_id="own"), comment("c2", parent_id="other")]
    await desk.handle(ours)

    assert await _matches(desk, {"reply_to_us": True}, *events) == [True, False]


async def test_blocked(desk: Desk) -> None:
    """Whom the executor has put on our list is hidden, with or without a rule that says so."""
    await desk.pool.execute("INSERT INTO blocked VALUES ($1, $2, '880002', 'a1', $3)", *US, at(0))
    await import_rules(desk.pool, a_rule())

    await desk.handle(comment("c1", "fine", author=BEN), comment("c2", "fine"))

    assert desk.ids() == [f"{comment('c1').event.id}/blocked-people/hide"]


async def test_ping_pong(desk: Desk) -> None:
    """Answers to one person within the hour are counted over batches, also where Meta gives a name
    and no id."""
    answer = {"reply": {"texts": ["thank you"]}}
    await import_rules(desk.pool, a_rule(when={}, then=answer), turns_an_hour=1)
    events = [comment("c1"), comment("c2", seconds=1)]
    unknown = [comment(f"c{n}", seconds=n, author=EVE, thread="t") for n in (3, 4)]

    for event in events + unknown:
        await desk.another().handle(works([event]))

    held = [await desk.held(event) for event in events + unknown]
    assert held == [[None], ["ping_pong"], [None], ["ping_pong"]]


async def test_backlog(desk: Desk) -> None:
    """Who spoke long ago is known, though nothing was done about it."""
    old = comment("c1", seconds=-86_400 * 2)
    assert await _matches(desk, {"first_contact": True}, old, comment("c2")) == [False, False]


@pytest.mark.parametrize("near", [True, False])
async def test_hot_text(desk: Desk, near: bool) -> None:
    """However often a text was said, a batch looks at no more of it than any rule asks for."""
    text = works([comment("c1", LONG)])[0].text
    await desk.pool.execute(
        "INSERT INTO sayings SELECT n::text, $1, $2, n::text, $3, $4, $5, $6"
        " FROM generate_series(1, 30000) AS n",
        *US,
        text.hash,
        text.simhash,
        list(bands(text.simhash)),
        at(-1),
    )
    await desk.pool.execute("ANALYZE sayings")
    when = {"repeats": {"times": 1000, "hours": 1, "by": "anyone", "near": near}}

    assert await _matches(desk, when, comment("c1", LONG)) == [True]
    await desk.pool.execute("SELECT pg_stat_force_next_flush()")
    read = await desk.pool.fetchval(
        "SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE relname = 'sayings'"
    )
    assert read < 10_000


async def test_young_tables(desk: Desk) -> None:
    """History is looked up by index also in tables without statistics."""
    asked = {"offender": {"times": 2, "hours": 1}}, {"first_contact": True}, {"reply_to_us": True}
    repeats = [
        {"repeats": {"times": 9, "hours": 1, "by": by, "near": near}}
        for by in ("person", "anyone")
        for near in (True, False)
    ]
    await import_rules(
        desk.pool,
        a_rule(caps={"per_hour": 9, "per_person_a_day": 9, "per_thread": 9}),
        a_rule("asks", when={"any": [*asked, *repeats]}),
    )
    for turn in range(12):
        await desk.handle(*(comment(f"c{turn}-{n}", f"spam {LONG} {n}") for n in range(100)))
    await desk.pool.execute("SELECT pg_stat_force_next_flush()")

    read = await desk.pool.fetch(
        "SELECT relname FROM pg_stat_user_tables WHERE seq_tup_read > 0 AND relname = ANY($1)",
        ["decisions", "sayings", "hits", "contacts", "own_comments", "takeovers", "actions"],
    )
    assert [row["relname"] for row in read] == []
