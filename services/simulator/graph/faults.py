"""Faults that the Graph side was told to have: slow, failing, garbled, or failing after a write."""

from dataclasses import dataclass
from itertools import count
from random import Random
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from services.simulator.graph.errors import Failure

Share = Annotated[float, Meta(ge=0, le=1)]
Seconds = Annotated[float, Meta(ge=0)]

Answer = Literal["error", "slow", "html", "empty", "garbage", "drop"]


class Fault(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What goes wrong, with which calls, how often.

    Calls are chosen by `account`, `edge` and `method`, each None for all; `times` is for how many
    calls it lasts, `seconds` for how long. `answer` says how: `error` gives `code` and its
    companions, `slow` nothing but the delay, which every other answer may have as well.
    `drop` ends the connection without any. `regain_minutes` is told in the usage headers. With
    `after_write` a write happens and the answer is the fault all the same (platform §0.9). With
    `acts_late` it happens when the delay is over, while the fault is answered at once: a caller
    that reads in between sees nothing yet. Both leave reads alone. With `once` the same call, made
    again, meets no such fault again.
    """

    account: str | None = None
    edge: str | None = None
    method: Literal["GET", "POST", "DELETE"] | None = None
    probability: Share = 1.0
    times: Annotated[int, Meta(ge=1)] | None = None
    seconds: Seconds | None = None
    delay_seconds: Seconds = 0.0
    answer: Answer = "error"
    code: int = 2
    subcode: int | None = None
    status: Annotated[int, Meta(ge=200, le=599)] = 500
    type: str = "OAuthException"
    message: str = "The simulator was told to fail"
    transient: bool | None = None
    regain_minutes: Annotated[int, Meta(ge=1)] | None = None
    after_write: bool = False
    acts_late: bool = False
    once: bool = False

    @property
    def prevents(self) -> bool:
        """Whether the call is not carried out at all."""
        return self.answer != "slow" and not self.after_write

    def failure(self) -> Failure:
        """The error it answers with."""
        return Failure(
            self.code, self.message, self.subcode, self.status, self.type, self.transient
        )


CHAOS = (
    Fault(probability=0.03, code=2, status=500, transient=True),
    Fault(probability=0.02, code=1, status=500),
    Fault(probability=0.02, answer="html", status=502),
    Fault(probability=0.01, answer="garbage", status=200),
    Fault(probability=0.01, code=613, status=400, regain_minutes=1),
    Fault(probability=0.01, code=100, subcode=33, status=400),
    Fault(probability=0.02, answer="slow", delay_seconds=2.0),
    Fault(probability=0.01, answer="drop"),
    Fault(probability=0.02, after_write=True, code=1, subcode=1357046, status=500),
    Fault(probability=0.02, after_write=True, answer="drop"),
    Fault(probability=0.01, acts_late=True, delay_seconds=5.0, answer="drop"),
)
"""A bit of everything that the Graph API does on a bad day."""


@dataclass(slots=True)
class _Placed:
    fault: Fault
    until: float | None
    left: int | None


class Faults:
    """The faults that hold now; the first that fits a call decides it."""

    def __init__(self, seed: int) -> None:
        self._random = Random(f"faults:{seed}")
        self._placed: dict[str, _Placed] = {}
        self._numbers = count(1)
        self._met: set[str] = set()

    def add(self, fault: Fault, now: float) -> str:
        """Let `fault` hold from now on; gives the name it is removed by."""
        name = str(next(self._numbers))
        until = None if fault.seconds is None else now + fault.seconds
        self._placed[name] = _Placed(fault, until, fault.times)
        return name

    def remove(self, name: str) -> bool:
        """End one fault; whether there was such a one."""
        return self._placed.pop(name, None) is not None

    def clear(self) -> None:
        """End all faults."""
        self._placed.clear()

    def listed(self) -> list[dict[str, Any]]:
        """All faults with their names and for how many calls they still hold."""
        return [
            {"id": name, "left": placed.left, "fault": msgspec.to_builtins(placed.fault)}
            for name, placed in self._placed.items()
        ]

    def pick(
        self, account_id: str, edge: str, method: str, now: float, asked: str = ""
    ) -> Fault | None:
        """The fault that one call meets, used up by one; `asked` is the same for the same call."""
        for name, placed in list(self._placed.items()):
            if placed.until is not None and placed.until <= now:
                del self._placed[name]
            elif self._meets(placed.fault, account_id, edge, method, asked):
                self._use(name, placed, asked)
                return placed.fault
        return None

    def _meets(self, fault: Fault, account_id: str, edge: str, method: str, asked: str) -> bool:
        fits = (
            fault.account in (None, account_id)
            and fault.edge in (None, edge)
            and fault.method in (None, method)
            and not (fault.once and asked in self._met)
            and not ((fault.after_write or fault.acts_late) and method == "GET")
        )
        return fits and (fault.probability >= 1 or self._random.random() < fault.probability)

    def _use(self, name: str, placed: _Placed, asked: str) -> None:
        if placed.fault.once:
            self._met.add(asked)
        if placed.left is not None:
            placed.left -= 1
            if placed.left == 0:
                del self._placed[name]
