"""Whom the Graph client asks for tokens."""

from typing import Protocol

from shared.contracts.credential import Credential


class TokenSource(Protocol):
    """Where tokens are kept."""

    async def credential(self, platform: str, account: str) -> Credential | None:
        """The token of a connected account.

        Raises:
            Transient: the place where tokens are kept can't be reached.
        """
