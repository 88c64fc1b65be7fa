"""From what Graph said to who has to wait: usage headers and errors become holds.

| what | who waits | how long |
|---|---|---|
| throttle error, or a quota at 100 % | that app, or that account's use case, or that token | Meta's own estimate, else the error table's |
| a quota at 90 % | the same, but reads only: the rest is for writes | a minute, then the next answer tells |
| a dead token | the account | a minute, or until it has another one |
| paused by Meta | the account's reads, and what is written for it without a person's asking | hours |
| a time-out | the account on its host | a few seconds |
"""  # noqa: E501 (a table)

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import get_args

from shared.contracts.credential import Credential
from shared.graph import metrics
from shared.graph.holds import Hold, Holds, Scope
from shared.graph.queries import Reason, UseCase
from shared.meta.graph_errors import GraphError
from shared.meta.usage import BusinessUse, Usage

NEAR_PERCENT = 90.0
NEAR_SECONDS = 60.0
FULL_SECONDS = 300.0
SLOW_SECONDS = 5.0
DEAD_TOKEN_SECONDS = 60.0
_DEAD_TOKEN = {102, 190}
_OF_AN_EDGE = 613
_USE_CASES: dict[str, UseCase] = {each: each for each in get_args(UseCase)}


@dataclass(frozen=True, slots=True)
class Caller:
    """On whose behalf a call is made."""

    platform: str
    account: str
    credential: Credential

    @property
    def app(self) -> Scope:
        """Held when the whole app is."""
        return Scope("app", "", self.credential.app)

    @property
    def whole(self) -> Scope:
        """Held when all of the account is."""
        return Scope("account", self.platform, self.account, self.credential.login)

    @property
    def automatic(self) -> Scope:
        """Held when the account must do nothing by itself."""
        return Scope("automatic", self.platform, self.account)

    def quota(self, use_case: UseCase, account: str | None = None) -> Scope:
        """Held when one use case of the account is."""
        return Scope(use_case, self.platform, account or self.account)


class Budgets:
    """Who may call now; told of every answer."""

    def __init__(self, holds: Holds) -> None:
        self._holds = holds

    def refusal(self, caller: Caller, use_case: UseCase) -> Reason | None:
        """Why a read may not be made now; None when it may."""
        scopes = (caller.app, caller.whole, caller.quota(use_case))
        found = self._holds.first((*scopes, *map(_reads, scopes), caller.automatic))
        return found[0] if found else None

    def write_refusal(self, caller: Caller, use_case: UseCase) -> tuple[Reason, float] | None:
        """Why a write may not be made now, and for how many seconds yet; None when it may."""
        return self._holds.first((caller.app, caller.whole, caller.quota(use_case)))

    def too_slow(self, caller: Caller) -> Hold:
        """A call of the account timed out: it waits, others do not."""
        hold = Hold(caller.whole, SLOW_SECONDS, "slow")
        self._hold([hold])
        return hold

    def note_usage(self, caller: Caller, usage: Usage) -> None:
        """Hold what is used up, or nearly so."""
        self._hold(_of_usage(caller, usage))

    def note_error(
        self, caller: Caller, use_case: UseCase, error: GraphError, usage: Usage
    ) -> None:
        """Hold whatever the error to a read says must wait."""
        holds = _of_error(caller, use_case, error, usage)
        if error.code == _OF_AN_EDGE and error.bucket == "account":
            # The edges have limits of their own, those of reads the lowest (platform §7.1).
            holds = (replace(hold, scope=_reads(hold.scope)) for hold in holds)
        self._hold(holds)

    def note_write(
        self, caller: Caller, use_case: UseCase, error: GraphError | None, usage: Usage
    ) -> tuple[Hold, ...]:
        """Hold whatever the answer to a write says must wait, and tell what concerns writes.

        Who asked for a write is not known here: `automatic` is told only.
        """
        holds = [*_of_usage(caller, usage)]
        if error:
            holds += _of_error(caller, use_case, error, usage)
        self._hold(hold for hold in holds if hold.scope.kind != "automatic")
        return tuple(hold for hold in holds if hold.scope.calls == "all")

    def _hold(self, holds: Iterable[Hold]) -> None:
        for hold in holds:
            self._holds.hold(hold.scope, hold.seconds, hold.reason)


def _reads(scope: Scope) -> Scope:
    return scope._replace(calls="reads")


def _of_usage(caller: Caller, usage: Usage) -> Iterator[Hold]:
    yield from _of_quota(caller.app, "app", usage.app_percent, timedelta())
    yield from _of_quota(caller.whole, "page", usage.page_percent, timedelta())
    known = [use for use in usage.business if use.use_case in _USE_CASES]
    for use in known:
        scope = caller.quota(_USE_CASES[use.use_case], _owner(caller, use, known))
        yield from _of_quota(scope, use.use_case, use.percent, use.regain)


def _of_quota(scope: Scope, use_case: str, percent: float, regain: timedelta) -> Iterator[Hold]:
    if percent:
        metrics.QUOTA.labels(use_case).observe(percent / 100)
    if regain:
        yield Hold(scope, regain.total_seconds(), "throttled")
    elif percent >= 100:
        yield Hold(scope, FULL_SECONDS, "throttled")
    elif percent >= NEAR_PERCENT:
        yield Hold(_reads(scope), NEAR_SECONDS, "throttled")


def _of_error(caller: Caller, use_case: UseCase, error: GraphError, usage: Usage) -> Iterator[Hold]:
    wait = error.wait.total_seconds() if error.wait else 0.0
    if error.verdict == "wait":
        scopes = {"app": caller.app, "token": caller.whole}
        scope = scopes.get(error.bucket or "", caller.quota(use_case))
        yield Hold(scope, _regain(caller, usage.business, use_case) or wait, "throttled")
    elif error.verdict == "pause":
        yield Hold(caller.automatic, wait, "paused")
    elif error.code in _DEAD_TOKEN and error.verdict in ("reauthenticate", "disconnected"):
        yield Hold(caller.whole, DEAD_TOKEN_SECONDS, "reauthenticate")


def _owner(caller: Caller, use: BusinessUse, uses: Iterable[BusinessUse]) -> str:
    # The key is some business object of the token, not always the account's own id; but of several
    # objects in one header those that are not this account are somebody else's.
    alone = len({other.object_id for other in uses}) == 1
    return caller.account if alone else use.object_id


def _regain(caller: Caller, uses: tuple[BusinessUse, ...], use_case: UseCase) -> float:
    mine = [
        use.regain.total_seconds()
        for use in uses
        if use.use_case == use_case and _owner(caller, use, uses) == caller.account
    ]
    return max(mine, default=0.0)
