"""From what Graph said to who has to wait: usage headers and errors become holds.

| what | who waits | how long |
|---|---|---|
| throttle error, or a quota at 100 % | that app, or that account's use case, or that token | Meta's own estimate, else the error table's |
| a quota at 90 % | the same, for reads: the rest is for writes | a minute, then the next answer tells |
| a dead token | the account | a minute, or until it has another one |
| paused by Meta | the account | hours |
| a time-out | the account on its host | a few seconds |
"""  # noqa: E501 (a table)

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from shared.contracts.credential import Credential
from shared.graph import metrics
from shared.graph.holds import Holds, Key
from shared.graph.queries import Reason, UseCase
from shared.meta.graph_errors import GraphError
from shared.meta.usage import BusinessUse, Usage

NEAR_PERCENT = 90.0
NEAR_SECONDS = 60.0
FULL_SECONDS = 300.0
SLOW_SECONDS = 5.0
DEAD_TOKEN_SECONDS = 60.0
_DEAD_TOKEN = {102, 190}
_USE_CASES = {"instagram", "messenger", "pages"}


@dataclass(frozen=True, slots=True)
class Caller:
    """On whose behalf a call is made."""

    platform: str
    account: str
    credential: Credential

    @property
    def app_key(self) -> Key:
        """Held when the whole app is."""
        return ("app", self.credential.app)

    @property
    def account_key(self) -> Key:
        """Held when all of the account is."""
        return ("account", self.credential.login, self.platform, self.account)

    def quota_key(self, use_case: str, account: str | None = None) -> Key:
        """Held when one use case of the account is."""
        return ("quota", self.platform, account or self.account, use_case)


class Budgets:
    """Who may call now; told of every answer."""

    def __init__(self, holds: Holds) -> None:
        self._holds = holds

    def refusal(self, caller: Caller, use_case: UseCase) -> Reason | None:
        """Why a read may not be made now; None when it may."""
        keys = (caller.app_key, caller.account_key, caller.quota_key(use_case))
        return self._holds.reason(keys)

    def too_slow(self, caller: Caller) -> None:
        """A call of the account timed out: it waits, others do not."""
        self._holds.hold(caller.account_key, SLOW_SECONDS, "slow")

    def note_usage(self, caller: Caller, usage: Usage) -> None:
        """Hold what is used up, or nearly so."""
        self._note(caller.app_key, "app", usage.app_percent, timedelta())
        self._note(caller.account_key, "page", usage.page_percent, timedelta())
        known = [use for use in usage.business if use.use_case in _USE_CASES]
        for use in known:
            key = caller.quota_key(use.use_case, _owner(caller, use, known))
            self._note(key, use.use_case, use.percent, use.regain)

    def note_error(
        self, caller: Caller, use_case: UseCase, error: GraphError, usage: Usage
    ) -> None:
        """Hold whatever the error says must wait."""
        wait = error.wait.total_seconds() if error.wait else 0.0
        if error.verdict == "wait":
            keys = {"app": caller.app_key, "token": caller.account_key}
            key = keys.get(error.bucket or "", caller.quota_key(use_case))
            self._holds.hold(key, _regain(caller, usage.business, use_case) or wait, "throttled")
        elif error.verdict == "pause":
            self._holds.hold(caller.account_key, wait, "paused")
        elif error.code in _DEAD_TOKEN and error.verdict != "retry":
            self._holds.hold(caller.account_key, DEAD_TOKEN_SECONDS, "reauthenticate")

    def _note(self, key: Key, use_case: str, percent: float, regain: timedelta) -> None:
        if percent:
            metrics.QUOTA.labels(use_case).observe(percent / 100)
        if regain:
            self._holds.hold(key, regain.total_seconds(), "throttled")
        elif percent >= 100:
            self._holds.hold(key, FULL_SECONDS, "throttled")
        elif percent >= NEAR_PERCENT:
            self._holds.hold(key, NEAR_SECONDS, "throttled")


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
