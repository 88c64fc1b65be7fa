"""What can be asked of Graph and what comes back, as values."""

from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, urlencode

from shared.meta.error_table import Verdict
from shared.meta.graph_errors import GraphError

Endpoint = Literal[
    "media", "comment", "mention", "profile", "post", "replies", "conversations", "account"
]
UseCase = Literal["instagram", "messenger", "pages"]
"""Which of an account's quotas a call counts against (platform §7.1)."""

Reason = Literal[
    "gone",
    "forbidden",
    "throttled",
    "slow",
    "reauthenticate",
    "unavailable",
    "paused",
    "refused",
    "too_large",
    "no_token",
]
"""Why a look-up has no answer: a closed set, used for metrics and for partial events."""

_LONGEST_ID = 512


@dataclass(frozen=True, slots=True)
class Query:
    """One read. `path` holds ids that went through `node`."""

    endpoint: Endpoint
    use_case: UseCase
    path: str
    params: tuple[tuple[str, str], ...]

    @property
    def relative_url(self) -> str:
        """Path and parameters as an operation of a batch names them."""
        return f"{self.path}?{urlencode(self.params, quote_via=quote)}"


@dataclass(frozen=True, slots=True)
class Found:
    """Graph's answer, as open as Graph left it."""

    body: dict[str, object]


@dataclass(frozen=True, slots=True)
class Failed:
    """No answer; `error` is what Graph said, if it said anything."""

    reason: Reason
    error: GraphError | None = None


Answer = Found | Failed


@dataclass(slots=True)
class Ask:
    """A query on its way; its answer is filled in as soon as there is one."""

    query: Query
    answer: Answer = Failed("slow")


REASONS: dict[Verdict, Reason] = {
    "retry": "unavailable",
    "wait": "throttled",
    "later": "unavailable",
    "reauthenticate": "reauthenticate",
    "disconnected": "reauthenticate",
    "gone": "gone",
    "forbidden": "forbidden",
    "recipient": "gone",
    "used": "refused",
    "window": "refused",
    "request": "refused",
    "content": "refused",
    "renew": "refused",
    "pause": "paused",
    "ambiguous": "unavailable",
    "config": "refused",
}


def askable(graph_id: str) -> bool:
    """Whether an id from outside can stand in a URL and in a field expansion and mean itself."""
    return (
        0 < len(graph_id) <= _LONGEST_ID
        and graph_id.strip(".") != ""
        and graph_id.isprintable()
        and not set(graph_id) & set("(){},\\")
    )


def node(graph_id: str) -> str:
    """An askable id as one segment of a path."""
    return quote(graph_id, safe="")
