"""Everything that exists behind the accounts: people, media, comments, conversations.

People and media follow from their ids, so they need no storage; comments and messages are kept as
traffic and Graph writes add them, the oldest are forgotten.
"""

from collections import OrderedDict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from services.simulator import words
from services.simulator.accounts import Account

PEOPLE = 500
"""How many people talk to one account."""

OWN_MEDIA = 40
_ADS = range(500, 540)
_OWN, _STRANGERS, _STORY = "180", "181", "182"
_PUBLISHED_AT = 1_760_000_000
_KEPT_COMMENTS = 200_000
_KEPT_THREADS = 50_000
_KEPT_BELOW_MEDIA = 500
LATEST_MESSAGES = 20
"""Meta tells details of no more than these of a conversation (platform §6.2)."""


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
    """A conversation; `heard_at` is when the person last did something (the 24 h window)."""

    account: Account
    person: Person
    heard_at: float = 0.0
    messages: deque[Message] = field(default_factory=lambda: deque(maxlen=LATEST_MESSAGES))

    @property
    def id(self) -> str:
        """The conversation's id."""
        return f"t_{self.account.id}_{self.person.id}"


class World:
    """What traffic is about and the Graph API answers from."""

    def __init__(self, seed: int, accounts: Sequence[Account]) -> None:
        self.seed = seed
        self.accounts = tuple(accounts)
        self.by_id = {account.id: account for account in accounts}
        self._by_alias = {account.page_id: account for account in accounts if account.page_id}
        self._by_alias |= {account.scoped_id: account for account in accounts}
        self._prefix = f"{seed % 100_000:05}"
        self._comments: OrderedDict[str, Comment] = OrderedDict()
        self._below: dict[str, deque[str]] = {}
        self._threads: OrderedDict[str, Thread] = OrderedDict()
        self._by_mid: OrderedDict[str, Message] = OrderedDict()

    def account(self, id_: str) -> Account | None:
        """The account known by `id_`: its own id, its app-scoped id or its Page's."""
        return self.by_id.get(id_) or self._by_alias.get(id_)

    def person(self, account: Account, number: int) -> Person:
        """The account's `number`th person."""
        return _person(f"88{self._prefix}{account.index:04}{number:05}", number)

    def find_person(self, id_: str) -> tuple[Account, Person] | None:
        """The person behind a scoped id, and the account it is scoped to."""
        found = self._find("88", id_)
        return (found[0], _person(id_, found[1])) if found and found[1] < PEOPLE else None

    def media(self, account: Account, number: int) -> Media:
        """The account's `number`th post."""
        return _media(
            _place(account, f"{_OWN}{self._prefix}{account.index:04}{number:05}"), account
        )

    def story(self, account: Account, number: str) -> Media:
        """One of the account's stories; `number` is one that no other thing has."""
        return _media(_place(account, f"{_STORY}{account.index:04}{number}"), account)

    def ad_of(self, media: Media, account: Account) -> Media:
        """The ad made from one of the account's own media."""
        return self.media(account, _ADS[media.number % len(_ADS)])

    def strangers_media(self, account: Account, number: str) -> Media:
        """Somebody else's media, where the account is mentioned."""
        return _media(_place(account, f"{_STRANGERS}{account.index:04}{number}"), account)

    def find_media(self, id_: str) -> Media | None:
        """The media or Page post with this id."""
        digits = id_.rpartition("_")[2]
        found = self._find(_OWN, digits)
        account = found[0] if found and _exists(found[1]) else self._where(digits)
        if account is None or id_ != _place(account, digits):
            return None
        return _media(id_, account)

    def _where(self, digits: str) -> Account | None:
        """The account of a story, or of somebody else's media."""
        if digits[:3] not in (_STRANGERS, _STORY) or not digits.isdecimal():
            return None
        index = int(digits[3:7] or 0)
        return self.accounts[index] if index < len(self.accounts) else None

    def _find(self, start: str, digits: str) -> tuple[Account, int] | None:
        start += self._prefix
        if not (digits.startswith(start) and len(digits) == len(start) + 9 and digits.isdecimal()):
            return None
        index, number = int(digits[-9:-5]), int(digits[-5:])
        return (self.accounts[index], number) if index < len(self.accounts) else None

    def add_comment(self, comment: Comment) -> None:
        """A comment was written; the oldest is forgotten when there are too many."""
        self._comments[comment.id] = comment
        below = self._below.setdefault(
            comment.parent_id or comment.media_id, deque(maxlen=_KEPT_BELOW_MEDIA)
        )
        below.append(comment.id)
        if len(self._comments) > _KEPT_COMMENTS:
            _, forgotten = self._comments.popitem(last=False)
            self._below.pop(forgotten.id, None)

    def comment(self, id_: str) -> Comment | None:
        """The comment with this id, unless it was deleted or forgotten."""
        return self._comments.get(id_)

    def remove_comment(self, id_: str) -> None:
        """A comment was deleted."""
        found = self._comments.pop(id_, None)
        below = self._below.get(found.parent_id or found.media_id) if found else None
        if below and id_ in below:
            below.remove(id_)

    def count_below(self, id_: str) -> int:
        """How many comments are directly below; of a hot media only the latest count."""
        return len(self._below.get(id_, ()))

    def below(self, id_: str) -> list[Comment]:
        """The comments directly below a media or a comment, newest first."""
        found = (self._comments.get(child) for child in reversed(self._below.get(id_, ())))
        return [comment for comment in found if comment is not None]

    def heard(self, account: Account, person: Person, at: float) -> Thread:
        """The person wrote, or tapped a button: from now on the profile may be read."""
        thread = self._threads.setdefault(person.id, Thread(account, person))
        thread.heard_at = max(thread.heard_at, at)
        self._threads.move_to_end(person.id)
        if len(self._threads) > _KEPT_THREADS:
            self._threads.popitem(last=False)
        return thread

    def thread(self, person_id: str) -> Thread | None:
        """The conversation with a person who has written."""
        return self._threads.get(person_id)

    def threads(self, account: Account) -> Iterable[Thread]:
        """The account's conversations, latest first."""
        return (each for each in reversed(self._threads.values()) if each.account == account)

    def add_message(self, thread: Thread, message: Message) -> None:
        """A message was sent, by either side."""
        if len(thread.messages) == LATEST_MESSAGES:
            self._by_mid.pop(thread.messages[0].mid, None)
        thread.messages.append(message)
        self._by_mid[message.mid] = message
        if len(self._by_mid) > _KEPT_COMMENTS:
            self._by_mid.popitem(last=False)

    def message(self, mid: str) -> Message | None:
        """The message with this id, when it is among the latest of its conversation."""
        return self._by_mid.get(mid)


def _exists(number: int) -> bool:
    return number < OWN_MEDIA or number in _ADS


def _place(account: Account, digits: str) -> str:
    """A Page's posts carry the Page's id."""
    return f"{account.id}_{digits}" if account.platform == "page" else digits


@lru_cache(maxsize=65_536)
def _person(id_: str, number: int) -> Person:
    name, handle = words.NAMES[number % len(words.NAMES)]
    return Person(id_, f"{handle}_{number}", name)


@lru_cache(maxsize=65_536)
def _media(id_: str, account: Account) -> Media:
    number, sort = int(id_[-5:]), id_.rpartition("_")[2][:3]
    product_type, media_type = _sort(sort, number)
    original = number - _ADS.start if product_type == "AD" else None
    foreign = sort == _STRANGERS
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
    if sort == _STORY:
        return "STORY", "IMAGE"
    media_type = ("IMAGE", "CAROUSEL_ALBUM", "VIDEO", "IMAGE")[number % 4]
    if sort == _OWN and number in _ADS:
        return "AD", media_type
    return ("REELS" if media_type == "VIDEO" else "FEED"), media_type
