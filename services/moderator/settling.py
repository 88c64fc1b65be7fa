"""Which of the wishes about one event are done, as actions, and what holds the others."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.moderator import templates
from services.moderator.compile import Rulebook
from services.moderator.decision import Held, Wanted
from services.moderator.facts import Facts
from services.moderator.history import ANSWERS, PUNISHMENTS
from services.moderator.memory import Memory
from services.moderator.rules import RuleKind
from services.moderator.wishes import Wish
from shared.contracts.actions import Action, ActionKind
from shared.meta import windows
from shared.meta.texts import fits

ON_COMMENTS: frozenset[ActionKind] = frozenset({"hide", "delete", "reply", "private_reply"})

POSSIBLE: dict[RuleKind | None, frozenset[ActionKind]] = {
    "comment": ON_COMMENTS,
    "live-comment": frozenset({"private_reply"}),
    "mention": frozenset(),
    "message": frozenset(),
}
"""What of that Meta has for each kind (platform §6.3). A comment on a broadcast can be neither
hidden nor answered below, and what cannot be hidden first is not deleted. A mention is on somebody
else's media. The rest is possible for all."""

_PATIENCE = timedelta(hours=24)
"""After that a hide or a reply is no longer what anybody would expect (pitfalls B45)."""


def settle(
    wishes: Sequence[Wish], facts: Facts, memory: Memory, rulebook: Rulebook, now: datetime
) -> tuple[tuple[Wanted, ...], tuple[Action, ...]]:
    """All that was wanted, with what holds it, and the actions: of each kind, the first wish that
    may be done wins."""
    if not wishes:
        return (), ()
    settling = _Settling(facts, memory, rulebook, now)
    wanted = tuple(settling.wanted(wish) for wish in wishes)
    return wanted, tuple(settling.done.values())


@dataclass(frozen=True, slots=True)
class _Settling:
    facts: Facts
    memory: Memory
    rulebook: Rulebook
    now: datetime
    done: dict[tuple[ActionKind, str | None], Action] = field(default_factory=dict)

    def wanted(self, wish: Wish) -> Wanted:
        """The wish as it is kept, once it is done or held."""
        text = self._text(wish)
        held = self._held(wish, text)
        if held is None:
            self.done[wish.kind, wish.tag] = self._action(wish, text)
        return Wanted(kind=wish.kind, rule=wish.by.rule, tag=wish.tag, held=held)

    def _held(self, wish: Wish, text: str) -> Held | None:
        return (
            self._impossible(wish.kind)
            or wish.by.held
            or self.memory.capped(self.facts, wish.by.rule, wish.by.caps)
            or (self._unwelcome() if wish.kind in ANSWERS else None)
            or ("another_rule" if (wish.kind, wish.tag) in self.done else None)
            or (self._unsendable(wish.kind, text) if wish.kind in ANSWERS else None)
        )

    def _impossible(self, kind: ActionKind) -> Held | None:
        facts = self.facts
        if kind in ON_COMMENTS:
            if kind not in POSSIBLE.get(facts.kind, ()):
                return "not_possible"
            return None if facts.comment_id else "no_target"
        if kind in {"message", "block"}:
            return None if facts.person_id else "no_target"
        if kind == "tag":
            return None if facts.person_id or facts.comment_id else "no_target"
        return None

    def _unwelcome(self) -> Held | None:
        """What keeps us from answering this event at all."""
        if not self.facts.names:
            return "nameless"
        if self.facts.hidden or any((kind, None) in self.done for kind in PUNISHMENTS):
            return "hidden"
        if self.facts.edited:
            return "edited"
        if self.memory.taken_over(self.facts, self.rulebook.quiet_hours):
            return "taken_over"
        if self.memory.turns(self.facts) >= self.rulebook.turns_an_hour:
            return "ping_pong"
        return None

    def _unsendable(self, kind: ActionKind, text: str) -> Held | None:
        if not text:
            return "no_text"
        return None if fits(self.facts.platform, kind, text) else "too_long"

    def _text(self, wish: Wish) -> str:
        if not wish.texts:
            return wish.note
        whom = self.facts.person_id or self.facts.username or ""
        template = templates.choose(wish.texts, whom, wish.by.rule)
        return templates.render(template, templates.variables(self.facts))

    def _action(self, wish: Wish, text: str) -> Action:
        facts = self.facts
        delay = timedelta(hours=wish.after_hours)
        return Action(
            id="/".join(filter(None, (facts.event_id, wish.by.rule, wish.kind, wish.tag))),
            kind=wish.kind,
            platform=facts.platform,
            account=facts.account,
            thread=facts.thread,
            requested_by="rule",
            requested_at=self.now,
            event_id=facts.event_id,
            rule=wish.by.rule,
            rule_version=wish.by.version,
            comment_id=facts.comment_id,
            media_id=facts.media_id,
            person_id=facts.person_id,
            text=text or None,
            tag=wish.tag,
            live=facts.live,
            written_at=facts.written_at,
            not_before=self.now + delay if delay else None,
            expires_at=self._expires_at(wish.kind, delay),
        )

    def _expires_at(self, kind: ActionKind, delay: timedelta) -> datetime | None:
        """Until when it makes sense; what is only ours never goes stale."""
        if kind == "private_reply":
            return self.facts.written_at + windows.PRIVATE_REPLY
        if kind == "message":
            return self.facts.occurred_at + windows.MESSAGE
        if kind in ON_COMMENTS:
            return self.now + delay + _PATIENCE
        return None
