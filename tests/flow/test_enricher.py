"""The enricher from topic to topic, on the broker in memory and with Graph as a plain function."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import pytest

from services.enricher.directory import Directory
from services.enricher.enrich import GROUP, Enricher, lane, take
from services.enricher.library import Library
from shared import topics
from shared.contracts import wire
from shared.contracts.credential import Credential, Login
from shared.contracts.enriched import (
    EnrichedComment,
    EnrichedEvent,
    EnrichedMention,
    EnrichedMessage,
    Enrichment,
    Media,
    Person,
)
from shared.contracts.raw import RawEvent
from shared.contracts.records import Record
from shared.errors import Transient
from shared.graph.client import graph
from shared.graph.settings import GraphSettings
from shared.postgres.accounts import Account
from shared.stream.consumer import Consumer
from shared.stream.dead_letters import DeadLetters
from shared.stream.memory import MemoryBroker
from tests.enricher import ACCOUNT, PAGE, PERSON, change, events_of, messaging
from tests.graph import Clock, failure, operation, read_batch
from tests.streams import until

COMPLETE = Enrichment(status="complete")
TRACE = b"00-" + b"a" * 32 + b"-" + b"b" * 16 + b"-01"


def partial(*reasons: str) -> Enrichment:
    """What an event is marked with that goes on without all it was worth."""
    return Enrichment(status="partial", reasons=reasons)


@dataclass
class Api:
    """Graph: objects by path, errors by path, and everything that was asked."""

    objects: dict[str, object] = field(default_factory=dict)
    requests: int = 0
    asked: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)
    wait: asyncio.Event | None = None
    slow_account: str = ""
    refused_field: str = ""

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer a read or a batch of them."""
        self.requests += 1
        self.hosts.add(request.url.host)
        if request.method == "GET":
            await self._delay(request.headers["authorization"])
            code, body = self._answer(str(request.url.raw_path.decode()).removeprefix("/v26.0/"))
            return httpx.Response(code, json=body)
        await self._delay(parse_qs(request.content.decode())["access_token"][0])
        found = [self._answer(url) for url in read_batch(request)]
        return httpx.Response(200, json=[operation(body, code) for code, body in found])

    async def _delay(self, token: str) -> None:
        if self.slow_account and token.endswith(self.slow_account):
            await asyncio.Event().wait()

    def _answer(self, url: str) -> tuple[int, object]:
        path = urlsplit(url).path
        self.asked.append(path)
        if self.refused_field and self.refused_field in url:
            return 400, failure(100)
        found = self.objects.get(path)
        if found is None:
            return 400, failure(100, 33)
        return (400 if "error" in msgspec.json.encode(found).decode() else 200), found


@dataclass
class Accounts:
    """Connected accounts, and whether the place where they are kept is there."""

    known: dict[str, Account] = field(default_factory=dict)
    away: bool = False
    without_token: bool = False

    async def find(self, platform: str, account: str) -> Account | None:
        """See Directory."""
        del platform
        if self.away:
            raise Transient("postgres_connection")
        return self.known.get(account)

    async def credential(self, platform: str, account: str) -> Credential | None:
        """See TokenSource."""
        del platform
        found = None if self.without_token else self.known.get(account)
        return Credential(found.app, found.login, f"token{account}") if found else None


def connected(
    account_id: str = ACCOUNT, login: Login = "instagram", platform: str = "instagram", **more: str
) -> Account:
    """An account that somebody has connected."""
    fields = {"app": "shop", "username": "our.shop", "name": "Our Shop", "scoped_id": "9001"}
    return Account(platform=platform, id=account_id, login=login, **{**fields, **more})  # type: ignore[arg-type]


_Enriched = TypeVar("_Enriched", EnrichedComment, EnrichedMention, EnrichedMessage)

_DECODERS: dict[str, msgspec.json.Decoder[EnrichedEvent]] = {
    topics.COMMENTS_ENRICHED.name: msgspec.json.Decoder(EnrichedComment),
    topics.MENTIONS_ENRICHED.name: msgspec.json.Decoder(EnrichedMention),
    topics.MESSAGES_ENRICHED.name: msgspec.json.Decoder(EnrichedMessage),
}


@dataclass
class Line:
    """The enricher at work between topics."""

    broker: MemoryBroker
    clock: Clock
    seen: set[tuple[object, ...]] = field(default_factory=set)

    def fresh(self) -> list[Record]:
        """All that came out and was not looked at yet."""
        records = [record for topic in _DECODERS for record in self.broker.records(topic)]
        return [record for record in records if record[:3] not in self.seen]

    async def next(self, count: int) -> list[EnrichedEvent]:
        """The next events to come out, in order within each thread."""
        await until(lambda: len(self.fresh()) >= count)
        records = self.fresh()
        self.seen |= {record[:3] for record in records}
        return [
            wire.decode(record, _DECODERS[record.topic])  # type: ignore[type-var]
            for record in records
        ]

    async def work(self, *events: RawEvent) -> list[EnrichedEvent]:
        """What the enricher makes of `events`."""
        await self.broker.append([wire.raw_record(event, TRACE) for event in events])
        return await self.next(len(events))

    async def one(self, kind: type[_Enriched], event: RawEvent) -> _Enriched:
        """What the enricher makes of one event."""
        (found,) = await self.work(event)
        assert isinstance(found, kind)
        return found


@asynccontextmanager
async def enriching(api: Api, accounts: Accounts) -> AsyncIterator[Line]:
    """The enricher, running."""
    broker, clock, stopping = MemoryBroker(), Clock(), asyncio.Event()
    async with AsyncExitStack() as stack:
        writer = await stack.enter_async_context(broker.writer())
        names = [topic.name for topic in topics.read_by(GROUP)]
        reader = await stack.enter_async_context(broker.reader(GROUP, names))
        transport = httpx.MockTransport(api)
        asking = graph(GraphSettings(), {}, accounts, transport)
        library = Library(await stack.enter_async_context(asking))
        enricher = Enricher(Directory(accounts, clock), library, writer)
        dead = DeadLetters(writer=writer, group=GROUP, topic=topics.DEAD_ENRICHER.name)
        consumer = Consumer(
            reader, dead, take, enricher.handle, lane, blameless=frozenset({"forged"})
        )
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        tasks.create_task(consumer.run(stopping))
        yield Line(broker, clock)
        stopping.set()


COMMENT = {
    "id": "C1",
    "text": "hi",
    "from": {"id": "880001", "username": "ana"},
    "media": {"id": "M1", "media_product_type": "FEED"},
}
SHOWN = {
    "id": "M1",
    "caption": "Spring",
    "media_type": "IMAGE",
    "media_url": "https://cdn.test/1",
    "permalink": "https://instagram.test/p/1",
    "timestamp": "2025-11-19T10:00:00+0000",
    "username": "our.shop",
    "owner": {"id": ACCOUNT},
    "like_count": 3,
    "comments_count": 4,
}


def one_account(**more: str) -> Accounts:
    """The usual account, connected."""
    return Accounts({ACCOUNT: connected(**more)})  # type: ignore[arg-type]


async def test_comment() -> None:
    """A comment comes with its media, under the same id, key and trace."""
    api = Api({"M1": SHOWN})
    event = change("comments", COMMENT)
    async with enriching(api, one_account()) as line:
        found = await line.one(EnrichedComment, event)
        (record,) = line.broker.records(topics.COMMENTS_ENRICHED.name)
    assert found.event == event
    assert found.enrichment == COMPLETE
    assert found.media
    assert (found.media.caption, found.media.product_type, found.media.owner_id) == (
        "Spring",
        "FEED",
        ACCOUNT,
    )
    assert record.key == wire.key_of(event)
    assert record.header("ce_id") == event.id.encode()
    traceparent = record.header("traceparent") or b""
    assert traceparent[:35] == TRACE[:35]
    assert traceparent[36:52] != TRACE[36:52]


async def test_media_is_shared() -> None:
    """10,000 comments on 20 media take at most 24 requests, also in a second wave."""
    api = Api({f"M{n}": {**SHOWN, "id": f"M{n}"} for n in range(20)})
    values = [{**COMMENT, "id": f"C{n}", "media": {"id": f"M{n % 20}"}} for n in range(10_000)]
    async with enriching(api, one_account()) as line:
        found = await line.work(*[change("comments", value) for value in values[:9000]])
        found += await line.work(*[change("comments", value) for value in values[9000:]])
    assert all(event.enrichment == COMPLETE for event in found)
    assert api.requests <= 24
    assert len(api.asked) == 20


async def test_gone_media_is_remembered() -> None:
    """What is gone is not asked for again."""
    api = Api()
    async with enriching(api, one_account()) as line:
        for number in range(3):
            found = await line.one(
                EnrichedComment, change("comments", {**COMMENT, "id": f"C{number}"})
            )
            assert found.enrichment == partial("gone")
            assert found.media == Media(id="M1", product_type="FEED")
    assert api.asked == ["M1"]


async def test_withheld_author() -> None:
    """A comment without author and media is looked up, and then its media."""
    said = {
        "id": "C1",
        "text": "hi",
        "username": "ana",
        "from": {"id": "5", "username": "ana"},
        "timestamp": "2025-11-19T10:00:00+0000",
        "media": {"id": "M1"},
        "parent_id": "C0",
        "hidden": False,
        "like_count": 0,
    }
    api = Api({"C1": said, "M1": SHOWN})
    async with enriching(api, one_account()) as line:
        found = await line.one(EnrichedComment, change("comments", {"id": "C1"}))
    assert api.asked == ["C1", "M1"]
    assert found.comment.text == "hi"
    assert found.comment.author == Person(id="5", username="ana")
    assert (found.comment.parent_id, found.comment.media_id) == ("C0", "M1")
    assert (found.comment.hidden, found.comment.like_count) == (False, 0)
    assert found.comment.created_at
    assert found.media
    assert found.media.caption == "Spring"


async def test_own_by_lookup() -> None:
    """A comment whose author only Graph tells is ours all the same."""
    api = Api(
        {
            "C1": {"id": "C1", "text": "x", "username": "Our.Shop", "media": {"id": "M1"}},
            "M1": SHOWN,
        }
    )
    async with enriching(api, one_account()) as line:
        assert (await line.one(EnrichedComment, change("comments", {"id": "C1"}))).own


async def test_plainer_fields() -> None:
    """A field that Graph does not know costs that field, and is not asked for again."""
    api = Api({"M1": SHOWN, "M2": SHOWN}, refused_field="caption")
    async with enriching(api, one_account()) as line:
        first = await line.one(EnrichedComment, change("comments", COMMENT))
        second = await line.one(
            EnrichedComment, change("comments", {**COMMENT, "id": "C2", "media": {"id": "M2"}})
        )
    assert first.enrichment == second.enrichment == COMPLETE
    assert api.asked == ["M1", "M1", "M2"]


async def test_mentioned_comment() -> None:
    """A mention in a comment comes with the comment and its media."""
    said = {
        "id": "C9",
        "text": "@our.shop!",
        "timestamp": "2025-11-19T10:00:00+0000",
        "media": SHOWN,
    }
    api = Api({ACCOUNT: {"mentioned_comment": said, "id": ACCOUNT}})
    event = change("mentions", {"media_id": "M1", "comment_id": "C9"})
    async with enriching(api, one_account(login="facebook")) as line:
        found = await line.one(EnrichedMention, event)
    assert api.hosts == {"graph.facebook.com"}
    assert found.enrichment == COMPLETE
    assert found.mention.text == "@our.shop!"
    assert found.media
    assert found.media.caption == "Spring"


async def test_mentioned_media() -> None:
    """A mention in a caption comes with the media and who wrote it."""
    api = Api({ACCOUNT: {"mentioned_media": {**SHOWN, "username": "ana"}, "id": ACCOUNT}})
    async with enriching(api, one_account(login="facebook")) as line:
        found = await line.one(EnrichedMention, change("mentions", {"media_id": "M1"}))
    assert found.mention.text == "Spring"
    assert found.mention.author == Person(username="ana")


async def test_mention_without_look_up() -> None:
    """Instagram Login has no look-up for mentions, a story has none at all, a hostile id no
    chance."""
    api = Api()
    async with enriching(api, one_account()) as line:
        found = await line.one(EnrichedMention, change("mentions", {"media_id": "M1"}))
        assert found.enrichment == partial("unsupported")
    async with enriching(api, one_account(login="facebook")) as line:
        found = await line.one(EnrichedMention, change("mentions", {"story_id": "S1"}))
        assert found.enrichment == COMPLETE
        found = await line.one(EnrichedMention, change("mentions", {"media_id": "M1){id},me"}))
        assert found.enrichment == partial("refused")
    assert not api.asked


async def test_page() -> None:
    """A Page's comments come with their post, its mentions with post and author."""
    post = {
        "id": "5_6",
        "message": "Sale",
        "permalink_url": "https://fb.test/6",
        "from": {"id": PAGE, "name": "We"},
    }
    comment = {"id": "6_7", "message": "@we", "from": {"id": "5001", "name": "Ana"}}
    api = Api({"5_6": post, "6_7": comment})
    accounts = Accounts({PAGE: connected(PAGE, "facebook", "page")})
    feed = {
        "item": "comment",
        "verb": "add",
        "comment_id": "6_7",
        "post_id": "5_6",
        "message": "?",
        "from": {"id": "5001", "name": "Ana"},
    }
    mention = {"item": "comment", "verb": "add", "comment_id": "6_7", "post_id": "5_6"}
    async with enriching(api, accounts) as line:
        commented = await line.one(EnrichedComment, change("feed", feed, "page"))
        mentioned = await line.one(EnrichedMention, change("mention", mention, "page"))
    assert commented.media
    assert (commented.media.caption, commented.media.permalink) == ("Sale", "https://fb.test/6")
    assert mentioned.mention.author == Person(id="5001", name="Ana")
    assert mentioned.mention.text == "@we"
    assert mentioned.media == commented.media
    assert sorted(api.asked) == ["5_6", "6_7"]


async def test_message() -> None:
    """A message comes with its sender's profile, asked for once."""
    api = Api(
        {
            PERSON: {
                "id": PERSON,
                "name": "Ana",
                "username": "ana",
                "profile_pic": "https://cdn.test/p",
                "follower_count": 7,
                "is_user_follow_business": True,
                "is_business_follow_user": False,
                "is_verified_user": False,
            }
        }
    )
    async with enriching(api, one_account()) as line:
        found = await line.one(EnrichedMessage, messaging({"message": {"mid": "m1", "text": "hi"}}))
        echo = {"message": {"mid": "m2", "text": "hello", "is_echo": True}}
        echoed = await line.one(
            EnrichedMessage, messaging(echo, sender={"id": ACCOUNT}, recipient={"id": PERSON})
        )
        seen = await line.one(EnrichedMessage, messaging({"read": {"mid": "m2"}}))
    person = Person(
        id=PERSON,
        username="ana",
        name="Ana",
        picture_url="https://cdn.test/p",
        follower_count=7,
        follows_us=True,
        followed_by_us=False,
        verified=False,
    )
    assert found.message.person == echoed.message.person == seen.message.person == person
    assert (found.own, echoed.own) == (False, True)
    assert api.asked == [PERSON]


async def test_person_who_has_not_written() -> None:
    """Echoes and reads are no reason to look anybody up."""
    api = Api()
    async with enriching(api, one_account()) as line:
        echo = {"message": {"mid": "m2", "text": "hello", "is_echo": True}}
        for event in (
            messaging(echo, sender={"id": ACCOUNT}, recipient={"id": PERSON}),
            messaging({"read": {"mid": "m2"}}),
            messaging({"delivery": {"watermark": 1763600000000}}),
        ):
            assert (await line.one(EnrichedMessage, event)).enrichment == COMPLETE
    assert not api.asked


@pytest.mark.parametrize(("code", "reason"), [(230, "forbidden"), (9010, "gone")])
async def test_profile_without_consent(code: int, reason: str) -> None:
    """A profile that can't be had costs the profile, not the message."""
    api = Api({PERSON: failure(code)})
    async with enriching(api, one_account()) as line:
        for mid in ("m1", "m2"):
            found = await line.one(
                EnrichedMessage, messaging({"message": {"mid": mid, "text": "hi"}})
            )
            assert found.enrichment == partial(reason)
            assert found.message.text == "hi"
    assert api.asked == [PERSON]


async def test_page_profile() -> None:
    """Messenger tells a first and a last name."""
    api = Api({PERSON: {"id": PERSON, "first_name": "Ana", "last_name": "Test"}})
    accounts = Accounts({PAGE: connected(PAGE, "facebook", "page")})
    async with enriching(api, accounts) as line:
        found = await line.one(
            EnrichedMessage, messaging({"message": {"mid": "m1", "text": "x"}}, "page")
        )
    assert found.message.person == Person(id=PERSON, name="Ana Test")


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
