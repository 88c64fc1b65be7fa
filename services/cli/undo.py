"""What undoes an action, and what nothing can undo: the decisions of `parley actions undo`."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from msgspec.structs import replace

from shared.contracts.actions import Action, ActionKind
from shared.meta.claims import OPPOSITES
from shared.postgres.action_rows import Kept

_FINAL: Mapping[ActionKind, str] = {
    "delete": "Meta brings no deleted comment back",
    "reply": "people have seen it: delete the reply where it stands",
    "private_reply": "it was delivered, and can be taken back by hand only",
    "message": "it was delivered, and can be taken back by hand only",
    "queue": "it waits for a person, who decides",
}

Does = Literal["stop", "reverse", "nothing", "impossible"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """What will be done about one action: it is stopped before it happens, its opposite is
    requested, nothing is needed, or nothing helps, because."""

    known: Kept
    does: Does
    because: str = ""

    @property
    def opposite(self) -> ActionKind | None:
        """What is requested."""
        return OPPOSITES[self.known.action.kind] if self.does == "reverse" else None


def undo_id(action_id: str) -> str:
    """The id of what undoes that action: asked for as often as you like, it is done once."""
    return f"undo/{action_id}"


def step(known: Kept, undone: Collection[str]) -> Step:
    """How to undo one action, when for those in `undone` that was requested before."""
    kind = known.action.kind
    if undo_id(known.action.id) in undone:
        return Step(known=known, does="nothing", because="that was requested before")
    match known.state:
        case "requested":
            return Step(known=known, does="stop")
        case "claimed" | "unknown":
            because = "it is under way: try again when it is known what became of it"
            return Step(known=known, does="impossible", because=because)
        case "failed" | "expired" | "skipped":
            return Step(known=known, does="nothing", because=f"nothing was done: {known.state}")
        case "sent":
            if kind in OPPOSITES:
                return Step(known=known, does="reverse")
            return Step(known=known, does="impossible", because=_FINAL[kind])


def opposites(steps: Iterable[Step], actor: str, now: datetime) -> list[Action]:
    """What has to be requested for `steps`."""
    return [
        replace(
            action,
            id=undo_id(action.id),
            kind=OPPOSITES[action.kind],
            requested_by="person",
            requested_at=now,
            actor=actor,
            not_before=None,
            expires_at=None,
        )
        for action in (each.known.action for each in steps if each.does == "reverse")
    ]


def family(chosen: Kept, of_event: Iterable[Kept]) -> list[Kept]:
    """What is undone together with `chosen`: a comment that is deleted later is hidden until then,
    by two actions (pitfalls §3.3)."""
    pair: set[ActionKind] = {"hide", "delete"}
    if chosen.action.kind not in pair:
        return [chosen]
    return [
        each
        for each in of_event
        if each.action.id == chosen.action.id
        or (
            each.action.kind in pair
            and each.action.rule == chosen.action.rule
            and each.action.comment_id == chosen.action.comment_id
            and each.action.requested_by == chosen.action.requested_by
        )
    ]
