"""A rule set walked through the events of the log, beside the one in force: the work of `parley
rules test`, which writes nothing."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from services.cli.retelling import retell
from services.moderator.backtest import Backtest
from services.moderator.compile import CompiledSet, compile_set, join
from services.moderator.facts import Facts
from services.moderator.history import Past
from services.moderator.horizon import horizon
from services.moderator.rules import RuleSet
from services.moderator.scorers import score
from services.moderator.wording import Text
from shared.contracts.raw import Kind
from shared.postgres.decisions import Decisions
from shared.postgres.past import Known, Log, Place, beginning
from shared.postgres.pool import Pool
from shared.postgres.rules import EVERYBODY, Owner, RuleSets

_KINDS: tuple[Kind, ...] = (
    "comment",
    "live-comment",
    "mention",
    "message",
    "message-edit",
    "postback",
)
"""Whatever rules judge, or remember."""

_NO_VERSION = 0

Sets = Mapping[Owner, CompiledSet]


@dataclass(frozen=True, slots=True)
class Trial:
    """What `wanted` would have done if it had been the set of `owner`. Every method may raise
    Transient."""

    pool: Pool
    wanted: RuleSet
    owner: Owner
    log: Log
    since: datetime

    async def counts(self) -> dict[Owner, int]:
        """How many events there are, by account."""
        found = await self.log.counts(self.since)
        return {each: count for each, count in found.items() if self.owner in (EVERYBODY, each)}

    async def walk(self, owners: Iterable[Owner], result: Backtest) -> AsyncIterator[int]:
        """Count in `result` what happens to the events of `owners`; gives how many they were, after
        each page."""
        live = await self._in_force()
        candidate = {**live, self.owner: compile_set(_NO_VERSION, self.wanted)}
        for owner in owners:
            sets = _of(candidate, owner), _of(live, owner)
            one, scorers = await self._backtest(owner, *sets), _scorers(*sets)
            # What they come to is counted together; what they remember is not.
            one.candidate, one.live = result.candidate, result.live
            one.more, one.less = result.more, result.less
            known, place = Known(self.pool, owner), beginning(self.since)
            while page := await self.log.page(owner, place):
                await asyncio.to_thread(_judge, one, await retell(known, page), scorers)
                place = Place(page[-1].event.occurred_at, page[-1].event.id)
                yield len(page)

    async def _backtest(
        self, owner: Owner, candidate: Sequence[CompiledSet], live: Sequence[CompiledSet]
    ) -> Backtest:
        sets = [each.rule_set for each in (*candidate, *live)]
        automatic = await Decisions(self.pool).made_by_rules(owner)
        return Backtest(join(candidate), join(live), horizon(sets), Past(automatic=automatic))

    async def _in_force(self) -> Sets:
        """The sets in force, compiled."""
        return {
            Owner(stored.platform, stored.account): compile_set(
                stored.version, msgspec.json.decode(stored.document, type=RuleSet)
            )
            for stored in await RuleSets(self.pool).in_force()
        }


def _of(sets: Sets, owner: Owner) -> list[CompiledSet]:
    """Those that hold for `owner`, that for all accounts first."""
    return [sets[each] for each in (EVERYBODY, owner) if each in sets]


def _scorers(*sets: Iterable[CompiledSet]) -> frozenset[str]:
    return frozenset(name for some in sets for each in some for name in each.scorers)


def _judge(one: Backtest, page: Sequence[Facts], scorers: Iterable[str]) -> None:
    texts = [Text(facts.text) for facts in page]
    score(scorers, texts)
    for facts, text in zip(page, texts, strict=True):
        one.add(facts, text)


def trial_of(pool: Pool, wanted: RuleSet, owner: Owner, since: datetime, until: datetime) -> Trial:
    """One over all that rules judge, in that time."""
    return Trial(pool, wanted, owner, Log(pool, _KINDS, until), since)
