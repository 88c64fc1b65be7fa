"""What it takes to speak to Meta for an account."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Login = Literal["instagram", "facebook"]
"""Which of Meta's two ways the account was connected by; it decides the host (platform §6.1)."""


@dataclass(frozen=True, slots=True)
class Credential:
    """An account's token; `app` names the app it was issued to, whose secret proves it is ours."""

    app: str
    login: Login
    token: str = field(repr=False)
    expires_at: datetime | None = None
