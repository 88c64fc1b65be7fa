"""Facts, texts and rule books for tests of the judgement; the defaults are a common case."""

from collections.abc import Container
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from services.moderator.compile import Rulebook, compile_rules
from services.moderator.decision import Decision
from services.moderator.facts import Facts
from services.moderator.judge import judge
from services.moderator.memory import Memory
from services.moderator.rules import Rule, RuleSet
from services.moderator.wording import Text

ACCOUNT = "17841400000000001"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    """So many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


def facts_of(id_: str = "c1", seconds: float = 0, **more: Any) -> Facts:
    """A comment by somebody, `seconds` after noon; `id_` makes its ids."""
    fields: dict[str, Any] = {
        "event_id": f"instagram:{ACCOUNT}:comment:{id_}",
        "platform": "instagram",
        "account": ACCOUNT,
        "thread": id_,
        "kind": "comment",
        "occurred_at": at(seconds),
        "written_at": at(seconds),
        "received_at": at(seconds + 1),
        "person_id": "880001",
        "username": "ana.test",
        "text": "how much is it?",
        "comment_id": id_,
        "media_id": "m1",
    }
    return Facts(**(fields | more))


def message_of(id_: str = "mid1", seconds: float = 0, **more: Any) -> Facts:
    """A message by the same person."""
    fields: dict[str, Any] = {
        "event_id": f"instagram:{ACCOUNT}:message:{id_}",
        "thread": "880001",
        "kind": "message",
        "comment_id": None,
        "media_id": None,
        "message_id": id_,
    }
    return facts_of(id_, seconds, **(fields | more))


def rule(name: str = "rule", **fields: Any) -> Rule:
    """A rule in enforce, unless it says otherwise; it hides everything."""
    return msgspec.convert({"name": name, "mode": "enforce", "then": {"hide": True}} | fields, Rule)


def book(*rules: Rule, **settings: Any) -> Rulebook:
    """Version 7 of a set with these rules."""
    rule_set = msgspec.convert(settings, RuleSet)
    return compile_rules([(7, msgspec.structs.replace(rule_set, rules=rules))])


def judged(
    facts: Facts,
    rulebook: Rulebook,
    memory: Memory | None = None,
    *,
    now: datetime | None = None,
    stopped: bool = False,
    open_breakers: Container[str] = frozenset(),
) -> Decision:
    """What is decided about `facts` when they come, with nothing remembered."""
    return judge(
        facts,
        Text(facts.text),
        Memory(timedelta(days=30)) if memory is None else memory,
        rulebook,
        now=now or facts.received_at,
        stopped=stopped,
        open_breakers=open_breakers,
    )


def done(decision: Decision) -> list[str]:
    """What is done, in order."""
    return [action.kind for action in decision.actions]


def held(decision: Decision) -> dict[str, str | None]:
    """What was wanted, each by `rule/kind`, and what holds it."""
    return {f"{wanted.rule}/{wanted.kind}": wanted.held for wanted in decision.wanted}
