"""What a new rule set would change, line by line."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from services.moderator.rules import Rule, RuleSet

_Leaves = dict[str, object]
_SHOWN = 3


def differences(old: RuleSet, new: RuleSet) -> list[str]:
    """`+` for what comes, `-` for what goes, `~` for what is changed; nothing when both say the
    same."""
    before = {rule.name: rule for rule in old.rules}
    after = {rule.name: rule for rule in new.rules}
    return [
        *(f"- rule {name}" for name in before if name not in after),
        *(line for rule in new.rules for line in _of_rule(before.get(rule.name), rule)),
        *_of_order([name for name in before if name in after], [*after]),
        *_of_lists(old.lists, new.lists),
        *_of_fields("", _settings(old), _settings(new)),
    ]


def _of_rule(old: Rule | None, new: Rule) -> Iterator[str]:
    if old is None:
        state = new.mode if new.enabled else "off"
        yield f"+ rule {new.name} ({state})"
    else:
        yield from _of_fields(f"rule {new.name}, ", _leaves(old), _leaves(new))


def _of_order(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    common = [name for name in new if name in old]
    if common != list(old):
        yield f"~ order: {', '.join(common)}"


def _of_lists(old: Mapping[str, Sequence[str]], new: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for name in dict.fromkeys((*old, *new)):
        if name not in new:
            yield f"- list {name}"
        elif name not in old:
            yield f"+ list {name} ({len(new[name])} words)"
        elif old[name] != new[name]:
            yield f"~ list {name}: {_of_words(old[name], new[name])}"


def _of_fields(owner: str, old: _Leaves, new: _Leaves) -> Iterator[str]:
    for name in dict.fromkeys((*old, *new)):
        before, after = old.get(name), new.get(name)
        if before == after:
            continue
        if isinstance(before, tuple) and isinstance(after, tuple):
            yield f"~ {owner}{name}: {_of_words(before, after)}"
        elif name not in new:
            yield f"- {owner}{name}: {_said(before)}"
        elif name not in old:
            yield f"+ {owner}{name}: {_said(after)}"
        else:
            yield f"~ {owner}{name}: {_said(before)} → {_said(after)}"


def _of_words(old: Sequence[object], new: Sequence[object]) -> str:
    known, wanted = set(old), set(new)
    more = [each for each in new if each not in known]
    less = [each for each in old if each not in wanted]
    parts = [
        f"{sign}{len(some)} ({_few(some)})" for sign, some in (("+", more), ("-", less)) if some
    ]
    return ", ".join(parts) or "another order"


def _few(words: Sequence[object]) -> str:
    rest = ", …" if len(words) > _SHOWN else ""
    return ", ".join(map(str, words[:_SHOWN])) + rest


def _said(value: object) -> str:
    return _few(value) if isinstance(value, tuple) else str(value)


def _settings(rule_set: RuleSet) -> _Leaves:
    leaves = _leaves(msgspec.structs.replace(rule_set, rules=()))
    return {name: value for name, value in leaves.items() if name != "lists"}


def _leaves(form: msgspec.Struct) -> _Leaves:
    """Each value that is given by the path to it; lists of words as one."""
    return dict(_walk("", form))


def _walk(place: str, value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _walk(f"{place}.{name}".lstrip("."), getattr(value, name))
    elif isinstance(value, tuple) and any(isinstance(each, msgspec.Struct) for each in value):
        for number, each in enumerate(value):
            yield from _walk(f"{place}[{number}]", each)
    elif value is not None:
        yield place, value
