"""What Graph can be told to do and what comes of it, as values."""

from dataclasses import dataclass
from typing import Literal

from shared.graph.holds import Hold
from shared.graph.queries import Reason, UseCase
from shared.meta.graph_errors import GraphError

Edge = Literal["hide", "unhide", "delete", "reply", "private_reply", "message"]
"""The sort of a write, as metrics and budgets name it."""


@dataclass(frozen=True, slots=True)
class Command:
    """One write. `path` holds ids that went through `node`; what it says goes as a form, or as JSON
    where there is some, and never has `fields` (platform §0.9)."""

    edge: Edge
    use_case: UseCase
    method: Literal["POST", "DELETE"]
    path: str
    form: tuple[tuple[str, str], ...] = ()
    json: bytes = b""


@dataclass(frozen=True, slots=True)
class Done:
    """Graph did it and says so; `holds` are who must wait from now on, in all four cases."""

    body: dict[str, object]
    holds: tuple[Hold, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """Graph surely did nothing."""

    error: GraphError
    holds: tuple[Hold, ...] = ()


@dataclass(frozen=True, slots=True)
class Unclear:
    """It may have happened: `slow` and `lost` are calls without an answer, `unreadable` and
    `too_large` answers that don't tell, `ambiguous` errors that leave it open."""

    reason: Literal["slow", "lost", "too_large", "unreadable", "ambiguous"]
    error: GraphError | None = None
    holds: tuple[Hold, ...] = ()


@dataclass(frozen=True, slots=True)
class NotCalled:
    """Nothing reached Meta; `seconds` is how long a hold lasts still, 0 where there is none."""

    reason: Reason
    seconds: float = 0.0
    holds: tuple[Hold, ...] = ()


Written = Done | Refused | Unclear | NotCalled
