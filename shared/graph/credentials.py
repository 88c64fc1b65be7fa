"""What the Graph client needs to speak for an account, and whom it asks for that."""

from dataclasses import dataclass, field
from typing import Literal, Protocol

Login = Literal["instagram", "facebook"]


@dataclass(frozen=True, slots=True)
class Credential:
    """An account's token: `login` decides the host, `app` whose secret proves the token is ours."""

    app: str
    login: Login
    token: str = field(repr=False)


class TokenSource(Protocol):
    """Where tokens are kept."""

    async def credential(self, platform: str, account: str) -> Credential | None:
        """The token of a connected account.

        Raises:
            Transient: the place where tokens are kept can't be reached.
        """
