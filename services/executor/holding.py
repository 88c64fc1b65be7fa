"""Who has to wait after an answer of Meta's, for all executors: rows of `holds`, and the account's
own status."""

from services.executor.gate import SENDS
from services.executor.pacing import EDGES
from services.executor.results import Later, Result
from shared.contracts.actions import Action
from shared.postgres.accounts import AccountStatus

NO_PERMISSION_SECONDS = 600.0
"""How long an edge waits whose permission was never given or taken back: a person must act."""

_DEAD_TOKEN = {102, 190}

Held = tuple[str, str, str, float, str]
"""Platform, account, scope, seconds, reason."""


def holding(action: Action, result: Result) -> list[Held]:
    """The rows of `holds` that `result` of `action` asks for, one for each scope.

    A pause of all that is automatic means what speaks; when it was a hide or a delete that Meta
    refused, it means those.
    """
    mine = EDGES[action.kind]
    longest: dict[tuple[str, str, str], Held] = {}
    for hold in result.holds:
        kind: str = hold.scope.kind
        scope = mine if kind == "automatic" and action.kind not in SENDS else kind
        key = hold.scope.platform, hold.scope.account, scope
        if key not in longest or longest[key][3] < hold.seconds:
            longest[key] = (*key, hold.seconds, hold.reason)
    if _unpermitted(result):
        key = action.platform, action.account, mine
        longest[key] = (*key, NO_PERMISSION_SECONDS, "reauthenticate")
    return sorted(longest.values())


def standing_after(result: Result) -> AccountStatus | None:
    """How the account is marked: only a token that Meta named as dead costs it its connection
    (pitfalls B32)."""
    if not isinstance(result, Later) or result.error is None:
        return None
    if result.error.verdict == "disconnected":
        return "disconnected"
    dead = result.error.verdict == "reauthenticate" and result.error.code in _DEAD_TOKEN
    return "needs_reauth" if dead else None


def _unpermitted(result: Result) -> bool:
    return (
        isinstance(result, Later)
        and result.error is not None
        and result.error.verdict == "reauthenticate"
        and result.error.code not in _DEAD_TOKEN
    )
