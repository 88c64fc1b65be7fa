"""No order of rules, no text and no event makes the judge raise, or act twice, or never end."""

import sys
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.moderator.compile import Rulebook, compile_rules
from services.moderator.decision import Decision
from services.moderator.facts import Facts
from services.moderator.history import ANSWERS, PUNISHMENTS
from services.moderator.judge import judge
from services.moderator.memory import Memory
from services.moderator.wording import Text
from tests.judging import NOON, at, book, facts_of, rule

TEXTS = {"texts": ["Hi {name|there}", "{username} {link}", "{account}", "x" * 1500]}
CONDITIONS: list[dict[str, Any]] = [
    {},
    {"words": {"of": ["free", "f r e e", "ფასი", "💰"], "whole": False}},
    {"pattern": {"re": r"(a+)+$"}},
    {"pattern": {"re": r"\d{3,}", "disguised": True}},
    {"links": {}},
    {"links": {"blocked": ["evil.test"]}},
    {"mentions": {"least": 1}},
    {"length": {"least": 1, "most": 10}},
    {"emoji_only": True},
    {"has_text": False},
    {"repeats": {"times": 2, "hours": 1}},
    {"repeats": {"times": 2, "hours": 1, "by": "anyone", "near": True}},
    {"first_contact": True},
    {"authors": ["880001", "ana.test"]},
    {"offender": {"times": 1, "hours": 1}},
    {"offender": {"times": 1, "hours": 1, "rules": ["r0"]}},
    {"reply_to_us": True},
    {"none": [{"ad": True}, {"edited": True}]},
    {"any": [{"story_reply": True}, {"story_mention": True}, {"all": [{"length": {}}]}]},
]
DEEDS: list[dict[str, Any]] = [
    {"hide": True},
    {"delete": {"after_hours": 0}},
    {"hide": True, "block": True, "tags": ["x"]},
    {"reply": TEXTS, "private_reply": TEXTS},
    {"message": TEXTS, "tags": ["x", "y"]},
    {"queue": {"note": "look"}, "score": -2},
    {"score": 4.5},
]
CAPS = [{}, {"per_hour": 1}, {"per_person_a_day": 1}, {"per_thread": 1}]

rules = st.lists(
    st.fixed_dictionaries(
        {
            "mode": st.sampled_from(["observe", "enforce"]),
            "when": st.sampled_from(CONDITIONS),
            "then": st.sampled_from(DEEDS),
            "stop": st.booleans(),
            "caps": st.sampled_from(CAPS),
        }
    ),
    max_size=8,
)
settings = st.fixed_dictionaries(
    {
        "bands": st.sampled_from([{}, {"hide": 4, "queue": 1, "mode": "enforce"}, {"queue": 0}]),
        "people": st.sampled_from([{}, {"allowed": ["p1"]}, {"blocked": ["p2"]}]),
    }
)
any_text = st.text(st.characters(exclude_categories=()), max_size=60) | st.sampled_from(
    ["free free", "f.r.e.e", "win at https://evil.test/a", "@ana @bob", "\U0001f525", "aaaa!", ""]
)
ids = st.none() | st.sampled_from(["p1", "p2", "880001"])


@st.composite
def any_facts(draw: st.DrawFn, number: int) -> Facts:
    """An event of any kind, at any time, about anything."""
    name = f"c{number}"
    return facts_of(
        name,
        draw(st.integers(0, 7200)),
        kind=draw(st.sampled_from(["comment", "live-comment", "mention", "message", None])),
        person_id=draw(ids),
        username=draw(st.none() | any_text),
        name=draw(st.none() | any_text),
        text=draw(any_text),
        comment_id=draw(st.sampled_from([None, name])),
        parent_id=draw(st.sampled_from([None, "c0"])),
        thread=draw(st.sampled_from(["c0", name, "p1"])),
        received_at=at(7200),
        **{flag: draw(st.booleans()) for flag in ("own", "edited", "hidden", "ad", "live")},
    )


def events(count: int) -> st.SearchStrategy[list[Facts]]:
    """Several events."""
    return st.tuples(*(any_facts(number) for number in range(count))).map(list)


def rulebook(described: list[dict[str, Any]], described_settings: dict[str, Any]) -> Rulebook:
    """The rules, named by their places."""
    named = [rule(f"r{place}", **each) for place, each in enumerate(described)]
    return book(*named, **described_settings)


def check(facts: Facts, decision: Decision, *, stopped: bool) -> None:
    """What holds for every decision."""
    done = Counter((action.kind, action.tag) for action in decision.actions)
    assert set(done.values()) <= {1}
    assert len({action.id for action in decision.actions}) == len(decision.actions)
    kinds = {kind for kind, _ in done}
    assert not (kinds & ANSWERS and kinds & PUNISHMENTS)
    assert "delete" not in kinds or "hide" in kinds
    free = Counter((each.kind, each.tag) for each in decision.wanted if each.held is None)
    assert free == done
    if stopped or facts.own or facts.kind is None:
        assert not decision.actions
    if facts.own or facts.kind is None:
        assert decision.excuse is not None


@given(rules, settings, events(5), st.booleans())
def test_any_rules(
    described: list[dict[str, Any]],
    described_settings: dict[str, Any],
    seen: list[Facts],
    stopped: bool,
) -> None:
    """Whatever the rules, the texts and the order."""
    asked = rulebook(described, described_settings)
    memory = Memory(timedelta(days=1))
    for facts in seen:
        text = Text(facts.text)
        decision = judge(facts, text, memory, asked, now=at(7200), stopped=stopped)
        check(facts, decision, stopped=stopped)
        memory.note(facts, text, decision)
        again = judge(facts, Text(facts.text), memory, asked, now=at(7200), stopped=stopped)
        if not any(action.kind == "block" for action in decision.actions):
            assert again == decision


@given(st.permutations(range(len(CONDITIONS))), any_text, st.sampled_from(range(len(DEEDS))))
def test_any_order(order: list[int], text: str, deed: int) -> None:
    """In whichever order rules stand: the same ones match, and the same is done by somebody."""

    def decided(places: list[int]) -> tuple[set[str], set[str]]:
        named = [rule(f"r{n}", when=CONDITIONS[n], then=DEEDS[deed]) for n in places]
        facts = facts_of(text=text)
        found = judge(
            facts, Text(text), Memory(timedelta(1)), book(*named), now=NOON, stopped=False
        )
        return {match.rule for match in found.matches}, {each.kind for each in found.actions}

    assert decided(order) == decided([*range(len(CONDITIONS))])


HOSTILE = [
    "a",
    "1",
    ".",
    "a.",
    "@a ",
    "I",
    "\u0301",
    "\u200d",
    "👍🏽",
    "\u04301",
    "aaa ",
    "x://",
    "ﷺ",
    "İ",
]


def steps(text: str, asked: Rulebook) -> int:
    """The calls that a judgement makes, in Python and into C."""
    counted = Counter[str]()
    memory, facts = Memory(timedelta(days=1)), facts_of(text=text)

    def count(_: object, event: str, __: object) -> None:
        counted[event] += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        judge(facts, Text(text), memory, asked, now=NOON, stopped=False)
    finally:
        sys.setprofile(before)
    return counted["call"] + counted["c_call"]


@pytest.mark.parametrize("part", HOSTILE)
def test_cost(part: str) -> None:
    """Ten times the text takes at most ten times the steps."""
    everything = [rule(f"r{n}", when=when) for n, when in enumerate(CONDITIONS)]
    asked = book(*everything)
    steps(part * 2000, asked)  # what is made once is made now
    short, long = steps(part * 200, asked), steps(part * 2000, asked)
    assert long <= 10 * short


def test_nothing_to_go_by() -> None:
    """An account without any set has no rules, and people can be blocked all the same."""
    empty = compile_rules([])
    found = judge(facts_of(), Text(""), Memory(timedelta(1)), empty, now=NOON, stopped=False)
    assert (found.excuse, found.versions) == ("no_rules", ())
    memory = Memory(timedelta(days=1))
    blocking = book(rule(then={"block": True}))
    first = facts_of("c0")
    memory.note(first, Text(""), judge(first, Text(""), memory, blocking, now=NOON, stopped=False))
    (action,) = judge(facts_of("c1"), Text(""), memory, empty, now=NOON, stopped=False).actions
    assert (action.kind, action.rule_version) == ("hide", 0)
