"""What happens to events whatever Graph, Postgres or a forger does, from topic to topic."""

import time

import httpx
import msgspec
import pytest

from services.enricher.directory import Directory
from services.enricher.enrich import Enricher, take
from services.enricher.library import Library
from shared import topics
from shared.contracts import wire
from shared.contracts.enriched import EnrichedComment, EnrichedMention, Media
from shared.contracts.records import Record
from shared.errors import Transient
from shared.graph.client import graph
from shared.graph.settings import GraphSettings
from shared.stream.memory import MemoryBroker
from tests.enricher import ACCOUNT, change, events_of
from tests.enriching import (
    COMMENT,
    COMPLETE,
    SHOWN,
    TRACE,
    Accounts,
    Api,
    connected,
    enriching,
    one_account,
    partial,
)
from tests.graph import Clock, failure
from tests.streams import until


async def test_unknown_account(caplog: pytest.LogCaptureFixture) -> None:
    """An account that nobody has connected is partial, never asked about, logged once by its id."""
    api = Api()
    async with enriching(api, Accounts()) as line:
        for number in range(3):
            event = change("comments", {**COMMENT, "id": f"C{number}"})
            assert (await line.one(EnrichedComment, event)).enrichment == partial("account_unknown")
    assert not api.asked
    assert "hi" not in caplog.text


@pytest.mark.parametrize("status", ["paused", "disconnected"])
async def test_paused_account(status: str) -> None:
    """An account that was paused or disconnected is not asked about."""
    api = Api({"M1": SHOWN})
    async with enriching(api, one_account(status=status)) as line:
        found = await line.one(EnrichedComment, change("comments", COMMENT))
    assert found.enrichment == partial(f"account_{status}")
    assert not api.asked


async def test_no_token() -> None:
    """A connected account without a token is partial."""
    accounts = one_account()
    accounts.without_token = True
    async with enriching(Api(), accounts) as line:
        found = await line.one(EnrichedComment, change("comments", COMMENT))
    assert found.enrichment == partial("no_token")


@pytest.mark.parametrize(
    "item",
    [
        {"field": "comments", "value": {**COMMENT, "id": "bad"}},
        {
            "field": "messages",  # like a sample of the dashboard, but about somebody's account
            "value": {
                "sender": {"id": "12334"},
                "recipient": {"id": "23245"},
                "message": {"mid": "bad"},
            },
        },
    ],
)
async def test_forged(item: dict[str, object]) -> None:
    """An event signed by one app about another app's account is a dead letter; others go on."""
    body = {"object": "instagram", "entry": [{"id": ACCOUNT, "changes": [item]}]}
    (forged,) = events_of(body, app="other")
    async with enriching(Api({"M1": SHOWN}), one_account()) as line:
        await line.broker.append([wire.raw_record(forged, TRACE)])
        (found,) = await line.work(change("comments", COMMENT))
        await until(lambda: line.broker.records(topics.DEAD_ENRICHER.name))
        (dead,) = line.broker.records(topics.DEAD_ENRICHER.name)
    assert found.event.id.endswith("C1")
    assert dead.header("parley-dlq-reason") == b"forged"
    assert dead.value == wire.raw_record(forged, TRACE).value


async def test_dashboard_samples() -> None:
    """What Meta's dashboard sends to try us out belongs to nobody and makes no call."""
    api = Api()
    entry = {"id": "0", "changes": [{"field": "comments", "value": COMMENT}]}
    (sample,) = events_of({"object": "instagram", "entry": [entry]}, app="other")
    async with enriching(api, Accounts({"0": connected("0")})) as line:
        found = await line.one(EnrichedComment, sample)
    assert found.event.test
    assert found.enrichment == COMPLETE
    assert not api.asked


async def test_throttled() -> None:
    """A throttled account's events go on, and no more calls are made."""
    api = Api({"M1": failure(80002), "M2": SHOWN})
    async with enriching(api, one_account()) as line:
        for media in ("M1", "M2"):
            value = {**COMMENT, "id": f"C{media}", "media": {"id": media}}
            found = await line.one(EnrichedComment, change("comments", value))
            assert found.enrichment == partial("throttled")
    assert api.asked == ["M1"]


async def test_slow_account_delays_nobody() -> None:
    """While one account's look-ups hang, another's events pass; then its own go on as partial."""
    other = "17841400000000002"
    api = Api({"M1": SHOWN}, slow_account=ACCOUNT)
    accounts = Accounts({ACCOUNT: connected(), other: connected(other)})
    entries = [
        {"id": account, "changes": [{"field": "comments", "value": COMMENT}]}
        for account in (ACCOUNT, other)
    ]
    slow, quick = events_of({"object": "instagram", "entry": entries})
    async with enriching(api, accounts) as line:
        await line.broker.append([wire.raw_record(slow, TRACE), wire.raw_record(quick, TRACE)])
        (first,) = await line.next(1)
        (second,) = await line.next(1)
    assert (first.event, first.enrichment) == (quick, COMPLETE)
    assert (second.event, second.enrichment) == (slow, partial("slow"))


async def test_old_event() -> None:
    """An event that has waited too long goes on with what is remembered."""
    api, accounts, broker = Api({"M1": SHOWN}), one_account(), MemoryBroker()
    raw = wire.raw_record(change("comments", COMMENT), TRACE)
    record = Record(raw.topic, 0, 0, 0, raw.key, raw.value, [])
    transport = httpx.MockTransport(api)
    async with graph(GraphSettings(), {}, accounts, transport) as asking, broker.writer() as writer:
        clock = Clock(time.monotonic() + 7)
        enricher = Enricher(Directory(accounts, Clock()), Library(asking), writer, clock)
        await enricher.handle([take(record)])
        (found,) = broker.records(topics.COMMENTS_ENRICHED.name)
    event = msgspec.json.decode(found.value or b"", type=EnrichedComment)
    assert event.enrichment == partial("slow")
    assert not api.requests
    assert len(found.header("traceparent") or b"") == len(TRACE)


async def test_accounts_unknown_while_postgres_is_away() -> None:
    """Of an account never seen nobody can say whose it is: the event waits for Postgres."""
    accounts = one_account()
    accounts.away = True
    with pytest.raises(Transient):
        await Directory(accounts, Clock()).find("instagram", ACCOUNT)


async def test_postgres_away() -> None:
    """Accounts that are known stay known while Postgres is away."""
    api, accounts = Api({"M1": SHOWN}), one_account()
    async with enriching(api, accounts) as line:
        await line.work(change("comments", COMMENT))
        accounts.away = True
        line.clock.now += 3600
        found = await line.one(EnrichedComment, change("comments", {**COMMENT, "id": "C2"}))
    assert found.enrichment == COMPLETE


async def test_new_account_is_noticed() -> None:
    """An account that was just connected is enriched soon."""
    api, accounts = Api({"M1": SHOWN}), Accounts()
    async with enriching(api, accounts) as line:
        await line.work(change("comments", COMMENT))
        accounts.known[ACCOUNT] = connected()
        line.clock.now += 11
        found = await line.one(EnrichedComment, change("comments", {**COMMENT, "id": "C2"}))
    assert found.enrichment == COMPLETE


async def test_redelivery() -> None:
    """The same record twice gives the same event twice."""
    api = Api({"M1": SHOWN})
    event = change("comments", COMMENT)
    async with enriching(api, one_account()) as line:
        one, two = await line.work(event, event)
    assert one == two


async def test_order() -> None:
    """Events of one thread come out in their order."""
    values = [
        {
            "item": "comment",
            "verb": verb,
            "comment_id": "6_7",
            "post_id": "5_6",
            "message": verb,
            "from": {"id": "1", "name": "A"},
            "created_time": 1763600000 + n,
        }
        for n, verb in enumerate(("add", "edited", "hide", "unhide", "remove"))
    ]
    async with enriching(Api(), Accounts()) as line:
        found = await line.work(*[change("feed", value, "page") for value in values])
    verbs = [event.comment.verb for event in found if isinstance(event, EnrichedComment)]
    assert verbs == ["add", "edited", "hide", "unhide", "remove"]


async def test_half_an_emoji() -> None:
    """An item that holds half an emoji passes, byte for byte."""
    item = rb'{"field":"comments","value":{"id":"2","text":"a\ud83d"}}'
    (event,) = events_of(rb'{"object":"instagram","entry":[{"id":"1","changes":[%b]}]}' % item)
    async with enriching(Api(), Accounts()) as line:
        found = await line.one(EnrichedComment, event)
    assert bytes(found.event.item) == item
    assert found.comment.text == "a\ufffd"


async def test_undecodable() -> None:
    """A record that is no event is a dead letter."""
    async with enriching(Api(), Accounts()) as line:
        good = wire.raw_record(change("comments", COMMENT), TRACE)
        await line.broker.append([good._replace(value=b"{"), good])
        await until(lambda: line.broker.records(topics.DEAD_ENRICHER.name) and line.fresh())
        (dead,) = line.broker.records(topics.DEAD_ENRICHER.name)
    assert dead.header("parley-dlq-reason") == b"undecodable"


async def test_mention_left_out() -> None:
    """An answer without the mention that was asked for is no answer."""
    api = Api({ACCOUNT: {"id": ACCOUNT}})
    async with enriching(api, one_account(login="facebook")) as line:
        found = await line.one(EnrichedMention, change("mentions", {"media_id": "M1"}))
        assert found.enrichment == partial("gone")
        found = await line.one(EnrichedMention, change("mentions", {"story_id": "S1"}))
        assert found.enrichment == COMPLETE


async def test_media_in_the_comment() -> None:
    """What Graph tells of the media beside the comment stays when the media itself is gone."""
    media = {"id": "M9", "media_product_type": "REELS"}
    api = Api({"C1": {"id": "C1", "text": "hi", "media": media}})
    async with enriching(api, one_account()) as line:
        found = await line.one(EnrichedComment, change("comments", {"id": "C1"}))
    assert found.media == Media(id="M9", product_type="REELS")
    assert found.enrichment == partial("gone")
