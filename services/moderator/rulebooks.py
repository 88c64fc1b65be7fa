"""The rules in force, compiled when they are first met and kept until a new version comes."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

import msgspec
import structlog

from services.moderator import metrics
from services.moderator.checks import problems_of
from services.moderator.compile import CompiledSet, Rulebook, compile_set, join
from services.moderator.horizon import horizon
from services.moderator.needs import Needs, needs_of
from services.moderator.rules import RuleSet
from shared.postgres.rules import EVERYBODY, Owner, RuleSets, StoredSet

_log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True, slots=True)
class Book:
    """What holds for one account, with what of its history that asks for."""

    rules: Rulebook
    needs: Needs
    horizon: timedelta


class Rulebooks:
    """The rulebooks of accounts, by what is in force in Postgres.

    A set that cannot be used stops nothing: the last one before it that can stays in force.
    """

    def __init__(self, sets: RuleSets) -> None:
        self._sets = sets
        self._usable: dict[Owner, tuple[int, CompiledSet | None]] = {}
        self._books: dict[Owner, tuple[tuple[int, ...], Book]] = {}

    async def of(self, owners: Collection[Owner]) -> dict[Owner, Book]:
        """The book of each of `owners`.

        Raises:
            Transient: Postgres can't be asked.
        """
        versions = await self._sets.versions_in_force([EVERYBODY, *owners])
        for owner, version in versions.items():
            await self._look_at(owner, version)
        return {owner: self._book(owner) for owner in owners}

    async def _look_at(self, owner: Owner, version: int) -> None:
        known, usable = self._usable.get(owner, (None, None))
        if known != version:
            usable = await self._load(owner, version)
            self._usable[owner] = version, usable
        if usable is None or usable.version != version:
            metrics.BROKEN_SETS.inc()

    async def _load(self, owner: Owner, version: int) -> CompiledSet | None:
        stored = await self._sets.up_to(owner, version)
        while stored is not None:
            if (compiled := _compiled(stored)) is not None:
                return compiled
            stored = await self._sets.up_to(owner, stored.version - 1)
        return None

    def _book(self, owner: Owner) -> Book:
        found = [self._usable.get(each, (None, None))[1] for each in (EVERYBODY, owner)]
        sets = [each for each in found if each is not None]
        versions = tuple(each.version for each in sets)
        known = self._books.get(owner)
        if known is None or known[0] != versions:
            rules = join(sets)
            known = self._books[owner] = (
                versions,
                Book(
                    rules=rules,
                    needs=needs_of(compiled.rule for compiled in rules.rules),
                    horizon=horizon(each.rule_set for each in sets),
                ),
            )
        return known[1]


def _compiled(stored: StoredSet) -> CompiledSet | None:
    """None when it cannot be used, which is told; what is wrong is quoted nowhere, since sets name
    people."""
    try:
        rule_set = msgspec.json.decode(stored.document, type=RuleSet)
    except msgspec.MsgspecError:
        problems = 1
    else:
        problems = len(list(problems_of(rule_set)))
        if not problems:
            return compile_set(stored.version, rule_set)
    _log.error(
        "rule_set_unusable",
        version=stored.version,
        platform=stored.platform,
        account=stored.account,
        problems=problems,
    )
    return None
