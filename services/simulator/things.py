"""What there is behind the accounts, and how people and media follow from their ids."""

from collections import deque
from dataclasses import dataclass, field
from functools import lru_cache

from services.simulator import words
from services.simulator.accounts import Account

PEOPLE = 500
"""How many people talk to one account."""

OWN_MEDIA = 40
ADS = range(500, 540)
BOT = 7
"""The number of the one who answers every message at once: somebody else's bot."""

PESTS = (13, 37)
"""The numbers of those whom a business would put on its list of blocked people."""

LIVE_SECONDS = 3_600.0
"""How long a broadcast goes on after any comment on it."""
OWN, STRANGERS, STORY = "180", "181", "182"
"""What the digits of media ids begin with: posts and ads, other people's media, stories."""

LATEST_MESSAGES = 20
"""Meta tells details of no more than these of a conversation (platform §6.2)."""

_PUBLISHED_AT = 1_760_000_000


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who comments and writes; `id` is scoped to one account."""

    id: str
    username: str
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Media:
    """A post, reel, story, ad or Page post that `account` owns or, if `foreign`, is named in."""

    id: str
    number: int
    product_type: str
    media_type: str
    caption: str
    published_at: int
    account: Account
    foreign: bool
    username: str
    ad_id: str | None = None
    original_id: str | None = None


@dataclass(kw_only=True, slots=True)
class Comment:
    """A comment as the Graph API knows it; `parent_id` is empty at the top."""

    id: str
    account: Account
    media_id: str
    author: Person
    text: str
    at: float
    parent_id: str = ""
    live: bool = False
    hidden: bool = False
    answered_privately: bool = False


@dataclass(kw_only=True, slots=True)
class Message:
    """One message of a conversation; a person may edit it five times."""

    mid: str
    sender_id: str
    recipient_id: str
    text: str
    at: float
    edits: int = 0


@dataclass(slots=True)
class Thread:
    """A conversation; `heard_at` is when the person last did something (the 24 h window), 0 while
    it holds nothing but private replies."""

    account: Account
    person: Person
    heard_at: float = 0.0
    messages: deque[Message] = field(default_factory=lambda: deque(maxlen=LATEST_MESSAGES))

    @property
    def id(self) -> str:
        """The conversation's id."""
        return f"t_{self.account.id}_{self.person.id}"


def is_post(number: int) -> bool:
    """Whether an account has a post or an ad of this number."""
    return number < OWN_MEDIA or number in ADS


def place(account: Account, digits: str) -> str:
    """A Page's posts carry the Page's id."""
    return f"{account.id}_{digits}" if account.platform == "page" else digits


@lru_cache(maxsize=65_536)
def person(id_: str, number: int) -> Person:
    """The person of this number, by the name that follows from it."""
    name, handle = words.NAMES[number % len(words.NAMES)]
    return Person(id_, f"{handle}_{number}", name)


@lru_cache(maxsize=65_536)
def media(id_: str, account: Account) -> Media:
    """The media with this id, as it follows from its digits."""
    number, sort = int(id_[-5:]), id_.rpartition("_")[2][:3]
    product_type, media_type = _sort(sort, number)
    original = number - ADS.start if product_type == "AD" else None
    foreign = sort == STRANGERS
    return Media(
        id=id_,
        number=number,
        product_type=product_type,
        media_type=media_type,
        caption=words.CAPTIONS[number % len(words.CAPTIONS)],
        published_at=_PUBLISHED_AT + number % 4_000 * 7_200,
        account=account,
        foreign=foreign,
        username=words.NAMES[number % len(words.NAMES)][1] if foreign else account.username,
        ad_id=None if original is None else f"1202{id_[-14:]}",
        original_id=None if original is None else f"{id_[:-5]}{original:05}",
    )


def _sort(sort: str, number: int) -> tuple[str, str]:
    if sort == STORY:
        return "STORY", "IMAGE"
    media_type = ("IMAGE", "CAROUSEL_ALBUM", "VIDEO", "IMAGE")[number % 4]
    if sort == OWN and number in ADS:
        return "AD", media_type
    return ("REELS" if media_type == "VIDEO" else "FEED"), media_type
