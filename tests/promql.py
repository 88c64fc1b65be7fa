"""Which metrics and labels a PromQL expression names."""

import re

from services.cli.catalogue import series

FOREIGN = {"up", "process_start_time_seconds", "process_resident_memory_bytes", "ALERTS"}
"""What Prometheus and its client bring for every process."""

_EVERYWHERE = {"le", "job", "instance"}
_KEYWORDS = {"and", "or", "unless", "by", "on", "offset", "ignoring", "group_left", "bool"}
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_GROUPING = re.compile(r"\b(?:by|on|ignoring|group_left)\s*\([^)]*\)")
_RANGE = re.compile(r"\[[^\]]*\]|\boffset\s+\w+")
_NAME = re.compile(r"(?<![\w:.])([A-Za-z_:][\w:]*)\s*(\{[^}]*\})?(?!\s*\(|[\w:])")
_LABEL = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")


def unknown(expression: str) -> set[str]:
    """What `expression` names that there is not; names with colons are recorded."""
    plain = _RANGE.sub("", _GROUPING.sub("", _STRING.sub('""', expression)))
    known = series()
    found = set()
    for name, matchers in _NAME.findall(plain):
        if name in _KEYWORDS | FOREIGN or ":" in name:
            continue
        if name not in known:
            found.add(name)
            continue
        labels = set(_LABEL.findall(matchers)) - _EVERYWHERE - set(known[name].labels)
        found |= {f"{name}{{{label}}}" for label in labels}
    return found


def recorded(expression: str) -> set[str]:
    """The recorded series that `expression` names."""
    return set(re.findall(r"\bparley:[\w:]+", _STRING.sub('""', expression)))
