"""Rule sets from YAML and back, and everything that is told about a wrong one."""

import sys
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from services.moderator.rules import (
    Condition,
    Deeds,
    Offender,
    Pattern,
    People,
    Queue,
    Rule,
    RuleSet,
    Texts,
    Window,
    Words,
)
from services.moderator.yaml import Unusable, parse_rules, write_rules

RULE = "rules: [{name: r, then: {hide: true}, %s}]"


def lines(name: str) -> list[str]:
    """The files beside the rule set: one."""
    if name != "spam.txt":
        raise FileNotFoundError(2, "No such file", name)
    return ["# Words of sellers", "free followers", "", " #follow4follow "]


def problems(text: str) -> tuple[str, ...]:
    """What is wrong with it."""
    with pytest.raises(Unusable) as caught:
        parse_rules(text, lines)
    return caught.value.problems


def test_read() -> None:
    """Every value is what its field says: no word is taken for a truth value, no id for a number,
    no time for a number of seconds."""
    rule_set = parse_rules(
        """
        rules:
          - name: night
            mode: enforce
            scope: {media: [17890000000000001], languages: [no, en]}
            when: {words: {of: [yes, 12, null, 1e3, 22:10, off], lists: [spam]}, ad: false}
            window: {zone: Europe/Lisbon, start: 22:00, end: 06:30}
            then: {hide: true, queue: {}, score: 1.5}
            caps: {per_hour: 10}
        people: {allowed: [1234, "@ana"]}
        lists: {spam: {file: spam.txt}}
        """,
        lines,
    )
    (rule,) = rule_set.rules
    assert rule.scope.media == ("17890000000000001",)
    assert rule.scope.languages == ("no", "en")
    assert rule.when.words is not None
    assert rule.when.words.of == ("yes", "12", "null", "1e3", "22:10", "off")
    assert (rule.when.ad, rule.then.queue, rule.caps.per_hour) == (False, Queue(), 10)
    assert rule.window == Window(zone="Europe/Lisbon", start="22:00", end="06:30")
    assert rule_set.people.allowed == ("1234", "@ana")
    assert rule_set.lists == {"spam": ("free followers", "#follow4follow")}


def test_nothing() -> None:
    """No rules are a rule set, too."""
    assert parse_rules("", lines) == RuleSet()


words = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Cf", "Z"]), min_size=1, max_size=8
).filter(lambda word: bool(word.strip()))


@given(
    st.lists(words | st.sampled_from(["yes", "~", "12", "- a", "{a: b}", "#", "'", "22:00"])),
    st.booleans(),
)
def test_round_trip(found: list[str], flag: bool) -> None:
    """What is written is read as the same."""
    conditions = (
        Condition(words=Words(of=(*found, "a")), has_text=flag),
        Condition(pattern=Pattern(re="a\\b'\"#"), offender=Offender(times=2, hours=0.5)),
    )
    rule = Rule(
        name="r",
        note="\n".join(found),
        enabled=flag,
        when=Condition(any=conditions),
        then=Deeds(reply=Texts(texts=("Hi {name|a: b}", "it's # \u2028 fine")), queue=Queue()),
    )
    rule_set = RuleSet(
        rules=(rule, replace(rule, name="s")),
        lists={"a": tuple(found)},
        people=People(blocked=("1",)),
    )
    try:
        read = parse_rules(write_rules(rule_set), lines)
    except Unusable as exc:
        assert all("empty" in each for each in exc.problems)  # noqa: PT017 (not the subject)
    else:
        assert read == rule_set


def test_example() -> None:
    """The example that the product comes with is right in every part."""
    text = files("services.moderator").joinpath("example.yaml").read_text(encoding="utf-8")
    example = parse_rules(text, lines)
    assert {rule.mode for rule in example.rules} == {"enforce", "observe"}
    assert parse_rules(write_rules(example), lines) == example


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rules: [", "this is no YAML: "),
        ("[]", "a rule set is a mapping: `rules:` and so on"),
        ("rules: {a: b}", "rules: a sequence of rules, each with a dash"),
        ("rules: [a]", "rule 1: Expected `object`, got `str`"),
        ("rules: [{then: {hide: true}}]", "rule 1: Object missing required field `name`"),
        ("a: 1", "Object contains unknown field `a`"),
        ("lists: []", "lists: Expected `object`, got `array`"),
        ("lists: {Spam: [a]}", "lists: Expected `str` matching regex"),
        ("lists: {spam: {file: b.txt}}", "lists.spam: b.txt can't be read: "),
        ("lists: {spam: {file: [a]}}", "lists[...]: Expected `array`, got `object`"),
        ("lists: {spam: [a, ' ']}", "lists.spam: word 2 is empty"),
        ("a: 1\na: 2", "line 2: `a` is given twice"),
        ("rules:", "line 1: `rules` is given without a value"),
        ("&a [*a]", "line 1: nested too deeply, or inside of itself"),
        ('people: {allowed: ["\\0"]}', "line 1: a NUL, which Postgres does not keep"),
        ('people: {allowed: ["\\ud800"]}', "this is no YAML: "),
        ("people: {allowed: [\ud800]}", "this is no YAML: "),
        ("people: {allowed: [ana], blocked: ['@Ana']}", "people: ana is both allowed and blocked"),
        ("bands: {hide: 3, queue: 3}", "bands: what is queued would be hidden before"),
        (
            "rules: [{name: r, then: {hide: true}}, {name: r, then: {hide: true}}]",
            "rule r: there are 2 of that name",
        ),
        ("rules: [{name: r}]", "rule r, then: does nothing"),
        (RULE % "when: {wrods: {of: [a]}}", "rule r, when: Object contains unknown field `wrods`"),
        (RULE % "when: {ad: yes}", "rule r, when.ad: Expected `bool | null`, got `str`"),
        (RULE % "when: {words: {}}", "rule r, when.words: neither words nor lists"),
        (RULE % "when: {words: {of: ['']}}", "rule r, when.words: word 1 is empty"),
        (
            RULE % "when: {any: [{ad: true}, {words: {lists: [a]}}]}",
            "rule r, when.any[1].words: there is no list a",
        ),
        (RULE % "when: {none: []}", "rule r, when.none: holds nothing"),
        (
            RULE % "when: {pattern: {re: '('}}",
            "rule r, when.pattern: RE2 does not take it: missing )",
        ),
        (RULE % "when: {pattern: {re: 'a*'}}", "rule r, when.pattern: it is found in every text"),
        (
            RULE % "when: {length: {least: 3, most: 2}}",
            "rule r, when.length: no number is at least 3 and at most 2",
        ),
        (
            RULE % "when: {links: {blocked: [http://a]}}",
            "rule r, when.links: http://a is no domain",
        ),
        (
            RULE % "when: {links: {blocked: [a.b], allowed: [a.b]}}",
            "rule r, when.links: a.b is both allowed and blocked",
        ),
        (
            RULE % "when: {score: {by: spam, least: 1}}",
            "rule r, when.score: there is no scorer spam: there is toxicity",
        ),
        (RULE % "scope: {languages: [English]}", "rule r, scope.languages: English is no code"),
        (RULE % "when: {languages: [e]}", "rule r, when.languages: e is no code"),
        (RULE % "window: {zone: Lisbon}", "rule r, window.zone: there is no time zone Lisbon"),
        (RULE % "window: {zone: ../a}", "rule r, window.zone: there is no time zone ../a"),
        (RULE % "window: {zone: UTC, start: '24:00'}", "rule r, window.start: Expected `str`"),
        (RULE % "window: {zone: UTC, days: []}", "rule r, window.days: none is left"),
        (
            RULE % "scope: {kinds: [live-comment, message]}",
            "rule r, then.hide: Meta has no such thing for live-comment, message",
        ),
        (
            "rules: [{name: r, then: {reply: {texts: ['Hi {nmae}']}}}]",
            "rule r, then.reply.texts[0]: there is no variable nmae",
        ),
        (
            "rules: [{name: r, then: {private_reply: {texts: [' ']}}}]",
            "rule r, then.private_reply.texts[0]: is empty",
        ),
        (
            f"rules: [{{name: r, then: {{message: {{texts: [{'é' * 501}]}}}}}}]",
            "rule r, then.message.texts[0]: is longer than Meta takes",
        ),
    ],
)
def test_problems(text: str, expected: str) -> None:
    """One line that names the rule, the field, and what is wrong there."""
    (problem,) = problems(text)
    assert problem.startswith(expected)


def test_all_at_once() -> None:
    """A slip in one rule does not hide those in others."""
    found = problems("rules: [{name: a, then: 1}, {name: b, mod: x}, {name: c}]\nquiet_hours: -1")
    assert [each.split(":")[0] for each in found] == ["quiet_hours", "rule a, then", "rule b"]
    found = problems("rules: [{name: a}, {name: b, when: {any: []}}]")
    assert found == (
        "rule a, then: does nothing",
        "rule b, then: does nothing",
        "rule b, when.any: holds nothing",
    )


def test_long_texts_are_fine_where_meta_takes_them() -> None:
    """The platforms of a rule decide how long its texts may be."""
    message = f"then: {{message: {{texts: [{'é' * 501}]}}}}"
    text = f"rules: [{{name: r, scope: {{platforms: [page]}}, {message}}}]"
    assert parse_rules(text, lines).rules[0].name == "r"


def test_score() -> None:
    """A rule may ask a scorer that there is."""
    (rule,) = parse_rules(RULE % "when: {score: {least: 1}}", lines).rules
    assert rule.when.score is not None
    assert rule.when.score.by == "toxicity"


def test_extras(monkeypatch: pytest.MonkeyPatch) -> None:
    """What asks for an extra that is not installed is refused, not found out in production."""
    for package in ("profanity_check", "py3langid"):
        monkeypatch.setitem(sys.modules, package, None)
    found = problems(RULE % "scope: {languages: [en]}, when: {score: {least: 1}, languages: [en]}")
    assert found == (
        "rule r, scope.languages: needs the extra `language`: install parley[language]",
        "rule r, when.score: needs the extra `toxicity`: install parley[toxicity]",
        "rule r, when.languages: needs the extra `language`: install parley[language]",
    )
