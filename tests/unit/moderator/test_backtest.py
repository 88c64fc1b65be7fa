"""Two rule books, one walk through the same events."""

from datetime import timedelta
from typing import Any

from services.moderator.backtest import SAMPLES, Backtest
from services.moderator.compile import Rulebook
from services.moderator.facts import Facts
from services.moderator.history import Past
from services.moderator.rules import Rule
from services.moderator.wording import Text
from tests.judging import NOON, book, facts_of, message_of, rule

MONTH = timedelta(days=30)
REPLY = {"texts": ["It is on our page."]}


def words(name: str, word: str, **fields: Any) -> Rule:
    """A rule about one word, which hides unless told otherwise."""
    return rule(name, when={"words": {"of": [word]}}, **fields)


def walked(candidate: Rulebook, live: Rulebook, events: list[Facts]) -> Backtest:
    """What becomes of `events`."""
    backtest = Backtest(candidate, live, MONTH)
    for facts in events:
        backtest.add(facts, Text(facts.text))
    return backtest


def said(*texts: str) -> list[Facts]:
    """Comments by different people, a minute after each other."""
    return [
        facts_of(f"c{number}", number * 60, person_id=f"p{number}", username=None, text=text)
        for number, text in enumerate(texts)
    ]


def test_counts() -> None:
    """What each rule matched, did, and was kept from."""
    candidate = book(
        words("spam", "win"),
        words("price", "price", then={"reply": REPLY}),
        words("new", "lovely", mode="observe"),
    )
    events = said("win a phone", "price?", "win at this price", "lovely", "what a day")
    tally = walked(candidate, book(), events).candidate
    assert tally.judged == 5
    counts = {name: (each.matched, each.done, each.held) for name, each in tally.rules.items()}
    assert counts == {
        "spam": (2, {"hide": 2}, {}),
        "price": (2, {"reply": 1}, {("reply", "hidden"): 1}),
        "new": (1, {}, {("hide", "observing"): 1}),
    }


def test_differences() -> None:
    """What one set does, and the other does not, by kind and with the rule to blame."""
    candidate = book(words("scam", "win"), words("price", "price", then={"queue": {}}))
    live = book(words("spam", "free"))
    events = said("win", "win free", "free", "price", "lovely")
    found = walked(candidate, live, events)
    more = {kind: (each.events, each.samples.chosen) for kind, each in found.more.items()}
    assert more.keys() == {"hide", "queue"}
    assert more["hide"][0] == 1
    (sample,) = more["hide"][1]
    assert (sample.facts, sample.because) == (events[0], ("scam",))
    (sample,) = found.less["hide"].samples.chosen
    assert (sample.facts, sample.because) == (events[2], ("spam",))
    assert found.less.keys() == {"hide"}


def test_no_difference() -> None:
    """The same set twice."""
    found = walked(book(words("spam", "win")), book(words("spam", "win")), said("win", "lovely"))
    assert (found.more, found.less) == ({}, {})
    assert found.candidate == found.live


def test_excuses() -> None:
    """What was backlog when it came was backlog, however old it is today."""
    events = [
        facts_of("c1"),
        facts_of("c2", written_at=NOON - timedelta(days=3)),
        facts_of("c3", own=True),
    ]
    tally = walked(book(rule()), book(), events).candidate
    assert tally.excuses == {"historic": 1, "own": 1}
    assert tally.judged == 1


def test_history_is_each_sets_own() -> None:
    """What one set remembers, the other does not: blocks, caps and repeats go their own ways."""
    candidate = book(words("insult", "idiot", then={"block": True}))
    live = book(words("insult", "idiot"), words("nice", "sorry", then={"reply": REPLY}))
    events = [
        facts_of("c1", 0, text="idiot"),
        facts_of("c2", 60, text="sorry"),
    ]
    found = walked(candidate, live, events)
    assert found.candidate.rules["blocked-people"].done == {"hide": 1}
    assert found.live.rules["nice"].done == {"reply": 1}


def test_repeats_from_the_walk() -> None:
    """An empty memory fills up on the way."""
    rulebook = book(rule("flood", when={"repeats": {"times": 3, "hours": 1, "by": "anyone"}}))
    events = said("buy now", "buy now", "lovely", "buy now", "Buy NOW")
    assert walked(rulebook, book(), events).candidate.rules["flood"].matched == 2


def test_automatic_answers_of_the_time() -> None:
    """What a rule answered then does not count as a person's answer (pitfalls B4)."""
    rulebook = book(rule("faq", then={"message": REPLY}))
    echo = message_of("echo", 60, own=True)
    events = [message_of("m1"), echo, message_of("m2", 120)]
    for automatic, expected in ((frozenset(), 1), (frozenset({"echo"}), 2)):
        backtest = Backtest(rulebook, book(), MONTH, Past(automatic=automatic))
        for facts in events:
            backtest.add(facts, Text(facts.text))
        assert backtest.candidate.rules["faq"].done["message"] == expected


def test_samples() -> None:
    """A few of many, from all of the time, the same in each run."""
    events = said(*["win"] * 200)
    first, second = (
        walked(book(words("spam", "win")), book(), events).candidate.rules["spam"].samples.chosen
        for _ in range(2)
    )
    assert first == second
    assert len(first) == SAMPLES
    times = [sample.facts.occurred_at for sample in first]
    assert times == sorted(times)
    assert times[-1] - times[0] > timedelta(minutes=60)
    assert {sample.because for sample in first} == {("words: win",)}
