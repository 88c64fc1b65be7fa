"""What became of one try of an action, as values."""

from dataclasses import dataclass
from typing import Literal

from shared.graph.holds import Hold
from shared.meta.graph_errors import GraphError


@dataclass(frozen=True, slots=True)
class Sent:
    """Meta did it. `gone`: there is no comment any more to hide or delete. `used`: the private
    reply was there when we tried again, so an earlier try of ours had worked."""

    created_id: str | None = None
    recipient_id: str | None = None
    reason: Literal["gone", "used"] | None = None
    holds: tuple[Hold, ...] = ()


@dataclass(frozen=True, slots=True)
class Ended:
    """It will not happen, and surely did not; `reason` is from a closed set."""

    state: Literal["failed", "expired"]
    reason: str
    error: GraphError | None = None
    holds: tuple[Hold, ...] = ()


@dataclass(frozen=True, slots=True)
class Later:
    """It surely did not happen and may later: not before `seconds` have passed. `called` says that
    Meta was called for it, and refused."""

    reason: str
    seconds: float
    called: bool = False
    error: GraphError | None = None
    holds: tuple[Hold, ...] = ()


@dataclass(frozen=True, slots=True)
class Unsure:
    """It may have happened."""

    reason: str
    error: GraphError | None = None
    holds: tuple[Hold, ...] = ()


Result = Sent | Ended | Later | Unsure
