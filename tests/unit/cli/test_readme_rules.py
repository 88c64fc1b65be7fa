"""The rule set that the README shows."""

from pathlib import Path

from services.moderator.yaml import parse_rules

README = Path(__file__).parents[3] / "README.md"


def test_example() -> None:
    """It can be imported as it stands."""
    _, _, rest = README.read_text().partition("```yaml\n")
    rule_set = parse_rules(rest.partition("```")[0], lambda _: [])
    assert [(rule.name, rule.mode) for rule in rule_set.rules] == [
        ("scam-links", "enforce"),
        ("prices", "observe"),
    ]
