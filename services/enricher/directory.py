"""Which accounts are connected, remembered for a minute, and longer while Postgres is away."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from cachetools import LRUCache

from shared.errors import Transient
from shared.postgres.accounts import Account

KNOWN_SECONDS = 60.0
UNKNOWN_SECONDS = 10.0
"""Shorter, so that an account that has just been connected is soon enriched."""


class Accounts(Protocol):
    """Where accounts are kept."""

    async def find(self, platform: str, account: str) -> Account | None:
        """The account, if it is connected.

        Raises:
            Transient: the place where they are kept can't be reached.
        """


@dataclass(frozen=True, slots=True)
class _Entry:
    account: Account | None
    fresh_until: float


@dataclass(slots=True)
class Directory:
    """Accounts with a memory; `clock` counts seconds."""

    accounts: Accounts
    clock: Callable[[], float]
    _entries: LRUCache[tuple[str, str], _Entry] = field(default_factory=lambda: LRUCache(10_000))

    async def find(self, platform: str, account: str) -> Account | None:
        """The account, if it is connected.

        Raises:
            Transient: it was never asked for, and the place where accounts are kept is away.
        """
        entry = self._entries.get((platform, account))
        if entry is not None and entry.fresh_until > self.clock():
            return entry.account
        try:
            found = await self.accounts.find(platform, account)
        except Transient:
            if entry is None:
                raise
            return entry.account
        seconds = UNKNOWN_SECONDS if found is None else KNOWN_SECONDS
        self._entries[platform, account] = _Entry(found, self.clock() + seconds)
        return found
