"""`python -m tests.system.broken MUTATION services.NAME`: a service whose durability is off on
purpose, to find out whether the harness notices."""

import runpy
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from shared.contracts.records import Record
from shared.stream import kafka
from shared.stream.batch import Batch, Partition
from shared.stream.dead_letters import DeadLetters
from shared.stream.lanes import Item
from shared.stream.settlement import Settlement

if TYPE_CHECKING:
    from services.executor.results import Result
    from services.moderator.decision import Excuse
    from shared.postgres.action_rows import Change, Kept


def acknowledge_before_write() -> None:
    """A batch counts as written as soon as it is sent."""
    kafka.PRODUCER.update(acks=0, enable_idempotence=False)


def commit_before_effect() -> None:
    """A record counts as settled as soon as it is begun."""
    settle = Settlement.settle

    async def settle_early(self: Settlement[Any], items: list[Item[Any]]) -> None:
        for _, _, span, place in items:
            span.settled[place] = 1
        await settle(self, items)

    Settlement.settle = settle_early  # type: ignore[method-assign]


def append_after_send() -> None:
    """A batch that is under way takes further records, as a buffer does that nobody closed: they
    are too late for what was sent, and share its acknowledgement."""
    take, start = Partition.take, Partition.open

    def take_and_leave_open(self: Partition) -> Batch:
        batch = take(self)
        batch.append = _too_late
        return batch

    def open_the_same(self: Partition, batch: Batch) -> Batch:
        return self.sending or start(self, batch)

    Partition.take = take_and_leave_open  # type: ignore[method-assign]
    Partition.open = open_the_same  # type: ignore[method-assign]


def pass_poison_by() -> None:
    """What can't be handled is not buried."""

    async def bury(self: DeadLetters, records: Sequence[Record], reason: str) -> None:
        del self, records, reason

    DeadLetters.bury = bury  # type: ignore[method-assign]


def retry_blindly() -> None:
    """What may have been done, or whose executor died, is simply done again."""
    from services.executor import life
    from services.executor.results import Later, Unsure

    def again(known: "Kept", result: "Result", now: datetime) -> "Change":
        return after(known, Later("not_yet", 0.0) if isinstance(result, Unsure) else result, now)

    def after_death(known: "Kept", now: datetime) -> "Change":
        return again(known, Unsure("lost"), now)

    after = life.after_call
    life.after_call, life.after_death = again, after_death


def take_for_done() -> None:
    """What may have been done, counts as done."""
    from services.executor import life
    from services.executor.results import Sent, Unsure

    def done(known: "Kept", result: "Result", now: datetime) -> "Change":
        return after(known, Sent() if isinstance(result, Unsure) else result, now)

    after = life.after_call
    life.after_call = done


def answer_itself() -> None:
    """What the account itself says is judged as what others say."""
    from services.moderator import judge

    excuse = judge._excuse  # noqa: SLF001 (it is to be broken)

    def no_excuse(*of: Any, **more: Any) -> "Excuse | None":
        found = excuse(*of, **more)
        return None if found == "own" else found

    judge._excuse = no_excuse  # noqa: SLF001


MUTATIONS: dict[str, Callable[[], None]] = {
    "acknowledge-before-write": acknowledge_before_write,
    "commit-before-effect": commit_before_effect,
    "append-after-send": append_after_send,
    "pass-poison-by": pass_poison_by,
}
ACTING: dict[str, Callable[[], None]] = {
    "retry-blindly": retry_blindly,
    "take-for-done": take_for_done,
    "answer-itself": answer_itself,
}
"""For the proof of exactly once."""


def _too_late(*, value: bytes, **_: object) -> SimpleNamespace:
    return SimpleNamespace(size=len(value))


def main() -> None:
    """Break it, then run it."""
    mutation, service = sys.argv[1:]
    (MUTATIONS | ACTING)[mutation]()
    sys.argv = [service]
    runpy.run_module(service, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
