"""What became of every event that was sent: the list that everything downstream is held against."""

from collections import Counter
from collections.abc import Iterable, Mapping

from services.simulator.traffic.events import Event


class Ledger:
    """Counts 200s by expected id.

    An event waits from when it is first sent until its first 200. Events of forged deliveries are
    never to be seen again: they are kept apart, and so are deliveries answered 200 for them.
    """

    def __init__(self) -> None:
        self._acknowledged: dict[str, int] = {}
        self._given_up: set[str] = set()
        self._forged: set[str] = set()
        self._settled = 0
        self._kinds: Counter[str] = Counter()
        self.answers: Counter[str] = Counter()
        self.forged_and_accepted = 0

    def offer(self, events: Iterable[Event]) -> None:
        """`events` are about to be sent for the first time."""
        for event in events:
            self._acknowledged.setdefault(event.expected_id, 0)

    def acknowledge(self, events: Iterable[Event]) -> None:
        """A delivery with `events` was answered 200."""
        for event in events:
            id_ = event.expected_id
            count = self._acknowledged.get(id_, 0)
            self._acknowledged[id_] = count + 1
            if count == 0:
                self._settled += 1
                self._kinds[event.kind] += 1
                self._given_up.discard(id_)

    def refuse(self, events: Iterable[Event], *, accepted: bool) -> None:
        """A forged delivery with `events` was answered; `accepted` says wrongly with 200."""
        self._forged.update(event.expected_id for event in events)
        self.forged_and_accepted += accepted

    def give_up(self, events: Iterable[Event]) -> None:
        """No more tries for `events`: Meta drops them after its last one."""
        for event in events:
            if not self._acknowledged.get(event.expected_id):
                self._given_up.add(event.expected_id)

    @property
    def waiting(self) -> int:
        """Events sent, not acknowledged and still to be retried."""
        return len(self._acknowledged) - self._settled - len(self._given_up)

    def counts(self) -> dict[str, int]:
        """How many events there are of each fate."""
        return {
            "sent": len(self._acknowledged),
            "acknowledged": self._settled,
            "waiting": self.waiting,
            "given_up": len(self._given_up),
            "refused": len(self.refused_ids()),
            "forged_and_accepted": self.forged_and_accepted,
        }

    def kinds(self) -> dict[str, int]:
        """Acknowledged events by kind."""
        return dict(sorted(self._kinds.items()))

    def acknowledged(self) -> Mapping[str, int]:
        """Every acknowledged id with how often it was."""
        return {id_: count for id_, count in self._acknowledged.items() if count}

    def waiting_ids(self) -> list[str]:
        """The ids sent and not acknowledged, given up or not."""
        return [id_ for id_, count in self._acknowledged.items() if not count]

    def refused_ids(self) -> list[str]:
        """The ids that came in forged deliveries only, which must be nowhere downstream."""
        return sorted(self._forged - self._acknowledged.keys())
