"""What rules want done, one thing at a time, before anybody asks whether it may be."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

from services.moderator.decision import Held
from services.moderator.rules import Bands, Caps, Deeds, Texts
from shared.contracts.actions import ActionKind

Band = Literal["hide", "queue"]

BLOCKED_PEOPLE = "blocked-people"
BANDS = "bands"
"""Who hides and queues where no rule does."""


_UNLIMITED = Caps()


class Stage(IntEnum):
    """In which order rules are asked (pitfalls §3.5): the gravest of a rule's deeds decides."""

    PROTECT = 0
    SCORE = 1
    ANSWER = 2
    NOTE = 3


def stage_of(deeds: Deeds) -> Stage:
    """The stage of a rule that does these."""
    if deeds.hide or deeds.block or deeds.delete is not None:
        return Stage.PROTECT
    if deeds.score is not None:
        return Stage.SCORE
    return Stage.ANSWER if any(answer for _, answer in _answers(deeds)) else Stage.NOTE


def _answers(deeds: Deeds) -> tuple[tuple[ActionKind, Texts | None], ...]:
    return (
        ("reply", deeds.reply),
        ("private_reply", deeds.private_reply),
        ("message", deeds.message),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Wisher:
    """Who wants something; `held` is what keeps all of his wishes from being done."""

    rule: str
    version: int
    held: Held | None = None
    caps: Caps = _UNLIMITED


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """One thing to be done; `after_hours` delays it, `texts` are the templates of an answer."""

    kind: ActionKind
    by: Wisher
    texts: tuple[str, ...] = ()
    tag: str | None = None
    note: str = ""
    after_hours: float = 0.0


def wishes_of(deeds: Deeds, by: Wisher) -> Iterator[Wish]:
    """One for each deed; what is to be deleted is hidden first."""
    if deeds.hide or deeds.delete is not None:
        yield Wish(kind="hide", by=by)
    if deeds.delete is not None:
        yield Wish(kind="delete", by=by, after_hours=deeds.delete.after_hours)
    if deeds.block:
        yield Wish(kind="block", by=by)
    for kind, answer in _answers(deeds):
        if answer is not None:
            yield Wish(kind=kind, by=by, texts=answer.texts)
    for tag in deeds.tags:
        yield Wish(kind="tag", by=by, tag=tag)
    if deeds.queue is not None:
        yield Wish(kind="queue", by=by, note=deeds.queue.note)


def band_of(score: float, bands: Bands) -> Band | None:
    """What a sum of scores leads to."""
    if bands.hide is not None and score >= bands.hide:
        return "hide"
    return "queue" if bands.queue is not None and score >= bands.queue else None
