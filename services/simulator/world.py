"""Everything that exists behind the accounts: people, media, comments, conversations.

People and media follow from their ids, so they need no storage; comments and messages are kept as
traffic and Graph writes add them, the oldest are forgotten.
"""

from collections import OrderedDict, deque
from collections.abc import Iterable, Sequence

from services.simulator import things
from services.simulator.accounts import Account
from services.simulator.things import (
    ADS,
    LATEST_MESSAGES,
    OWN,
    PEOPLE,
    STORY,
    STRANGERS,
    Comment,
    Media,
    Message,
    Person,
    Thread,
)

_KEPT_COMMENTS = 200_000
_KEPT_THREADS = 50_000
_KEPT_BELOW = 500


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
        return things.person(f"88{self._prefix}{account.index:04}{number:05}", number)

    def find_person(self, id_: str) -> tuple[Account, Person] | None:
        """The person behind a scoped id, and the account it is scoped to."""
        found = self._find("88", id_)
        return (found[0], things.person(id_, found[1])) if found and found[1] < PEOPLE else None

    def media(self, account: Account, number: int) -> Media:
        """The account's `number`th post."""
        return things.media(
            things.place(account, f"{OWN}{self._prefix}{account.index:04}{number:05}"), account
        )

    def story(self, account: Account, number: str) -> Media:
        """One of the account's stories; `number` is one that no other thing has."""
        return things.media(things.place(account, f"{STORY}{account.index:04}{number}"), account)

    def ad_of(self, media: Media, account: Account) -> Media:
        """The ad made from one of the account's own media."""
        return self.media(account, ADS[media.number % len(ADS)])

    def strangers_media(self, account: Account, number: str) -> Media:
        """Somebody else's media, where the account is mentioned."""
        return things.media(
            things.place(account, f"{STRANGERS}{account.index:04}{number}"), account
        )

    def find_media(self, id_: str) -> Media | None:
        """The media or Page post with this id."""
        digits = id_.rpartition("_")[2]
        found = self._find(OWN, digits)
        account = found[0] if found and things.is_post(found[1]) else self._where(digits)
        if account is None or id_ != things.place(account, digits):
            return None
        return things.media(id_, account)

    def _where(self, digits: str) -> Account | None:
        """The account of a story, or of somebody else's media."""
        if digits[:3] not in (STRANGERS, STORY) or not digits.isdecimal():
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
        above = comment.parent_id or comment.media_id
        self._below.setdefault(above, deque(maxlen=_KEPT_BELOW)).append(comment.id)
        if len(self._comments) > _KEPT_COMMENTS:
            self.remove_comment(next(iter(self._comments)))

    def comment(self, id_: str) -> Comment | None:
        """The comment with this id, unless it was deleted or forgotten."""
        return self._comments.get(id_)

    def remove_comment(self, id_: str) -> None:
        """A comment was deleted or forgotten, and what was below it hangs nowhere."""
        found = self._comments.pop(id_, None)
        if found is None:
            return
        self._below.pop(id_, None)
        above = found.parent_id or found.media_id
        siblings = self._below.get(above, deque())
        if id_ in siblings:
            siblings.remove(id_)
        if not siblings:
            self._below.pop(above, None)

    def count_below(self, id_: str) -> int:
        """How many comments are directly below; of a hot media only the latest count."""
        return len(self._below.get(id_, ()))

    def below(self, id_: str) -> list[Comment]:
        """The comments directly below a media or a comment, newest first."""
        found = (self._comments.get(child) for child in reversed(self._below.get(id_, ())))
        return [comment for comment in found if comment is not None]

    def heard(self, account: Account, person: Person, at: float) -> Thread:
        """The person wrote, or tapped a button: from now on the profile may be read."""
        thread = self.opened(account, person)
        thread.heard_at = max(thread.heard_at, at)
        return thread

    def opened(self, account: Account, person: Person) -> Thread:
        """The conversation with a person, which a private reply opens too (platform §6.3)."""
        thread = self._threads.setdefault(person.id, Thread(account, person))
        self._threads.move_to_end(person.id)
        if len(self._threads) > _KEPT_THREADS:
            self._threads.popitem(last=False)
        return thread

    def thread(self, person_id: str) -> Thread | None:
        """The conversation with a person, if there is one."""
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
