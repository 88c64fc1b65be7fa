"""Where a text points to: the hosts of its links, and what only looks like a host."""

import re
from functools import cache, lru_cache
from typing import NamedTuple

from tldextract import TLDExtract

_DOTS = re.compile(r" ?[\[({] ?(?:\.|dot) ?[\])}] ?").sub
_CANDIDATES = re.compile(
    r"(?<![a-z0-9+.-])[a-z][a-z0-9+.-]*://(?P<authority>[^\s/?#]+)"
    r"|(?<![\w@.-])(?P<host>(?:[\w-]+\.)+[\w-]{2,})(?P<rest>(?::\d+)?[/?]\S)?"
).finditer


class Host(NamedTuple):
    """A host that a text names. It is a `link` when an app would make one of it: with a scheme,
    with `www` in front, or with a path behind a known suffix. `wow.so` alone is none: people forget
    the space behind a full stop (pitfalls §3.4)."""

    name: str
    link: bool


def hosts(folded: str) -> tuple[Host, ...]:
    """All that a folded text names, in its order; a disguised dot (`win[.]example`) is a dot."""
    if "." not in folded and "dot" not in folded:
        return ()
    found = (_host(match) for match in _CANDIDATES(_DOTS(".", folded)))
    return tuple(dict.fromkeys(host for host in found if host.name))


def domain_of(host: str, domains: frozenset[str]) -> str | None:
    """The one of `domains` that `host` is, or is below."""
    labels = host.split(".")
    above = (".".join(labels[at:]) for at in range(len(labels)))
    return next((domain for domain in above if domain in domains), None)


def _host(match: re.Match[str]) -> Host:
    if authority := match["authority"]:
        return Host(_name(authority.rpartition("@")[2]), link=True)
    name = _name(match["host"])
    return Host(name, link=name.startswith("www.") or (bool(match["rest"]) and _known(name)))


def _name(authority: str) -> str:
    return authority.partition(":")[0].strip(".,;!\"'()[]<>")


@cache
def _suffixes() -> TLDExtract:
    """Knows the public suffixes by the list in its wheel, asks nobody and writes nothing."""
    return TLDExtract(suffix_list_urls=(), cache_dir=None)


@lru_cache(maxsize=4096)
def _known(name: str) -> bool:
    return _suffixes().extract_str(name).suffix != ""
