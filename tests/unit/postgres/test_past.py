"""The log read back: complete, in order, a page at a time."""

from datetime import timedelta

import pytest

from services.persister import store
from services.persister.events import Event
from shared.contracts.enriched import Comment, EnrichedComment, Media, Person
from shared.contracts.raw import Kind
from shared.postgres import past
from shared.postgres.past import Known, Log, Past, Place, beginning
from shared.postgres.pool import Pool
from shared.postgres.rules import Owner
from tests.heard import ACCOUNT, ANA, NOON, at, comment, kept, mention, message

US = Owner("instagram", ACCOUNT)
OTHER = Owner("instagram", "17841400000000002")


async def _read(log: Log, owner: Owner = US) -> list[Past]:
    found: list[Past] = []
    place = beginning(NOON)
    while page := await log.page(owner, place):
        found += page
        place = Place(page[-1].event.occurred_at, page[-1].event.id)
    return found


COMMENTS: tuple[Kind, ...] = ("comment",)


def _comments(count: int, every_seconds: float) -> list[EnrichedComment]:
    return [
        comment(f"c{n:05}", n * every_seconds, comment=Comment(id=f"c{n:05}")) for n in range(count)
    ]


@pytest.mark.parametrize("every_seconds", [0, 1])
async def test_pages(pool: Pool, every_seconds: float) -> None:
    """Each event comes once and in order, also where thousands are of one moment."""
    count = past.PAGE_EVENTS * 2 + 1
    events = _comments(count, every_seconds)
    await store.save(pool, kept(events))

    found = await _read(Log(pool, COMMENTS, at(86_400)))

    assert [each.event.id for each in found] == [each.event.id for each in events]


async def test_event(pool: Pool) -> None:
    """An event comes back as it was told, with whether it was ours."""
    item = b'{"value": {"id":  "c1"}}'
    ours, theirs = comment("c1", own=True, item=item, origin="poll"), message(seconds=1)
    await store.save(pool, kept([ours, theirs]))

    first, second = await _read(Log(pool, ("comment", "message"), at(86_400)))

    assert (first.event, first.own) == (ours.event, True)
    assert (second.event, second.own) == (theirs.event, False)


async def test_bounds(pool: Pool) -> None:
    """What was before, or is after, of another kind or of another account, is left out; but it is
    known which accounts there are."""
    until = at(60)
    events: list[Event] = [
        comment("before", -1),
        comment("first"),
        comment("last", 59),
        comment("after", 60),
        comment("other", 5, account=OTHER.account),
        mention("m1", 5, media_id="m1"),
    ]
    await store.save(pool, kept(events))
    log = Log(pool, COMMENTS, until)

    assert [each.event.id.rsplit(":", 1)[1] for each in await _read(log)] == ["first", "last"]
    assert await log.counts(NOON) == {US: 2, OTHER: 1}
    assert await log.counts(NOON - timedelta(days=1)) == {US: 3, OTHER: 1}


async def test_known(pool: Pool) -> None:
    """What Graph told of things is found by their ids, for their own account only."""
    media = Media(id="m1", permalink="https://example.test/m1", ad_id="a1", username="shop.test")
    await store.save(
        pool,
        kept(
            [
                comment(media=media),
                mention(media_id="m2", comment_id="c9", text="@shop", author=ANA),
                message(person=Person(id="880002", username="ben.test", name="Ben")),
            ]
        ),
    )
    known = Known(pool, US)

    assert (await known.comments(["c1", "c2"])).keys() == {"c1"}
    assert (await known.comments(["c1"]))["c1"].text == "love it"
    found = (await known.mentions(["c9"]))["c9"]
    assert (found.text, found.media_id, found.author_username) == ("@shop", "m2", ANA.username)
    assert await known.media(["m1"]) == {"m1": media}
    assert (await known.people(["880002"]))["880002"].name == "Ben"
    assert await Known(pool, OTHER).comments(["c1"]) == {}
