"""Rule sets from YAML and back: what is wrong in a file is told at once, with its place."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec
import yaml

from services.moderator.checks import problems_of
from services.moderator.rules import Rule, RuleSet

Lines = Callable[[str], Iterable[str]]
"""The lines of a list that a rule set keeps in a file of its own, by the name it gives."""

_DEEPEST = 60
_COMMENT = "# "
_PLACE = re.compile(r" - at `(?:key` in `)?\$\.?([^`]*)`\Z")


class Unusable(Exception):
    """A rule set can't be used; `problems` says all that is wrong, a line each."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


def parse_rules(text: str, lines: Lines) -> RuleSet:
    """The rule set that `text` describes. Nothing is guessed: every plain value is what its field
    says (`no` is a word, `12` an id), every list may be `{file: name}` with a word on each line.

    Raises:
        Unusable: it is not right in every part.
    """
    problems: list[str] = []
    rule_set = _rule_set(_tree(text), lines, problems)
    if problems:
        raise Unusable(problems)
    if found := [*problems_of(rule_set)]:
        raise Unusable(found)
    return rule_set


def write_rules(rule_set: RuleSet) -> str:
    """`rule_set` as YAML, which is read as the same again."""
    tree = {"format": rule_set.format} | msgspec.to_builtins(rule_set)
    return yaml.dump(tree, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=100)


def _tree(text: str) -> object:
    try:
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, UnicodeEncodeError) as exc:
        raise Unusable([f"this is no YAML: {' '.join(str(exc).split())}"]) from exc
    problems: list[str] = []
    tree = {} if node is None else _plain(node, problems, ())
    if problems:
        raise Unusable(problems)
    return tree


def _plain(node: yaml.Node, problems: list[str], path: tuple[int, ...]) -> object:
    """Mappings, sequences and strings; types are the business of the fields."""
    if id(node) in path or len(path) > _DEEPEST:
        problems.append(f"{_line(node)}: nested too deeply, or inside of itself")
        return ""
    below = (*path, id(node))
    if isinstance(node, yaml.MappingNode):
        return dict(_pairs(node, problems, below))
    if isinstance(node, yaml.SequenceNode):
        return [_plain(each, problems, below) for each in node.value]
    value = str(node.value)
    if "\0" in value:
        problems.append(f"{_line(node)}: a NUL, which Postgres does not keep")
    return value


def _pairs(
    node: yaml.MappingNode, problems: list[str], path: tuple[int, ...]
) -> Iterator[tuple[str, object]]:
    seen = set[str]()
    for key, value in node.value:
        name = str(key.value)
        if name in seen:
            problems.append(f"{_line(key)}: `{name}` is given twice")
        if value.tag.endswith(":null") and not value.value:
            problems.append(f"{_line(key)}: `{name}` is given without a value")
        seen.add(name)
        yield name, _plain(value, problems, path)


def _line(node: yaml.Node) -> str:
    return f"line {node.start_mark.line + 1}"


def _rule_set(tree: object, lines: Lines, problems: list[str]) -> RuleSet:
    """Rule by rule, so that a slip in one does not hide those in others."""
    if not isinstance(tree, dict):
        problems.append("a rule set is a mapping: `rules:` and so on")
        return RuleSet()
    given = dict(tree)
    rules, lists = given.pop("rules", []), given.pop("lists", {})
    if isinstance(lists, dict):
        lists = {name: _expanded(name, each, lines, problems) for name, each in lists.items()}
    rest = _converted({**given, "lists": lists}, RuleSet, "", problems) or RuleSet()
    if not isinstance(rules, list):
        problems.append("rules: a sequence of rules, each with a dash")
        return rest
    found = [
        _converted(rule, Rule, _called(rule, number), problems)
        for number, rule in enumerate(rules, 1)
    ]
    return msgspec.structs.replace(rest, rules=tuple(rule for rule in found if rule))


def _called(rule: object, number: int) -> str:
    name = rule.get("name") if isinstance(rule, dict) else None
    return f"rule {name if isinstance(name, str) else number}"


def _expanded(name: str, value: Any, lines: Lines, problems: list[str]) -> object:  # noqa: ANN401
    if not isinstance(value, dict) or set(value) != {"file"} or not isinstance(value["file"], str):
        return value
    try:
        read = [line.strip() for line in lines(value["file"])]
    except (OSError, UnicodeDecodeError) as exc:
        problems.append(f"lists.{name}: {value['file']} can't be read: {exc}")
        return []
    return [line for line in read if line and not line.startswith(_COMMENT)]


def _converted(tree: object, type_: type[Any], owner: str, problems: list[str]) -> Any:  # noqa: ANN401
    try:
        return msgspec.convert(tree, type_, strict=False)
    except msgspec.ValidationError as exc:
        what, place, _ = (*_PLACE.split(str(exc)), "", "")[:3]
        problems.append(": ".join(filter(None, (", ".join(filter(None, (owner, place))), what))))
        return None
