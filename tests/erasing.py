"""A small town for who tests erasing: Ana and Ben, what they said to two accounts, and all that
follows from it in Postgres."""

import json
from collections.abc import Sequence
from typing import Any

from services.executor import store as executor
from services.executor.intake import Wanted
from services.moderator.moderate import Moderator
from services.persister.events import Event
from services.persister.store import save
from shared.contracts.enriched import (
    Comment,
    Conversation,
    EnrichedComment,
    EnrichedEvent,
    EnrichedMention,
    EnrichedMessage,
    Media,
    Mention,
    Message,
    Person,
    Reaction,
)
from shared.contracts.raw import Kind, RawEvent
from shared.postgres.pool import Pool
from shared.stream.memory import MemoryBroker
from tests import executing, heard, moderating
from tests.heard import COMPLETE, raw
from tests.moderating import a_rule, import_rules, now

US, THEM = "17841400000000001", "17841400000000002"
ANA, BEN = Person(id="880001", username="ana.test"), Person(id="880002", username="ben.test")

_INSERTS = (
    "INSERT INTO takeovers VALUES ('instagram', $1, $2, 'x-' || $3, now())",
    "INSERT INTO takeovers VALUES ('instagram', $1, 'c-' || $3, 'of-' || $2, now())",
    "INSERT INTO tags VALUES ('instagram', $1, $2, 'fan', 'x-' || $3, now())",
    "INSERT INTO tags VALUES ('instagram', $1, 'c-' || $3, 'fan', 'of-' || $2, now())",
    "INSERT INTO blocked VALUES ('instagram', $1, $2, 'x-' || $3, now())",
    "INSERT INTO queue VALUES ('e-' || $1 || $3, 'instagram', $1, $2, 'x', 'call', now())",
)
_OF_ACCOUNT = (
    "INSERT INTO own_comments VALUES ('instagram', $1, 'our')",
    "INSERT INTO budgets VALUES ('instagram', $1, 'reply', now())",
    "INSERT INTO holds VALUES ('instagram', $1, 'account', now(), 'throttled')",
    "INSERT INTO brakes VALUES ('instagram', $1, now(), 'me', 'wrong text')",
    "INSERT INTO rule_rates VALUES ('instagram', $1, 'spam', now(), 1, 1)",
    "INSERT INTO rule_sets VALUES (DEFAULT, 'instagram', $1, '{}', now(), 'me')",
    "INSERT INTO breakers SELECT max(version), 'spam', 'instagram', $1, now(), 1, 0 FROM rule_sets",
)


def name_of(person: Person) -> str:
    """What their comment, `c-…`, and the rest are called here."""
    return str(person.username).removesuffix(".test")


def life(account: str, person: Person) -> list[Event]:
    """What somebody says to an account: a comment, a mention of which Graph tells the handle only,
    a message, and a reaction to it; another's reply below the comment; a broken event."""
    me, name = str(person.id), name_of(person)
    other = BEN if person == ANA else ANA
    said = {"from": {"id": me, "username": person.username}, "text": f"spam of {me}"}
    below = {
        "id": f"below-{name}",
        "parent_id": f"c-{name}",
        "from": {"id": other.id, "username": other.username},
        "text": "no spam",
    }
    mine = Comment(id=f"c-{name}", text=f"spam of {me}", author=person, media_id="m1")
    theirs = Comment(
        id=f"below-{name}", parent_id=f"c-{name}", text="no spam", author=other, media_id="m1"
    )
    where = Mention(
        media_id=f"post-of-{name}", comment_id=f"in-{name}", author=Person(username=person.username)
    )
    talk, message = (
        Conversation(id=me),
        Message(direction="inbound", person=person, mid=f"mid-{me}"),
    )
    react = Reaction(action="react", emoji="❤️")
    sender = {"sender": {"id": me}, "message": {"mid": f"mid-{me}", "text": f"hello from {me}"}}
    return [
        _comment(account, mine, {"id": mine.id, **said}),
        _comment(account, theirs, below),
        EnrichedMention(
            event=_raw(account, "mention", f"in-{name}", {"comment_id": f"in-{name}"}, thread="m2"),
            own=False,
            mention=where,
            media=Media(id=f"post-of-{name}", username=person.username),
            enrichment=COMPLETE,
        ),
        *(
            EnrichedMessage(
                event=_raw(account, kind, f"{kind}-{me}", sender, thread=me),
                own=False,
                message=of_kind,
                conversation=talk,
                enrichment=COMPLETE,
            )
            for kind, of_kind in _turns(message, react, me)
        ),
        raw(
            "broken",
            me,
            id=f"::broken:{name}",
            account="",
            thread="",
            item=json.dumps([{"id": int(me)}, 1]).encode(),
        ),
    ]


def _turns(message: Message, react: Reaction, me: str) -> Sequence[tuple[Kind, Message]]:
    told = Message(direction="inbound", person=message.person, mid=message.mid, text=f"of {me}")
    reacted = Message(direction="inbound", person=message.person, mid=message.mid, reaction=react)
    return (("message", told), ("reaction", reacted))


def _raw(account: str, kind: Kind, name: str, value: object, thread: str) -> RawEvent:
    item = json.dumps({"field": kind, "value": value}).encode()
    id_ = f"instagram:{account}:{kind}:{name}"
    return raw(kind, name, id=id_, account=account, thread=thread, item=item)


def _comment(account: str, comment: Comment, value: object) -> EnrichedComment:
    thread = comment.parent_id or comment.id
    return EnrichedComment(
        event=_raw(account, "comment", comment.id, value, thread),
        own=False,
        comment=comment,
        media=Media(id="m1"),
        enrichment=COMPLETE,
    )


async def happens(pool: Pool, events: Sequence[Event]) -> int:
    """Let the services work on `events`; how many actions they carry out of it."""
    await save(pool, heard.kept(events))
    typed: list[EnrichedEvent] = [each for each in events if not isinstance(each, RawEvent)]
    broker = MemoryBroker()
    async with broker.writer() as writer:
        moderator = Moderator(pool, writer, now)
        await moderator.handle(moderating.works(typed))
        desk = moderating.Desk(pool, writer, broker)
        actions = desk.published()
    if actions:
        await executor.take(pool, [Wanted(executing.record(each), each) for each in actions])
    return len(actions)


async def town(pool: Pool) -> None:
    """Both people talk to both accounts."""
    await import_rules(pool, a_rule())
    await executing.connect_account(pool, US, THEM)
    for account in (US, THEM):
        for person in (ANA, BEN):
            assert await happens(pool, life(account, person))
            for insert in _INSERTS:
                await pool.execute(insert, account, person.id, name_of(person))
        for insert in _OF_ACCOUNT:
            await pool.execute(insert, account)


async def tables(pool: Pool) -> list[str]:
    """All tables there are."""
    found = await pool.fetch(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
    )
    return sorted(row["table_name"] for row in found)


async def rows(pool: Pool, *needles: str) -> dict[str, Any]:
    """How many rows of each table hold all of `needles`, in whatever column, also in bytes."""
    found = {}
    for table in await tables(pool):
        sql = f"""
            SELECT count(*) FROM {table} AS t WHERE (
                SELECT bool_and(
                    position(needle IN t::text) > 0
                    OR position(encode(convert_to(needle, 'UTF8'), 'hex') IN t::text) > 0
                ) FROM unnest($1::text[]) AS needle
            )
        """
        found[table] = await pool.fetchval(sql, list(needles))
    return {table: count for table, count in found.items() if count}
