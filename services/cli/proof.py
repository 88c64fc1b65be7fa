"""What we say that we did at Meta, held against what the simulator saw."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.postgres.audit import OpenActions, SentAction

_NAMED = 10


@dataclass(frozen=True, kw_only=True)
class Proof:
    """`unseen` were never done although we say so, `unexplained` were done although we don't;
    `open` are not known yet, and `waiting` are due later."""

    sent: int = 0
    open: int = 0
    waiting: int = 0
    unseen: Sequence[str] = ()
    unexplained: Sequence[str] = ()

    @property
    def holds(self) -> bool:
        """Whether each was done exactly once, and nothing else was."""
        return not (self.open or self.unseen or self.unexplained)

    def lines(self) -> list[str]:
        """The same for a person."""
        count = f"actions at Meta {self.sent}, each there once"
        if not self.holds:
            count = (
                f"actions at Meta {self.sent}, not there {len(self.unseen)}, "
                f"there without us {len(self.unexplained)}, not known yet {self.open}"
            )
        later = f", waiting for their time {self.waiting}" if self.waiting else ""
        wrong = [f"  not there: {each}" for each in self.unseen[:_NAMED]]
        wrong += [f"  without us: {each}" for each in self.unexplained[:_NAMED]]
        return [count + later, *wrong]


def held_against(
    sent: Sequence[SentAction], writes: Sequence[Mapping[str, Any]], left: OpenActions
) -> Proof:
    """Each sent action against the simulator's ledger, which knows kinds and targets."""
    ours, perhaps = (
        Counter((each.account, each.kind, each.target) for each in sent if each.certain is certain)
        for certain in (True, False)
    )
    theirs = Counter((each["account"], each["edge"], each["target"]) for each in writes)
    return Proof(
        sent=ours.total(),
        open=left.untaken + left.under_way,
        waiting=left.waiting,
        unseen=[" ".join(each) for each in (ours - theirs).elements()],
        unexplained=[" ".join(each) for each in (theirs - ours - perhaps).elements()],
    )
