"""What was read at Meta, compared with what we may have said there: nothing here asks anybody."""

import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.meta import lenient

_LATEST_MESSAGES = 20
"""Graph tells details of no more (platform §6.2)."""


@dataclass(frozen=True, slots=True)
class Present:
    """It happened; also where the comment that was to be hidden or deleted is gone."""

    created_id: str | None = None
    recipient_id: str | None = None


@dataclass(frozen=True, slots=True)
class Absent:
    """It has not happened by now."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Nothing is proven; `reason` is from a closed set."""

    reason: str


Verdict = Present | Absent | Unreadable


@dataclass(frozen=True, slots=True)
class Sighting:
    """A reply or a message as Graph tells it; whatever may be withheld is None. `ours` is that
    Graph itself marks it so."""

    id: str | None
    text: str | None
    at: datetime | None
    author_id: str | None
    author_name: str | None
    ours: bool
    recipients: frozenset[str]

    @property
    def authors(self) -> frozenset[str]:
        """Whatever the author goes by; nothing when that is withheld."""
        return frozenset(name for name in (self.author_id, self.author_name) if name)

    @property
    def parties(self) -> frozenset[str]:
        """Everybody named in it."""
        return self.recipients | ({self.author_id} if self.author_id else set())


@dataclass(frozen=True, slots=True)
class Sought:
    """What we said, if we did; `taken` are ids that belong to other actions."""

    text: str
    since: datetime
    taken: Collection[str] = ()

    def compare(self, seen: Sighting) -> Literal["same", "other", "untold"]:
        """Whether `seen` is it, whoever wrote it."""
        if seen.id in self.taken or (seen.at is not None and seen.at < self.since):
            return "other"
        if seen.text is not None and _plain(seen.text) != _plain(self.text):
            return "other"
        return "untold" if None in (seen.id, seen.text, seen.at) else "same"


def see(item: object) -> Sighting:
    """One entry of a page."""
    fields = lenient.fields(item)
    author = lenient.part(fields, "from")
    words = fields.get("text", fields.get("message"))
    named = (lenient.fields(each) for each in lenient.items(lenient.part(fields, "to"), "data"))
    return Sighting(
        id=lenient.identifier(fields, "id"),
        text=words if isinstance(words, str) else None,
        at=lenient.moment(fields, "timestamp", "created_time"),
        author_id=lenient.identifier(author, "id"),
        author_name=lenient.text(author, "username") or lenient.text(fields, "username"),
        ours=fields.get("user") is not None,
        recipients=frozenset(id_ for each in named if (id_ := lenient.identifier(each, "id"))),
    )


def among(mine: Iterable[Sighting], sought: Sought) -> Verdict:
    """Whether `sought` is among what we wrote; of several the first is it."""
    compared = [(sought.compare(each), each) for each in mine]
    same = [each for how, each in compared if how == "same"]
    if same:
        return Present(min(same, key=lambda each: str(each.at)).id)
    untold = any(how == "untold" for how, _ in compared)
    return Unreadable("withheld") if untold else Absent()


def messages_of(thread: lenient.Fields) -> list[Sighting]:
    """The latest of a conversation."""
    return [see(item) for item in lenient.items(lenient.part(thread, "messages"), "data")]


def in_conversation(
    threads: Iterable[Sequence[Sighting]], person_id: str, sought: Sought
) -> Verdict:
    """Whether `sought` is among the latest messages to a person; `threads` should be one."""
    for messages in threads:
        if messages and _is_with(person_id, messages):
            verdict = among((each for each in messages if each.author_id != person_id), sought)
            complete = len(messages) < _LATEST_MESSAGES or any(
                each.at is not None and each.at < sought.since for each in messages
            )
            missed = isinstance(verdict, Absent) and not complete
            return Unreadable("too_many") if missed else verdict
    return Unreadable("no_conversation")


def _is_with(person_id: str, messages: Sequence[Sighting]) -> bool:
    parties = {id_ for message in messages for id_ in message.parties}
    return person_id in parties or not parties


def _plain(text: str) -> str:
    """However Meta spaced and composed it."""
    return " ".join(unicodedata.normalize("NFC", text).split())
