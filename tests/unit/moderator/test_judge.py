"""The order of judgement (pitfalls §3.5), and what is done about events that nobody may act on."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from services.moderator.decision import Decision, Excuse, Match, Wanted
from services.moderator.facts import Facts
from services.moderator.history import Past
from services.moderator.memory import Memory
from services.moderator.reading import read_facts
from services.moderator.rules import Rule
from shared.contracts.actions import Action
from shared.contracts.enriched import Comment, Media, Person
from tests import heard
from tests.judging import NOON, at, book, done, facts_of, held, judged, message_of, rule

MONTH = timedelta(days=30)
REPLY = {"texts": ["It is on our page."]}


def answer(name: str = "answer", **fields: Any) -> Rule:
    """A rule that replies to everything."""
    return rule(name, then={"reply": REPLY}, **fields)


def score(name: str, points: float, **fields: Any) -> Rule:
    """A rule that gives every event so many points."""
    return rule(name, then={"score": points}, **fields)


ALL = rule(
    "all",
    then={
        "hide": True,
        "delete": {},
        "block": True,
        "reply": REPLY,
        "private_reply": REPLY,
        "message": REPLY,
        "tags": ["x", "y"],
        "queue": {},
    },
)


@pytest.mark.parametrize(
    ("fields", "excuse"),
    [
        ({"own": True}, "own"),
        ({"test": True}, "test"),
        ({"kind": None}, "not_judged"),
        ({"kind": None, "removed": True}, "removed"),
        ({"written_at": NOON - timedelta(hours=24)}, "historic"),
        ({"standby": True, "kind": "message"}, "standby"),
        ({"person_id": "friend"}, "allowed"),
        ({"username": "@Friend.Test"}, "allowed"),
    ],
)
def test_nothing_triggered(fields: dict[str, Any], excuse: Excuse) -> None:
    """Ours, tests, backlog, another app's and allowed people: no rule is even asked."""
    rulebook = book(ALL, people={"allowed": ["friend", "friend.test"], "blocked": ["880001"]})
    decision = judged(facts_of(**fields), rulebook)
    assert decision == Decision(
        event_id=facts_of().event_id, decided_at=at(1), versions=(7,), excuse=excuse
    )


@pytest.mark.parametrize("author", [Person(id=heard.ACCOUNT), Person(id="9", username="Our.Shop")])
def test_own_comment(author: Person) -> None:
    """The account never answers itself, not even when renamed in capitals (pitfalls B1)."""
    comment = Comment(id="c1", text="price?", author=author)
    event = heard.comment(comment=comment, media=Media(id="m1", username="our.shop"))
    assert judged(read_facts(event), book(ALL)).excuse == "own"


def test_own_reply_without_author() -> None:
    """What a rule said is ours by its id, too, where Meta withholds who said it (pitfalls B1)."""
    memory = Memory(MONTH, Past(automatic={"r1"}))
    assert judged(facts_of("r1", person_id=None, username=None), book(ALL), memory).excuse == "own"


def test_echo_storm() -> None:
    """Echoes of our own messages trigger nothing (pitfalls B2)."""
    memory, rulebook = Memory(MONTH), book(ALL)
    for number in range(20):
        echo = heard.message(name=f"e{number}", direction="outbound", own=True, text="price?")
        assert judged(read_facts(echo), rulebook, memory).excuse == "own"


@pytest.mark.parametrize(("hours", "excuse"), [(23, None), (25, "historic")])
def test_backlog(hours: int, excuse: str | None) -> None:
    """The first sync of an account, or a webhook that Meta redelivers for a day and a half, sets
    nothing off (pitfalls B43): what counts is when it was said, not by which way it came."""
    facts = facts_of(occurred_at=NOON - timedelta(hours=hours))
    assert judged(facts, book(ALL), now=NOON).excuse == excuse


def test_backlog_by_the_set() -> None:
    """How old backlog is, the set says."""
    facts = facts_of(written_at=NOON - timedelta(hours=3))
    assert judged(facts, book(ALL, events_older_than_hours=2)).excuse == "historic"


def test_new_edit_of_an_old_comment() -> None:
    """An edit is as new as its words."""
    facts = facts_of(written_at=NOON - timedelta(days=9), edited=True)
    assert done(judged(facts, book(rule()))) == ["hide"]


@pytest.mark.parametrize("where", ["list", "table", "handle"])
def test_blocked_people(where: str) -> None:
    """Whoever is blocked is hidden whatever he says, and gets no answer."""
    names = {"list": ["880001"], "table": [], "handle": ["Ana.Test"]}[where]
    memory = Memory(MONTH, Past(blocked=["880001"] if where == "table" else []))
    decision = judged(facts_of(), book(answer(), people={"blocked": names}), memory)
    assert decision.matches == (Match(rule="blocked-people", version=7, mode="enforce"),)
    assert decision.wanted == (Wanted(kind="hide", rule="blocked-people"),)
    assert done(decision) == ["hide"]


def test_blocked_in_a_conversation() -> None:
    """A message cannot be hidden; whoever is blocked gets no answer to it."""
    rulebook = book(rule(then={"message": REPLY}), people={"blocked": ["880001"]})
    assert held(judged(message_of(), rulebook)) == {"blocked-people/hide": "not_possible"}


def test_blocked_without_rules() -> None:
    """People can be blocked by hand before there are any rules."""
    memory = Memory(MONTH, Past(blocked=["880001"]))
    (action,) = judged(facts_of(), book(), memory).actions
    assert (action.rule, action.rule_version) == ("blocked-people", 7)


def test_no_rules() -> None:
    """Nothing to be judged by."""
    assert judged(facts_of(), book()).excuse == "no_rules"


def test_allowed_before_blocked() -> None:
    """The list of the allowed wins."""
    people = {"allowed": ["880001"], "blocked": ["880001"]}
    assert judged(facts_of(), book(ALL, people=people)).excuse == "allowed"


def test_brakes() -> None:
    """The kill switch holds everything, and what was wanted is recorded."""
    rulebook = book(rule("links"), answer(), people={"blocked": ["bad"]})
    decision = judged(facts_of(), rulebook, stopped=True)
    assert decision.actions == ()
    assert held(decision) == {"links/hide": "stopped", "answer/reply": "stopped"}
    blocked = judged(facts_of(person_id="bad"), rulebook, stopped=True)
    assert held(blocked) == {"blocked-people/hide": "stopped"}


def test_protecting_comes_first() -> None:
    """Whatever the order in the set: what is hidden is not answered."""
    decision = judged(facts_of(), book(answer(), rule("links")))
    assert held(decision) == {"links/hide": None, "answer/reply": "hidden"}
    assert [match.rule for match in decision.matches] == ["links", "answer"]


@pytest.mark.parametrize("then", [{"delete": {}}, {"block": True}])
def test_no_answer_to(then: dict[str, Any]) -> None:
    """Nor is anybody answered who is deleted or blocked."""
    decision = judged(facts_of(), book(rule("away", then=then), answer()))
    assert held(decision)["answer/reply"] == "hidden"


def test_hidden_already() -> None:
    """Whoever hid it, nobody reads an answer below it."""
    assert held(judged(facts_of(hidden=True), book(answer()))) == {"answer/reply": "hidden"}


def test_observed_hide_hides_nothing() -> None:
    """A rule that observes keeps no other from acting."""
    rulebook = book(rule("new", mode="observe", stop=True), rule("links"), answer())
    decision = judged(facts_of(), rulebook)
    assert held(decision)["new/hide"] == "observing"
    assert held(decision)["links/hide"] is None
    alone = judged(facts_of(), book(rule("new", mode="observe"), answer()))
    assert done(alone) == ["reply"]


def test_breaker() -> None:
    """A rule that hit too much only observes."""
    rulebook = book(rule("links", stop=True), rule("words"))
    decision = judged(facts_of(), rulebook, open_breakers={"links"})
    assert held(decision) == {"links/hide": "breaker", "words/hide": None}


def test_stop() -> None:
    """A match ends the judgement of its stage, and of no other."""
    rulebook = book(rule("one", stop=True), rule("two"), answer("three"))
    assert [match.rule for match in judged(facts_of(), rulebook).matches] == ["one", "three"]


def test_first_wins() -> None:
    """One winner for each kind of action; the others are on record."""
    rulebook = book(
        rule("one"),
        rule("two", then={"hide": True, "delete": {}}),
        answer("a"),
        answer("b"),
    )
    assert held(judged(facts_of(), rulebook)) == {
        "one/hide": None,
        "two/hide": "another_rule",
        "two/delete": None,
        "a/reply": "hidden",
        "b/reply": "hidden",
    }


def test_next_in_line() -> None:
    """Where the first may not, the second does."""
    rulebook = book(answer("a", mode="observe"), answer("b"), answer("c"))
    expected = {"a/reply": "observing", "b/reply": None, "c/reply": "another_rule"}
    assert held(judged(facts_of(), rulebook)) == expected


def test_one_private_reply() -> None:
    """Of two rules one replies privately (pitfalls B7)."""
    private = {"private_reply": REPLY}
    decision = judged(facts_of(), book(rule("a", then=private), rule("b", then=private)))
    assert done(decision) == ["private_reply"]
    assert held(decision)["b/private_reply"] == "another_rule"


def test_scores() -> None:
    """What rules give adds up to a band."""
    bands = {"hide": 5, "queue": 2, "mode": "enforce"}
    rulebook = book(score("a", 3), score("b", 3), answer(), bands=bands)
    decision = judged(facts_of(), rulebook)
    assert decision.score == 6
    assert held(decision) == {"bands/hide": None, "answer/reply": "hidden"}
    assert decision.matches[-1] == Match(
        rule="bands", version=7, mode="enforce", because=("score: 6",)
    )
    assert done(judged(facts_of(), book(score("a", 3), bands=bands))) == ["queue"]
    assert done(judged(facts_of(), book(score("a", 1), bands=bands))) == []


def test_bands_observe() -> None:
    """Bands have a mode of their own."""
    rulebook = book(score("a", 6), bands={"hide": 5})
    assert held(judged(facts_of(), rulebook)) == {"bands/hide": "observing"}


def test_bands_stopped() -> None:
    """The kill switch holds what scores lead to."""
    rulebook = book(score("a", 6), bands={"hide": 5, "mode": "enforce"})
    assert held(judged(facts_of(), rulebook, stopped=True)) == {"bands/hide": "stopped"}


@pytest.mark.parametrize(
    ("watched", "acting", "expected"),
    [
        (3, 3, {"bands/hide": "observing", "bands/queue": None}),
        (-2, 6, {"bands/queue": "observing", "bands/hide": None}),
        (-9, 6, {"bands/hide": None}),
        (6, 1, {"bands/hide": "observing"}),
    ],
)
def test_observed_scores(watched: float, acting: float, expected: dict[str, str | None]) -> None:
    """A rule that only observes does not tip the scales, neither way."""
    bands = {"hide": 5, "queue": 2, "mode": "enforce"}
    rulebook = book(score("watched", watched, mode="observe"), score("acting", acting), bands=bands)
    assert held(judged(facts_of(), rulebook)) == expected


def test_score_of_a_message() -> None:
    """What cannot be hidden is shown to a person."""
    rulebook = book(score("a", 6), bands={"hide": 5, "mode": "enforce"})
    assert done(judged(message_of(), rulebook)) == ["queue"]


def test_notes_come_last() -> None:
    """Tags and queue do not depend on what else is done."""
    note = rule("note", then={"tags": ["price", "vip"], "queue": {"note": "look"}})
    decision = judged(facts_of(), book(note, rule("links")))
    assert done(decision) == ["hide", "tag", "tag", "queue"]
    assert [action.tag for action in decision.actions[1:3]] == ["price", "vip"]
    assert decision.actions[3].text == "look"


def test_same_tag_once() -> None:
    """Each tag has one winner."""
    first, second = rule("a", then={"tags": ["x"]}), rule("b", then={"tags": ["x", "y"]})
    decision = judged(facts_of(), book(first, second))
    assert [(each.rule, each.tag, each.held) for each in decision.wanted] == [
        ("a", "x", None),
        ("b", "x", "another_rule"),
        ("b", "y", None),
    ]


def test_same_again() -> None:
    """The same arguments give the same decision, with the same ids."""
    assert judged(facts_of(), book(ALL)) == judged(facts_of(), book(ALL))


def test_reasons() -> None:
    """The record says which condition held."""
    rulebook = book(rule("price", when={"words": {"of": ["price"]}}))
    decision = judged(facts_of(text="what's the PRICE"), rulebook)
    assert decision.matches == (
        Match(rule="price", version=7, mode="enforce", because=("words: price",)),
    )


def test_no_match() -> None:
    """Nothing matches, nothing is wanted, and the record says what was asked."""
    decision = judged(facts_of(), book(rule("price", when={"words": {"of": ["otter"]}})))
    assert (decision.matches, decision.wanted, decision.excuse) == ((), (), None)
    assert decision.versions == (7,)


def sent(decision: Decision) -> Action:
    """The only action."""
    (action,) = decision.actions
    return action


def test_facts_of_an_edit_are_judged_again() -> None:
    """Words that were mended into an insult are hidden."""
    facts: Facts = replace(facts_of(), edited=True)
    assert sent(judged(facts, book(rule()))).kind == "hide"
