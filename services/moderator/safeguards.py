"""What keeps rules from acting: kill switches, and breakers that open when a rule hits too much."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from services.moderator.breaker import LEAST_HITS, RECENT, USUAL, Minute, Surge, surge
from services.moderator.compile import Rulebook
from services.moderator.rows import Judged, owner_of, rates
from services.moderator.statements import safeguards
from shared.postgres.pool import Connection
from shared.postgres.rules import EVERYBODY, Owner

_log = structlog.get_logger()

_Rule = tuple[Owner, str]


@dataclass(frozen=True, slots=True)
class Safeguards:
    """As they are in the transaction of one batch: `on` are the kill switches, `open_breakers` the
    rules of each account that only observe."""

    rules: Mapping[Owner, Rulebook]
    on: frozenset[Owner]
    open_breakers: Mapping[Owner, frozenset[str]]

    def stopped(self, owner: Owner) -> bool:
        """Whether nothing automatic may be done for `owner`."""
        return EVERYBODY in self.on or owner in self.on

    def acting(self, judged: Iterable[Judged]) -> dict[_Rule, int]:
        """The rules that matched and may act, with their versions: only these can do harm."""
        enforced = {
            (owner, each.rule.name): each.version
            for owner, book in self.rules.items()
            for each in book.rules
            if each.rule.mode == "enforce"
            and each.rule.name not in self.open_breakers.get(owner, ())
        }
        matched = {
            (owner_of(each.facts), match.rule) for each in judged for match in each.decision.matches
        }
        return {rule: enforced[rule] for rule in matched & enforced.keys()}


async def read_safeguards(connection: Connection, rules: Mapping[Owner, Rulebook]) -> Safeguards:
    """The kill switches and breakers as they are now."""
    brakes = await connection.fetch(safeguards.BRAKES)
    versions = list({version for book in rules.values() for version in book.versions})
    opened: dict[Owner, set[str]] = {}
    for row in await connection.fetch(safeguards.BREAKERS, versions):
        owner = Owner(row["platform"], row["account"])
        if owner in rules and row["version"] in rules[owner].versions:
            opened.setdefault(owner, set()).add(row["rule"])
    return Safeguards(
        rules=rules,
        on=frozenset(Owner(row["platform"], row["account"]) for row in brakes),
        open_breakers={owner: frozenset(names) for owner, names in opened.items()},
    )


async def watch(
    connection: Connection, guards: Safeguards, judged: Sequence[Judged], now: datetime
) -> None:
    """Count what was judged, and open the breakers of rules that hit far more than usual: from the
    next batch on they observe, until a new version of their set is imported."""
    if counted := rates(judged, now):
        await connection.execute(safeguards.RATES, *map(list, zip(*counted, strict=True)))
    acting = guards.acting(judged)
    if not acting:
        return
    keys = [(*owner, rule, version) for (owner, rule), version in acting.items()]
    found = await connection.fetch(
        safeguards.SURGING,
        *map(list, zip(*keys, strict=True)),
        now - RECENT,
        now - RECENT - USUAL,
        LEAST_HITS,
    )
    surging = {
        (Owner(row["platform"], row["account"]), row["rule"]): surged
        for row in found
        if (surged := _surge(row, now)) is not None
    }
    await _open(connection, acting, surging, now)


def _surge(row: Mapping[str, int], now: datetime) -> Surge | None:
    recent = Minute(now, row["recent_judged"], row["recent_hit"])
    before = Minute(now - RECENT, row["usual_judged"], row["usual_hit"])
    return surge((recent, before), now)


async def _open(
    connection: Connection,
    versions: Mapping[_Rule, int],
    surging: Mapping[_Rule, Surge],
    now: datetime,
) -> None:
    opening = [
        (versions[owner, rule], rule, *owner, surged.share, surged.usual)
        for (owner, rule), surged in sorted(surging.items(), key=lambda each: each[0])
    ]
    if not opening:
        return
    columns = map(list, zip(*opening, strict=True))
    for row in await connection.fetch(safeguards.OPEN_BREAKERS, *columns, now):
        _log.error("breaker_opened", **row)
