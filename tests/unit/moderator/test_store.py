"""What a batch leaves behind, and that nothing of it happens twice."""

import asyncio
from collections import Counter

import pytest

from services.moderator.works import take
from shared.contracts.enriched import Comment, EnrichedEvent, Person
from shared.errors import Poison, Transient
from tests import heard
from tests.heard import ANA, at
from tests.moderating import BEN, US, Desk, Refusing, a_rule, comment, import_rules, message, works

HISTORY = ("decisions", "contacts", "sayings", "hits", "own_comments", "takeovers", "rule_rates")


async def _dump(desk: Desk) -> list[list[tuple[object, ...]]]:
    return [
        sorted(map(tuple, await desk.pool.fetch(f"SELECT *, xmin FROM {table}")), key=repr)
        for table in HISTORY
    ]


async def test_decided(desk: Desk) -> None:
    """What a rule matches is decided, written down with all that follows, and published."""
    version = await import_rules(desk.pool, a_rule())
    event = comment("c1", "buy spam here")

    await desk.handle(event)

    (action,) = desk.published()
    assert (action.id, action.kind, action.comment_id) == (
        f"{event.event.id}/spam/hide",
        "hide",
        "c1",
    )
    row = await desk.pool.fetchrow(
        "SELECT platform, account, thread, kind, person_id, outcome, decided_at FROM decisions"
    )
    assert tuple(row or ()) == (*US, "c1", "comment", ANA.id, "acted", at(60))
    assert (await desk.decision(event)).actions == (action,)
    hit = await desk.pool.fetchrow("SELECT rule, version, kinds FROM hits")
    assert tuple(hit or ()) == ("spam", version, ["hide"])
    assert await desk.pool.fetchval("SELECT event_id FROM contacts") == event.event.id
    assert await desk.pool.fetchval("SELECT cardinality(bands) FROM sayings") == 4
    rates = await desk.pool.fetch("SELECT rule, judged, hit FROM rule_rates ORDER BY rule")
    assert list(map(tuple, rates)) == [("", 1, 0), ("spam", 0, 1)]


async def test_nothing_to_judge(desk: Desk) -> None:
    """What happens in a conversation without a word leaves no trace."""
    await import_rules(desk.pool, a_rule())

    await desk.handle(heard.message("read", "r1", text=None))

    assert all(not table for table in await _dump(desk))


@pytest.mark.parametrize("times", [1, 3])
async def test_redelivered(desk: Desk, times: int) -> None:
    """An event that comes again, also within a batch, is published again as it was decided, and
    nothing is counted twice."""
    await import_rules(desk.pool, a_rule(), a_rule("all", when={}, then={"tags": ["seen"]}))
    events: list[EnrichedEvent] = [comment("c1"), message("m1", "spam"), comment("c2", "fine")]
    await desk.handle(*events * times)
    before, published = await _dump(desk), desk.published()

    await import_rules(desk.pool)
    await desk.handle(*events * times)

    assert await _dump(desk) == before
    assert Counter(desk.published()) == dict.fromkeys(published, 2)


async def test_died_before_publishing(desk: Desk) -> None:
    """Whoever dies between the commit and Kafka leaves it to the next one to publish the same."""
    await import_rules(desk.pool, a_rule())
    dying = desk.another(Refusing(desk.writer, 1))
    with pytest.raises(Transient):
        await dying.handle(works([comment("c1")]))
    before = await _dump(desk)
    assert desk.published() == []

    await desk.another().handle(works([comment("c1")]))

    assert await _dump(desk) == before
    assert [action.id for action in desk.published()] == [f"{comment('c1').event.id}/spam/hide"]
    assert (await desk.decision(comment("c1"))).actions == tuple(desk.published())


async def test_two_at_once(desk: Desk) -> None:
    """Two moderators with events of one account see what the other has counted: a cap holds."""
    capped = a_rule(caps={"per_hour": 5})
    await import_rules(desk.pool, capped)
    moderators = [desk.another(), desk.another()]
    batches = [
        works([comment(f"c{batch}-{n}", author=Person(id=f"{batch}-{n}")) for n in range(2)])
        for batch in range(10)
    ]

    await asyncio.gather(
        *(moderators[number % 2].handle(batch) for number, batch in enumerate(batches))
    )

    assert len(desk.ids()) == 5
    assert await desk.pool.fetchval("SELECT count(*) FROM decisions") == 20


async def test_two_with_the_same(desk: Desk) -> None:
    """Two moderators with the same events, as when one has lost its partition, decide once."""
    await import_rules(desk.pool, a_rule(caps={"per_hour": 1}))
    batch = works([comment("c1"), comment("c2")])

    await asyncio.gather(*(desk.another().handle(batch) for _ in range(4)))

    assert len(desk.ids()) == 1
    assert await desk.pool.fetchval("SELECT sum(judged) FROM rule_rates") == 2


@pytest.mark.parametrize("together", [True, False])
async def test_caps(desk: Desk, together: bool) -> None:
    """A cap counts what was done in this batch and in those before."""
    await import_rules(desk.pool, a_rule(caps={"per_person_a_day": 2}))
    events = [comment(f"c{n}", seconds=n) for n in range(4)] + [comment("c9", author=BEN)]

    for batch in [events] if together else [[event] for event in events]:
        await desk.handle(*batch)

    assert [await desk.held(event) for event in events] == [
        [None],
        [None],
        ["person_cap"],
        ["person_cap"],
        [None],
    ]


async def test_thread_cap(desk: Desk) -> None:
    """A thread's cap counts what was done in it before."""
    await import_rules(desk.pool, a_rule(caps={"per_thread": 1}))
    for number in range(2):
        await desk.handle(comment(f"c{number}", seconds=number, author=None, thread="root"))

    assert await desk.held(comment("c1")) == ["thread_cap"]


async def test_nul(desk: Desk) -> None:
    """What Postgres would refuse is replaced."""
    await import_rules(desk.pool, a_rule(then={"reply": {"texts": ["hi {username}"]}}))
    body = Comment(id="c1", text="spam\0", author=None, media_id="m1")

    await desk.handle(heard.comment("c1", comment=body, thread="c\0"))

    assert await desk.pool.fetchval("SELECT thread FROM decisions") == "c�"


async def test_unstorable(desk: Desk) -> None:
    """One that can't be stored is named, and its neighbours are decided about all the same."""
    await import_rules(desk.pool, a_rule())
    endless = "".join(chr(0x4E00 + n * 7919 % 20_000) for n in range(3000))
    events = [comment("c1"), comment("c2"), comment("c3", thread=endless), comment("c4")]
    batch = works(events)

    with pytest.raises(Poison) as raised:
        await desk.another().handle(batch)

    assert (raised.value.record, raised.value.reason) == (batch[2].record, "unstorable")
    batch.remove(batch[2])
    await desk.another().handle(batch)
    assert len(desk.ids()) == 3


async def test_undecodable() -> None:
    """A record that holds no event, or comes from another topic, is poison."""
    for change, reason in (
        ({"value": b"{"}, "undecodable"),
        ({"value": None}, "no_value"),
        ({"topic": "parley.other.v1"}, "unknown_topic"),
    ):
        with pytest.raises(Poison) as raised:
            take(heard.record(comment("c1"))._replace(**change))
        assert raised.value.reason == reason
