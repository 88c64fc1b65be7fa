"""Judging comments by many rules, against a loop that only decodes them.

A hundred rules: ten thousand words in sixty-eight of them, a regular expression in twenty, and one
of each other kind but language, scores and near-duplicates. Comments are of two hundred characters,
none like another, every tenth with something for the rules to find, every sixth in another script
or with emoji.
"""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from statistics import median
from string import ascii_lowercase
from typing import Any

import msgspec

from services.moderator.compile import Rulebook, compile_rules
from services.moderator.judge import judge
from services.moderator.memory import Memory
from services.moderator.reading import read_facts
from services.moderator.rules import RuleSet
from services.moderator.wording import Text
from shared.contracts.enriched import Comment, EnrichedComment, Enrichment, Media, Person
from shared.contracts.raw import RawEvent
from tests.bench.ratio import Figure, Ratio

_WORDS = 10_000
_COMMENTS = 5_000
_CHARACTERS = 200
_ACCOUNT = "17841400000000001"
_FREQUENCIES = [1 / (place + 2.7) for place in range(5000)]
"""Of words in any language, the most frequent first (Zipf's law)."""

_NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
_decode = msgspec.json.Decoder(EnrichedComment).decode
_encode = msgspec.json.Encoder().encode


def _word(draw: random.Random, alphabet: str = ascii_lowercase) -> str:
    return "".join(draw.choices(alphabet, k=draw.randint(5, 9)))


def rulebook(draw: random.Random, listed: Sequence[str]) -> Rulebook:
    """A hundred rules, in enforce but for every tenth."""
    texts = {"texts": ["Hi {name|there}, it is on our page.", "{username}, see our page."]}
    conditions: list[dict[str, Any]] = [
        {"words": {"of": listed[at::68], "whole": at % 10 > 0}} for at in range(68)
    ]
    conditions += [
        {"pattern": {"re": rf"\b{_word(draw)}\W+(\d{{2,5}})\s*(eur|usd|{_word(draw)})"}}
        for _ in range(20)
    ]
    conditions += [
        {"links": {"blocked": [f"{_word(draw)}.test"]}},
        {"links": {"allowed": ["our.shop.test"]}, "first_contact": True},
        {"mentions": {"least": 4}},
        {"length": {"most": 2}},
        {"emoji_only": True},
        {"has_text": False},
        {"authors": ["88000999", "some.body"]},
        {"reply_to_us": True, "length": {"most": 20}},
        {"ad": True},
        {"repeats": {"times": 3, "hours": 24}},
        {"repeats": {"times": 9, "hours": 1, "by": "anyone"}},
        {"offender": {"times": 3, "hours": 24}},
    ]
    deeds = [{"hide": True}, {"score": 2.5}, {"reply": texts}, {"tags": ["seen"]}, {"queue": {}}]
    rules = [
        {
            "name": f"rule-{number}",
            "mode": "observe" if number % 10 == 0 else "enforce",
            "scope": {"kinds": ["comment"]} if number % 2 else {},
            "when": condition,
            "then": deeds[number % len(deeds)],
            "caps": {"per_hour": 1000, "per_person_a_day": 5},
        }
        for number, condition in enumerate(conditions)
    ]
    bands = {"hide": 10, "queue": 5, "mode": "enforce"}
    return compile_rules([(1, msgspec.convert({"rules": rules, "bands": bands}, RuleSet))])


def comments(draw: random.Random, listed: Sequence[str]) -> Iterator[bytes]:
    """Enriched comments as they come from Kafka."""
    common = [_word(draw) for _ in _FREQUENCIES]
    foreign = [_word(draw, "абвгдежзиклмнопрстуфхцчшщыэюя") for _ in _FREQUENCIES]
    for number in range(_COMMENTS):
        vocabulary = foreign if number % 10 == 5 else common
        words = draw.choices(vocabulary, _FREQUENCIES, k=60)
        if number % 10 == 0:
            words[draw.randrange(5)] = draw.choice(listed)
        if number % 10 == 9:
            words[3] = draw.choice(
                ["\U0001f60d\U0001f525", "f.r.e.e", "f\u043ell\u043ewers", "https://a.test/b"]
            )
        yield _comment(number, " ".join(words)[:_CHARACTERS])


def _comment(number: int, text: str) -> bytes:
    at = _NOON + timedelta(seconds=number)
    person = Person(id=f"88{number % 2000:07}", username=f"person.{number % 2000}", name="Ana Test")
    item = {"field": "comments", "value": {"id": f"c{number}", "text": text}}
    event = RawEvent(
        id=f"instagram:{_ACCOUNT}:comment:c{number}",
        kind="comment",
        platform="instagram",
        account=_ACCOUNT,
        thread=f"c{number}",
        app="bench",
        container="changes",
        field="comments",
        occurred_at=at,
        time_source="delivery",
        received_at=at + timedelta(seconds=1),
        item=msgspec.Raw(_encode(item)),
    )
    comment = Comment(id=f"c{number}", text=text, author=person, media_id="m1")
    media = Media(id="m1", product_type="FEED", username="our.shop")
    complete = Enrichment(status="complete")
    return _encode(
        EnrichedComment(event=event, own=False, comment=comment, media=media, enrichment=complete)
    )


def _per_second(values: Sequence[bytes], work: Callable[[bytes], object], seconds: float) -> float:
    done, waiting, started = 0, cycle(values), time.process_time()
    while time.process_time() - started < seconds:
        for value in islice(waiting, 100):
            work(value)
        done += 100
    return done / (time.process_time() - started)


def _judging(rules: Rulebook, memory: Memory) -> Callable[[bytes], object]:
    """What the moderator does with an event between Kafka and Postgres."""

    def work(value: bytes) -> object:
        facts = read_facts(_decode(value))
        return judge(facts, Text(facts.text), memory, rules, now=facts.received_at, stopped=False)

    return work


def _remembering(rules: Rulebook, values: Iterable[bytes]) -> Memory:
    """The memory of all these comments, none of which is counted in its own judgement."""
    memory = Memory(timedelta(days=1))
    for value in values:
        facts = read_facts(_decode(value))
        text = Text(facts.text)
        decision = judge(facts, text, memory, rules, now=facts.received_at, stopped=False)
        memory.note(facts, text, decision)
    return memory


async def measure(rounds: int, seconds: float) -> Iterable[Ratio | Figure]:
    """Events a second on one core, by the time that the process has of it."""
    draw = random.Random(5)
    listed = [_word(draw) for _ in range(_WORDS)]
    rules, values = rulebook(draw, listed), list(comments(draw, listed))
    work = _judging(rules, _remembering(rules, values))
    ours: list[float] = []
    limit: list[float] = []
    for _ in range(rounds):
        ours.append(_per_second(values, work, seconds))
        limit.append(_per_second(values, _decode, seconds / 4))
    note = f"{len(rules.rules)} rules, {_WORDS:,} words"
    return [
        Ratio(name="judge", unit="events/s", ours=ours, limit=limit, note=note),
        Figure(
            name="judge_per_second", unit="events/s", value=median(ours), at_least=10_000, note=note
        ),
    ]
