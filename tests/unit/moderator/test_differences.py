"""What `parley rules diff` says of two rule sets."""

import pytest

from services.moderator.differences import differences
from services.moderator.yaml import parse_rules

OLD = """
rules:
  - {name: a, when: {words: {of: [x, y]}}, then: {hide: true}}
  - {name: b, then: {tags: [t]}}
  - {name: c, then: {tags: [t]}}
lists: {l: [one, two]}
"""
NEW = """
  - {name: d, mode: enforce, then: {tags: [t]}}
  - {name: e, enabled: false, then: {tags: [t]}}
""".lstrip("\n")


def test_none() -> None:
    """A set does not differ from itself."""
    rules = parse_rules(OLD, lambda _: [])
    assert differences(rules, rules) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("- {name: b, then: {tags: [t]}}", "", ["- rule b"]),
        (
            "lists:",
            f"{NEW}lists:",
            ["+ rule d (enforce)", "+ rule e (off)"],
        ),
        ("name: b,", "name: b, mode: enforce,", ["~ rule b, mode: observe → enforce"]),
        (
            "{hide: true}",
            "{block: true}",
            ["~ rule a, then.hide: True → False", "~ rule a, then.block: False → True"],
        ),
        (
            "[x, y]",
            "[y, z1, z2, z3, z4]",
            ["~ rule a, when.words.of: +4 (z1, z2, z3, …), -1 (x)"],
        ),
        ("[x, y]", "[y, x]", ["~ rule a, when.words.of: another order"]),
        (
            "{words: {of: [x, y]}}",
            "{ad: true}",
            [
                "- rule a, when.words.of: x, y",
                "- rule a, when.words.lists: ",
                "- rule a, when.words.whole: True",
                "- rule a, when.words.disguised: True",
                "+ rule a, when.ad: True",
            ],
        ),
        (
            "{words: {of: [x, y]}}",
            "{words: {of: [x, y]}, any: [{ad: true}]}",
            ["+ rule a, when.any[0].ad: True"],
        ),
        ("one, two", "one", ["~ list l: -1 (two)"]),
        ("{l:", "{m:", ["- list l", "+ list m (2 words)"]),
        ("lists:", "quiet_hours: 1\nlists:", ["~ quiet_hours: 12.0 → 1.0"]),
        ("lists:", "people: {blocked: ['1']}\nlists:", ["~ people.blocked: +1 (1)"]),
        (
            "  - {name: b, then: {tags: [t]}}\n  - {name: c, then: {tags: [t]}}",
            "  - {name: c, then: {tags: [t]}}\n  - {name: b, then: {tags: [t]}}",
            ["~ order: a, c, b"],
        ),
    ],
)
def test_differences(old: str, new: str, expected: list[str]) -> None:
    """A line for each thing that comes, goes or changes."""
    assert old in OLD
    before, after = (parse_rules(text, lambda _: []) for text in (OLD, OLD.replace(old, new)))
    assert differences(before, after) == expected
