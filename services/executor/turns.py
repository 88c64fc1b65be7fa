"""Whose turn it is: the next actions of one account against each other and against its budgets."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from services.executor.gate import Candidate, Standing, Wait, decide
from services.executor.pacing import EDGES, LIMITS, take
from shared.meta.claims import claim_of, opposite_of
from shared.postgres.action_rows import Change, Kept


@dataclass(slots=True)
class Turns:
    """What is decided for one account at `now`; candidates that are in neither list keep waiting
    as they are. `next_at` are the budgets that were spent."""

    standing: Standing
    now: datetime
    executor: str
    changes: list[tuple[Kept, Change]] = field(default_factory=list)
    waits: list[tuple[Kept, datetime]] = field(default_factory=list)
    next_at: dict[str, datetime] = field(default_factory=dict)
    _claims: set[str] = field(default_factory=set)
    _people: set[str | None] = field(default_factory=set)

    def give(self, candidates: Iterable[Candidate]) -> None:
        """Decide for each of `candidates`, those that come first first."""
        for candidate in candidates:
            self._give(candidate)

    def claimed(self) -> Sequence[Kept]:
        """Those to be called for, as they stand once the changes are made."""
        return [
            replace(
                known,
                state="claimed",
                attempts=change.attempts,
                changes=known.changes + 1,
                called_at=change.called_at,
            )
            for known, change in self.changes
            if change.state == "claimed"
        ]

    def _give(self, candidate: Candidate) -> None:
        known = candidate.known
        found = decide(self._among_others(candidate), self.now, self.executor)
        if isinstance(found, Wait):
            self.waits.append((known, found.until))
            return
        if found.state == "claimed" and not self._affords(known):
            return
        self.changes.append((known, found))
        if found.state in {"claimed", "sent"}:
            self._claims.add(claim_of(known.action))

    def _among_others(self, candidate: Candidate) -> Candidate:
        action = candidate.known.action
        return replace(
            candidate,
            taken=candidate.taken or claim_of(action) in self._claims,
            crossed=candidate.crossed or opposite_of(action) in self._claims,
        )

    def _affords(self, known: Kept) -> bool:
        kind = known.action.kind
        if kind == "message" and known.action.person_id in self._people:
            return False
        edge = EDGES[kind]
        due = self.next_at.get(edge, self.standing.next_at.get(edge))
        following = take(due, LIMITS[edge], self.now)
        if following is None:
            return False
        self.next_at[edge] = following
        if kind == "message":
            self._people.add(known.action.person_id)
        return True
