"""Rule sets and brakes in Postgres: what the moderator goes by, and the command line changes."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from shared.postgres.pool import Pool, transient_failures

_ADD = """
INSERT INTO rule_sets (platform, account, document, imported_by) VALUES ($1, $2, $3, $4)
RETURNING version, platform, account, document, imported_at, imported_by
"""

# The set in force of each account that has one, the one for all first.
_LATEST = """
SELECT DISTINCT ON (platform, account)
    version, platform, account, document, imported_at, imported_by
FROM rule_sets ORDER BY platform, account, version DESC
"""

_VERSIONS = """
SELECT version, platform, account, document, imported_at, imported_by
FROM rule_sets WHERE platform = $1 AND account = $2 ORDER BY version DESC
"""

# The newest set of this account that is not newer than a version.
_UP_TO = """
SELECT version, platform, account, document, imported_at, imported_by
FROM rule_sets WHERE platform = $1 AND account = $2 AND version <= $3
ORDER BY version DESC LIMIT 1
"""

# Which version is in force for each of these accounts; without its document, so that it can be
# asked for each batch.
_IN_FORCE = """
SELECT said.platform, said.account, latest.version
FROM unnest($1::text[], $2::text[]) AS said (platform, account)
CROSS JOIN LATERAL (
    SELECT version FROM rule_sets
    WHERE rule_sets.platform = said.platform AND rule_sets.account = said.account
    ORDER BY version DESC LIMIT 1
) AS latest
"""

# Stopping again keeps when and why it was stopped first.
_STOP = """
INSERT INTO brakes (platform, account, stopped_by, reason) VALUES ($1, $2, $3, $4)
ON CONFLICT (platform, account) DO NOTHING RETURNING true
"""
_START = "DELETE FROM brakes WHERE platform = $1 AND account = $2 RETURNING true"
_BRAKES = """
SELECT platform, account, stopped_at, stopped_by, reason FROM brakes ORDER BY platform, account
"""

# Of the sets in force only: a new version closes the breakers of the one before.
_BREAKERS = """
SELECT version, rule, b.platform, b.account, opened_at, share, usual
FROM breakers AS b JOIN rule_sets USING (version)
WHERE version = (
    SELECT max(latest.version) FROM rule_sets AS latest
    WHERE latest.platform = rule_sets.platform AND latest.account = rule_sets.account
)
ORDER BY opened_at
"""

NEWEST = 2**63 - 1
"""Not lower than any version."""


class Owner(NamedTuple):
    """Whose a set or a brake is."""

    platform: str
    account: str


EVERYBODY = Owner("", "")
"""Owns the set that counts for all accounts, and the brake that stops all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredSet:
    """One version of a rule set; `document` is its JSON."""

    version: int
    platform: str
    account: str
    document: str = field(repr=False)
    imported_at: datetime
    imported_by: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Brake:
    """The kill switch of an account, or of all, while it is pulled."""

    platform: str
    account: str
    stopped_at: datetime
    stopped_by: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Breaker:
    """A rule that only observes, because `share` of the events hit it and not the `usual` one."""

    version: int
    rule: str
    platform: str
    account: str
    opened_at: datetime
    share: float
    usual: float


@dataclass(frozen=True, slots=True)
class RuleSets:
    """The rule sets in Postgres. Every method may raise Transient."""

    pool: Pool

    async def add(self, owner: Owner, document: str, by: str) -> StoredSet:
        """Put a new version into force; the ones before stay to be looked at."""
        with transient_failures():
            row = await self.pool.fetchrow(_ADD, *owner, document, by)
        return StoredSet(**row)

    async def in_force(self) -> list[StoredSet]:
        """The latest version of every set, that for all first."""
        with transient_failures():
            return [StoredSet(**row) for row in await self.pool.fetch(_LATEST)]

    async def versions(self, owner: Owner) -> list[StoredSet]:
        """Every version that `owner` has had, the latest first."""
        with transient_failures():
            return [StoredSet(**row) for row in await self.pool.fetch(_VERSIONS, *owner)]

    async def up_to(self, owner: Owner, version: int = NEWEST) -> StoredSet | None:
        """The latest version of `owner`'s set that is not newer than `version`."""
        with transient_failures():
            row = await self.pool.fetchrow(_UP_TO, *owner, version)
        return StoredSet(**row) if row else None

    async def versions_in_force(self, owners: list[Owner]) -> dict[Owner, int]:
        """The version in force of those of `owners` that have a set."""
        platforms, accounts = [list(column) for column in zip(*owners, strict=True)]
        with transient_failures():
            rows = await self.pool.fetch(_IN_FORCE, platforms, accounts)
        return {Owner(row["platform"], row["account"]): row["version"] for row in rows}


@dataclass(frozen=True, slots=True)
class Brakes:
    """The kill switches and breakers in Postgres. Every method may raise Transient."""

    pool: Pool

    async def stop(self, owner: Owner, by: str, reason: str) -> bool:
        """Let nothing automatic be done for `owner` from now on; false if that was so before."""
        with transient_failures():
            return await self.pool.fetchval(_STOP, *owner, by, reason) is not None

    async def start(self, owner: Owner) -> bool:
        """Undo `stop`; false if `owner` was not stopped. A stop of all goes on."""
        with transient_failures():
            return await self.pool.fetchval(_START, *owner) is not None

    async def pulled(self) -> list[Brake]:
        """The kill switches that are pulled."""
        with transient_failures():
            return [Brake(**row) for row in await self.pool.fetch(_BRAKES)]

    async def breakers(self) -> list[Breaker]:
        """The rules of the sets in force that only observe because they hit too much."""
        with transient_failures():
            return [Breaker(**row) for row in await self.pool.fetch(_BREAKERS)]
