"""The business accounts that exist in the simulator, derived from the seed alone."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Platform = Literal["instagram", "page"]
Login = Literal["instagram", "facebook"]

LARGEST_COUNT = 10_000
_WORDS = ("bakery", "studio", "garden", "coffee", "cycles", "books", "atelier", "pottery", "surf")
_FAMILIES: tuple[tuple[Platform, Login], ...] = (
    ("instagram", "instagram"),
    ("instagram", "facebook"),
    ("page", "facebook"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """A business account and the token that speaks for it.

    `id` is what `entry.id` holds; `scoped_id` is what `GET /me?fields=id` says with Instagram Login
    (platform §0.2). `page_id` is the Page behind a Facebook Login, empty with Instagram Login.
    `app` names the Meta app the account is connected through.
    """

    index: int
    platform: Platform
    login: Login
    app: str
    id: str
    scoped_id: str
    page_id: str
    username: str
    name: str
    token: str = field(repr=False)


def accounts(
    seed: int = 1, count: int = 3, apps: Sequence[str] = ("instagram", "facebook")
) -> tuple[Account, ...]:
    """The first `count` accounts of `seed`, the three families by turns.

    `apps` are the names of the configured Meta apps: an account belongs to the one named like its
    login, else to the first.
    """
    return tuple(_account(seed, index, apps) for index in range(min(count, LARGEST_COUNT)))


def _account(seed: int, index: int, apps: Sequence[str]) -> Account:
    platform, login = _FAMILIES[index % len(_FAMILIES)]
    number = f"{seed % 100_000:05}{index:04}"
    word = _WORDS[index // len(_FAMILIES) % len(_WORDS)]
    page_id = f"1020{number}" if login == "facebook" else ""
    return Account(
        index=index,
        platform=platform,
        login=login,
        app=login if login in apps else apps[0],
        id=page_id if platform == "page" else f"17841{number}000",
        scoped_id=f"25{number}000000" if login == "instagram" else page_id,
        page_id=page_id,
        username=f"{word}.{platform}.{index}",
        name=f"{word.title()} {index}",
        token=_token(login, seed, index),
    )


def _token(login: Login, seed: int, index: int) -> str:
    digest = hashlib.sha512(f"simulated:{seed}:{index}:{login}".encode()).digest()
    start = "IGAA" if login == "instagram" else "EAAG"
    return start + base64.b32encode(digest).decode().rstrip("=")
