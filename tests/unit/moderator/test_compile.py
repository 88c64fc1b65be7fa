"""What rules look at, when they work, in which order they are asked, and how sets are joined."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given

from services.moderator import scorers
from services.moderator.case import Case
from services.moderator.compile import Rulebook, compile_rules, compile_set, join
from services.moderator.facts import Facts
from services.moderator.memory import Memory
from services.moderator.rules import RuleSet
from services.moderator.wording import Text
from tests.judging import facts_of, rule
from tests.strategies import odd_texts


def rule_set(*rules: dict[str, Any], **settings: Any) -> RuleSet:
    """A set of rules; each hides unless it says otherwise."""
    found = tuple(rule(**each) for each in rules)
    return msgspec.structs.replace(msgspec.convert(settings, RuleSet), rules=found)


def matching(rulebook: Rulebook, facts: Facts) -> list[str]:
    """The rules that match, in the order in which they are asked."""
    case = Case(facts, Text(facts.text), Memory(timedelta(days=1)))
    return [
        each.rule.name for each in rulebook.worth_asking(case) if each.matches(case) is not None
    ]


def looks(facts: Facts, **fields: Any) -> bool:
    """Whether a rule with these fields matches."""
    return matching(compile_rules([(1, rule_set(fields))]), facts) == ["rule"]


@pytest.mark.parametrize(
    ("scope", "facts", "expected"),
    [
        ({"platforms": ["page"]}, {"platform": "page"}, True),
        ({"platforms": ["page"]}, {"platform": "instagram"}, False),
        ({"kinds": ["message", "live-comment"]}, {"kind": "live-comment"}, True),
        ({"kinds": ["message"]}, {"kind": "comment"}, False),
        ({"media": ["m1"]}, {"media_id": "m1"}, True),
        ({"media": ["m1"]}, {"media_id": "ad1", "original_media_id": "m1"}, True),
        ({"media": ["m1"]}, {"media_id": "ad1"}, False),
        ({"traffic": "ad"}, {"ad": True}, True),
        ({"traffic": "ad"}, {"ad": False}, False),
        ({"traffic": "organic"}, {"ad": True}, False),
        ({"languages": ["en"]}, {"text": "how much is it?"}, True),
        ({"languages": ["en"]}, {"text": "¿Tienen en talla 38? ¡Gracias!"}, False),
        ({"languages": ["en"]}, {"text": "😍"}, False),
        ({"languages": ["en"], "platforms": ["page"]}, {"text": "how much is it?"}, False),
    ],
)
def test_scope(scope: dict[str, Any], facts: dict[str, Any], expected: bool) -> None:
    """Where a rule looks; an ad counts as the post it was made from (pitfalls B14)."""
    assert looks(facts_of(**facts), scope=scope) is expected


@pytest.mark.parametrize(
    ("window", "when", "expected"),
    [
        ({"start": "09:00", "end": "17:00"}, "2026-11-20T08:59+00:00", False),
        ({"start": "09:00", "end": "17:00"}, "2026-11-20T09:00+00:00", True),
        ({"start": "09:00", "end": "17:00"}, "2026-11-20T17:00+00:00", False),
        ({"start": "22:00", "end": "06:00"}, "2026-11-20T23:00+00:00", True),
        ({"start": "22:00", "end": "06:00"}, "2026-11-20T05:59+00:00", True),
        ({"start": "22:00", "end": "06:00"}, "2026-11-20T12:00+00:00", False),
        ({"days": ["fri"]}, "2026-11-20T23:59+00:00", True),
        ({"days": ["fri"]}, "2026-11-21T00:00+00:00", False),
        ({"days": ["fri"], "start": "22:00", "end": "06:00"}, "2026-11-21T05:00+00:00", True),
        ({"days": ["fri"], "start": "22:00", "end": "06:00"}, "2026-11-20T05:00+00:00", False),
        # Lisbon is an hour ahead in summer; New York is behind, so that it is still the day before.
        ({"start": "09:00", "end": "10:00"}, "2026-07-01T08:30+00:00", True),
        ({"start": "09:00", "end": "10:00"}, "2026-12-01T08:30+00:00", False),
        ({"zone": "America/New_York", "days": ["thu"]}, "2026-11-20T04:59+00:00", True),
    ],
)
def test_window(window: dict[str, Any], when: str, expected: bool) -> None:
    """By the clock on the wall, past midnight, in summer and in winter."""
    facts = facts_of(occurred_at=datetime.fromisoformat(when).astimezone(UTC))
    assert looks(facts, window={"zone": "Europe/Lisbon"} | window) is expected


def test_order() -> None:
    """What protects is asked before what scores, answers and notes, whatever the order given; what
    is not enabled is not asked."""
    texts = {"texts": ["Hi"]}
    rules: list[dict[str, Any]] = [
        {"name": "note", "then": {"tags": ["seen"]}},
        {"name": "answer", "then": {"reply": texts, "tags": ["seen"]}},
        {"name": "score", "then": {"score": 1}},
        {"name": "off", "enabled": False},
        {"name": "block", "then": {"block": True, "score": 1}},
        {"name": "hide"},
    ]
    rulebook = compile_rules([(1, rule_set(*rules))])
    assert matching(rulebook, facts_of()) == ["block", "hide", "score", "answer", "note"]


def test_worth_asking() -> None:
    """Only rules that may match are asked, and none that might is left out."""
    rules: list[dict[str, Any]] = [
        {"name": "words", "when": {"words": {"of": ["scam"]}}},
        {"name": "deep", "when": {"all": [{"ad": False}, {"words": {"of": ["scam"]}}]}},
        {"name": "either", "when": {"any": [{"ad": False}, {"words": {"of": ["scam"]}}]}},
        {"name": "pattern", "when": {"pattern": {"re": "sc.m"}}, "scope": {"kinds": ["message"]}},
    ]
    rulebook = compile_rules([(1, rule_set(*rules))])
    for text in ("a scam", "nothing"):
        facts = facts_of(text=text)
        case = Case(facts, Text(text), Memory(timedelta(days=1)))
        every = [each.rule.name for each in rulebook.rules if each.matches(case) is not None]
        assert matching(rulebook, facts) == every
    assert [each.rule.name for each in rulebook.worth_asking(case)] == ["either"]


def test_joined() -> None:
    """Rules for all come first, an account's rule takes the place of one of that name, people are
    joined, and the account's settings count."""
    ours = rule_set(
        {"name": "a"},
        {"name": "b", "when": {"ad": True}},
        {"name": "c"},
        people={"allowed": ["@Ana"], "blocked": ["1"]},
        quiet_hours=1,
        bands={"hide": 5},
    )
    theirs = rule_set(
        {"name": "d"},
        {"name": "b"},
        {"name": "c", "enabled": False},
        people={"allowed": ["ben"], "blocked": ["2"]},
        quiet_hours=2,
        turns_an_hour=9,
        events_older_than_hours=3,
    )
    rulebook = join([compile_set(3, ours), compile_set(4, theirs)])
    assert matching(rulebook, facts_of()) == ["a", "b", "d"]
    assert [each.version for each in rulebook.rules] == [3, 4, 4]
    assert rulebook.versions == (3, 4)
    assert sorted(rulebook.allowed) == ["ana", "ben"]
    assert sorted(rulebook.blocked) == ["1", "2"]
    assert (rulebook.quiet_hours, rulebook.turns_an_hour) == (2, 9)
    assert (rulebook.bands.hide, rulebook.events_older_than_hours) == (None, 3)


def test_no_sets() -> None:
    """Without any set there are no rules, and the usual settings."""
    rulebook = compile_rules([])
    assert (rulebook.rules, rulebook.versions, rulebook.turns_an_hour) == ((), (), 3)


def test_scorers_asked() -> None:
    """Which scorers there is a use for, so that many texts are scored at once."""
    scored = {"score": {"least": 0.9}}
    rulebook = compile_rules([(1, rule_set({"when": {"any": [{"ad": True}, scored]}}))])
    assert rulebook.scorers == {"toxicity"}
    assert not compile_rules([(1, rule_set({"when": scored, "enabled": False}))]).scorers
    texts = [Text("kill yourself"), Text("love it")]
    scorers.score(rulebook.scorers, texts)
    texts[1].scores["toxicity"] = 0.95
    scorers.score(rulebook.scorers, texts)  # what is known is not asked again
    facts = facts_of(text="love it")
    (compiled,) = rulebook.rules
    assert compiled.matches(Case(facts, texts[1], Memory(timedelta(days=1)))) is not None


@given(odd_texts)
def test_no_text_raises(text: str) -> None:
    """All conditions bear all texts."""
    conditions: list[dict[str, Any]] = [
        {"words": {"of": ["free", "あ", "🔥"], "whole": whole, "disguised": disguised}}
        for whole in (True, False)
        for disguised in (True, False)
    ]
    conditions += [
        {"pattern": {"re": "a+.", "disguised": True}},
        {"links": {"allowed": ["a.b"]}},
        {"repeats": {"times": 2, "hours": 1, "near": True}},
        {"languages": ["en"]},
        {"emoji_only": True},
        {"mentions": {"least": 1}},
    ]
    rules = [{"name": f"r{at}", "when": each} for at, each in enumerate(conditions)]
    found = matching(compile_rules([(1, rule_set(*rules))]), facts_of(text=text))
    assert found == sorted(found, key=lambda name: int(name[1:]))
