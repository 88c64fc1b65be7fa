"""The slice of history that a batch needs, by a few questions for all of its accounts together."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from services.moderator.facts import Facts
from services.moderator.fingerprints import bands
from services.moderator.history import Hit, Past, Saying
from services.moderator.needs import Needs
from services.moderator.rows import owner_of
from services.moderator.statements import recall
from services.moderator.wording import Text
from services.moderator.works import Work
from shared.postgres.pool import Connection
from shared.postgres.rules import Owner

MOST_SAYINGS = 1000
"""Of one person: as many as `repeats` can ask for at most."""

MOST_HITS = 5000
"""Of one person, or in one thread: with more, nobody becomes a worse offender."""

THREADS = timedelta(days=30)
"""For how long a thread's cap counts."""

_HOUR = timedelta(hours=1)

_Row = Mapping[str, Any]
_Key = tuple[object, ...]


@dataclass(slots=True)
class _Slice:
    """A `Past` in the making, in which nothing is twice, whichever question it came by."""

    contacts: dict[str, str] = field(default_factory=dict)
    sayings: dict[str, Saying] = field(default_factory=dict)
    hits: dict[tuple[str, str], Hit] = field(default_factory=dict)
    takeovers: dict[str, datetime] = field(default_factory=dict)
    own_comments: set[str] = field(default_factory=set)
    blocked: set[str] = field(default_factory=set)
    automatic: set[str] = field(default_factory=set)

    def past(self) -> Past:
        """What is known by now."""
        return Past(
            contacts=self.contacts,
            sayings=self.sayings.values(),
            hits=self.hits.values(),
            takeovers=self.takeovers,
            own_comments=self.own_comments,
            blocked=self.blocked,
            automatic=self.automatic,
        )


class Recollection:
    """Asks for what the rules of each account need of the time before `works`."""

    def __init__(
        self, connection: Connection, works: Sequence[Work], needs: Mapping[Owner, Needs]
    ) -> None:
        self._connection = connection
        self._batch = [(work.facts, work.text) for work in works]
        self._needs = needs
        self._slices: dict[Owner, _Slice] = defaultdict(_Slice)
        self._judged = [said for said in self._batch if _may_be_judged(said[0])]
        self._since: dict[Owner, datetime] = {}
        for facts, _ in self._judged:
            since = self._since.setdefault(owner_of(facts), facts.occurred_at)
            self._since[owner_of(facts)] = min(since, facts.occurred_at)

    async def pasts(self) -> dict[Owner, Past]:
        """What is known of each account."""
        await self._ours()
        await self._people()
        await self._sayings()
        await self._hits()
        return {owner: self._slices[owner].past() for owner in self._needs}

    async def _ours(self) -> None:
        """What rules caused: by its id, or, while Meta has not told us that, by what it says."""
        caused = {(*owner_of(facts), id_) for facts, _ in self._batch if (id_ := meta_id(facts))}
        for row in await self._ask(recall.CAUSED, caused):
            self._slice(row).automatic.add(row["id"])
        unanswered = {
            (*owner_of(facts), id_, *_circumstances(facts, text))
            for facts, text in self._batch
            if facts.own and (id_ := meta_id(facts))
            if id_ not in self._slices[owner_of(facts)].automatic
        }
        for row in await self._ask(recall.UNANSWERED, unanswered):
            self._slice(row).automatic.add(row["id"])

    async def _people(self) -> None:
        """Who the authors are to us, and where people of ours have answered."""
        people = {(*owner_of(facts), facts.person_id) for facts, _ in self._judged}
        people = {key for key in people if key[-1] is not None}
        for row in await self._ask(recall.BLOCKED, people):
            self._slice(row).blocked.add(row["person_id"])
        new = {key for key in people if self._needs[Owner(*key[:2])].first_contact}
        for row in await self._ask(recall.CONTACTS, new):
            self._slice(row).contacts[row["person_id"]] = row["event_id"]
        threads = {(*owner_of(facts), facts.thread) for facts, _ in self._judged}
        for row in await self._ask(recall.TAKEOVERS, threads | people):
            self._slice(row).takeovers[row["thread"]] = row["at"]
        answered = {
            (*owner_of(facts), facts.parent_id)
            for facts, _ in self._judged
            if facts.parent_id is not None and self._needs[owner_of(facts)].reply_to_us
        }
        for row in await self._ask(recall.OWN_COMMENTS, answered):
            self._slice(row).own_comments.add(row["comment_id"])

    async def _sayings(self) -> None:
        persons, same, near = set[_Key](), set[_Key](), set[_Key]()
        for facts, text in self._judged:
            owner = owner_of(facts)
            needs, since = self._needs[owner], self._since[owner]
            if needs.persons and facts.person_id is not None:
                persons.add((*owner, facts.person_id, since - needs.persons))
            if needs.same:
                same.add((*owner, text.hash, since - needs.same))
            if needs.near:
                simhash = text.simhash
                near.add((*owner, simhash, since - needs.near, *bands(simhash)))
        most = max((needs.times for needs in self._needs.values()), default=0)
        rows = [
            *await self._ask(recall.SAYINGS_OF_PEOPLE, persons, MOST_SAYINGS),
            *await self._ask(recall.SAME_SAYINGS, same, most),
            *await self._ask(recall.NEAR_SAYINGS, near, most),
        ]
        for row in rows:
            self._slice(row).sayings[row["event_id"]] = _saying(row)

    async def _hits(self) -> None:
        persons, threads = set[_Key](), set[_Key]()
        for facts, _ in self._judged:
            owner = owner_of(facts)
            needs, since = self._needs[owner], self._since[owner]
            if facts.person_id is not None:
                persons.add((*owner, facts.person_id, since - needs.hits))
            # Where Meta does not say who it was, the thread stands for the person.
            if needs.threads or facts.person_id is None:
                threads.add(
                    (*owner, facts.thread, since - (THREADS if needs.threads else needs.hits))
                )
        capped = {
            (*owner, rule, since - _HOUR, most)
            for owner, since in self._since.items()
            for rule, most in self._needs[owner].per_hour.items()
        }
        rows = [
            *await self._ask(recall.HITS_OF_PEOPLE, persons, MOST_HITS),
            *await self._ask(recall.HITS_IN_THREADS, threads, MOST_HITS),
            *await self._ask(recall.HITS_OF_RULES, capped),
        ]
        for row in rows:
            self._slice(row).hits[row["event_id"], row["rule"]] = _hit(row)

    async def _ask(self, statement: str, keys: Collection[_Key], *more: object) -> Sequence[_Row]:
        if not keys:
            return ()
        columns = [list(column) for column in zip(*keys, strict=True)]
        rows: Sequence[_Row] = await self._connection.fetch(statement, *columns, *more)
        return rows

    def _slice(self, row: _Row) -> _Slice:
        return self._slices[Owner(row["platform"], row["account"])]


def _may_be_judged(facts: Facts) -> bool:
    return facts.kind is not None and not facts.own and not facts.test


def _circumstances(facts: Facts, text: Text) -> _Key:
    return facts.thread, facts.person_id, facts.parent_id, text.written, facts.occurred_at


def meta_id(facts: Facts) -> str | None:
    """What Meta calls the comment or the message."""
    return facts.comment_id or facts.message_id


def _saying(row: _Row) -> Saying:
    return Saying(
        event_id=row["event_id"],
        person_id=row["person_id"],
        text_hash=row["text_hash"],
        simhash=row["simhash"],
        at=row["said_at"],
    )


def _hit(row: _Row) -> Hit:
    return Hit(
        event_id=row["event_id"],
        rule=row["rule"],
        version=row["version"],
        thread=row["thread"],
        person_id=row["person_id"],
        kinds=tuple(row["kinds"]),
        at=row["at"],
    )
