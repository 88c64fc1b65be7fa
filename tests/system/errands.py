"""What people say in a run, and what has to come of it at Meta: known beforehand, from the seed
alone. Beside it much that must come to nothing: what is ours, a sample, an echo, said in passing.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Literal

from services.simulator.accounts import Account

Effect = Literal["hide", "unhide", "delete", "reply", "private_reply", "message"]
"""A write as the simulator's ledger names it."""

REPLY = "The price is in our shop, see there. 🛍️"
PRIVATE = "Here is our catalogue, as you asked for it."
ANSWER = "Our opening hours are 9 to 18."
"""What is said holds what it answers: whoever answers himself will do so for ever."""

TEXTS: dict[Effect, str] = {"reply": REPLY, "private_reply": PRIVATE, "message": ANSWER}

MISTAKEN = "mistaken"
"""The rule whose hides are taken back in the end."""

_TALKERS = range(20, 320)
_ANSWERED_BY_OTHERS = range(330, 390)
"""With them a person of ours, or another app, talks already: rules keep quiet there."""

_BLOCKED = range(400, 500)
"""Each says one thing, as all else would be hidden."""

_TWICE = 0.2


@dataclass(frozen=True, kw_only=True, slots=True)
class Saying:
    """One thing to be said: to the account of this index, by its person of this number; `twice`
    delivered. `effects` must come of it, each once, and `kept` names what must be in Postgres."""

    kind: str
    account: int
    person: int
    text: str
    twice: bool = False
    effects: tuple[Effect, ...] = ()
    kept: Literal["", "blocked", "queue", "tags"] = ""


@dataclass(frozen=True, slots=True)
class _Sort:
    weight: int
    words: str
    kinds: tuple[str, ...]
    page: str = ""
    effects: tuple[Effect, ...] = ()
    kept: Literal["", "blocked", "queue", "tags"] = ""


_COMMENTS = ("comment", "comment", "ad-comment")
_SORTS = (
    _Sort(20, "f.r.e.e f0llowers", (*_COMMENTS, "reply"), "feed-comment", ("hide",), "tags"),
    _Sort(5, "no offence but mistletoe", _COMMENTS, "feed-comment", ("hide", "unhide")),
    _Sort(5, "best casino", _COMMENTS, "feed-comment", ("hide", "delete")),
    _Sort(14, "what is the price?", _COMMENTS, "feed-comment", ("reply",)),
    _Sort(6, "the catalogue, please", _COMMENTS, "feed-comment", ("private_reply",)),
    _Sort(1, "the catalogue, please", ("live-comment",), "", ("private_reply",)),
    _Sort(4, "price or catalogue", _COMMENTS, "feed-comment", effects=("reply", "private_reply")),
    _Sort(18, "opening hours?", ("message",), "message", ("message",)),
    _Sort(3, "I want a refund", _COMMENTS, "feed-comment", kept="queue"),
    _Sort(2, "you blockhead", _COMMENTS, "feed-comment", kept="blocked"),
    _Sort(12, "lovely", _COMMENTS, "feed-comment"),
    _Sort(14, "hello", ("message",), "message"),
    _Sort(3, "price, catalogue", ("own-comment",)),
    _Sort(3, "free followers, price", ("sample-comment",), "sample-comment"),
    _Sort(2, "opening hours?", ("sample-message",), "sample-message"),
    _Sort(3, "opening hours?", ("echo",), "echo"),
    _Sort(2, "opening hours?", ("standby",), "standby"),
)


def sayings(seed: int, effects: int, accounts: Sequence[Account]) -> list[Saying]:
    """What is said until so many effects are wanted, or one more. Everybody first says something
    harmless, which others can reply to."""
    rng = Random(f"{seed}:errands")
    found = list(_beginning(accounts))
    wanted = 0
    blocked = Counter[int]()
    while wanted < effects:
        sort = rng.choices(_SORTS, [each.weight for each in _SORTS])[0]
        index = rng.randrange(len(accounts))
        page = accounts[index].platform == "page"
        if page and not sort.page:
            continue
        people = _ANSWERED_BY_OTHERS if {"echo", "standby"} & {*sort.kinds} else _TALKERS
        person = rng.choice(people)
        if sort.kept == "blocked":
            person = _BLOCKED[blocked[index]]
            blocked[index] += 1
        wanted += len(sort.effects)
        found.append(
            Saying(
                kind=sort.page if page else rng.choice(sort.kinds),
                account=index,
                person=person,
                text=f"{sort.words} {len(found)}",
                twice=rng.random() < _TWICE,
                effects=sort.effects,
                kept=sort.kept,
            )
        )
    return found


def _beginning(accounts: Sequence[Account]) -> Iterator[Saying]:
    for index, account in enumerate(accounts):
        kind = "feed-comment" if account.platform == "page" else "comment"
        yield Saying(kind=kind, account=index, person=_TALKERS[0], text="first!")


def _rule(name: str, words: str, then: dict[str, Any], *kinds: str) -> dict[str, Any]:
    scope = {"kinds": list(kinds or ("comment", "live-comment"))}
    when = {"words": {"of": [words]}}
    return {"name": name, "mode": "enforce", "scope": scope, "when": when, "then": then}


RULES: dict[str, Any] = {
    "format": 1,
    "turns_an_hour": 1000,
    "rules": [
        _rule("scam", "free followers", {"hide": True, "tags": ["scam"]}),
        _rule(MISTAKEN, "mistletoe", {"hide": True}),
        _rule("casino", "casino", {"delete": {"after_hours": 0}}),
        _rule("block", "blockhead", {"block": True}),
        _rule("price", "price", {"reply": {"texts": [REPLY]}}),
        _rule("catalogue", "catalogue", {"private_reply": {"texts": [PRIVATE]}}),
        _rule("hours", "opening hours", {"message": {"texts": [ANSWER]}}, "message"),
        _rule("refund", "refund", {"queue": {"note": "wants money back"}}),
    ],
}
"""The rule set, as `parley rules import` takes it."""
