"""Counts calls per account and edge, tells how full the quotas are, and says when they are over
(platform §7.1)."""

import json
import math
from collections import Counter, deque
from dataclasses import dataclass

from services.simulator.accounts import Account, Login
from services.simulator.graph.errors import Failure, throttled

_STEPS = 60
_HOUR = 3_600.0
_CODES = {"instagram": 80002, "messenger": 80006, "pages": 80001}
_APP_KEYS: dict[Login, tuple[str, ...]] = {
    "instagram": ("call_volume", "cpu_time"),
    "facebook": ("call_count", "total_time", "total_cputime"),
}
_MESSAGING = frozenset(
    {"conversations", "conversation", "message", "messages", "private_reply", "profile"}
)
_MESSAGING_SUBCODE = 2534040


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """Calls in a rolling window: of one account, and of all accounts of one app."""

    account_calls: int = 200_000
    app_calls: int = 1_000_000
    window_seconds: float = _HOUR
    conversations_a_second: int = 2
    messages_a_second: int = 100
    private_replies_an_hour: int = 750


class Window:
    """How many calls there were in the last `seconds`, exact to a sixtieth of them."""

    def __init__(self, seconds: float, limit: int) -> None:
        self._step = seconds / _STEPS
        self._limit = limit
        self._counts: deque[tuple[int, int]] = deque()
        self._used = 0

    def add(self, now: float) -> bool:
        """Count a call; whether it is over the limit."""
        self._forget(now)
        step = int(now / self._step)
        if self._counts and self._counts[-1][0] == step:
            self._counts[-1] = (step, self._counts[-1][1] + 1)
        else:
            self._counts.append((step, 1))
        self._used += 1
        return self._used > self._limit

    def percent(self, now: float) -> int:
        """How much of the limit is used."""
        self._forget(now)
        return math.ceil(100 * self._used / self._limit)

    def regain_minutes(self, now: float) -> int:
        """In how many minutes enough calls are forgotten; each further one moves that out."""
        self._forget(now)
        over = self._used - self._limit
        freed = 0
        for step, count in self._counts if over >= 0 else ():
            freed += count
            if freed > over:
                return max(1, math.ceil(((step + _STEPS + 1) * self._step - now) / 60))
        return 0

    def _forget(self, now: float) -> None:
        oldest = int(now / self._step) - _STEPS
        while self._counts and self._counts[0][0] <= oldest:
            self._used -= self._counts.popleft()[1]


class Quotas:
    """All counts and windows; `now` are Unix seconds."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._calls: Counter[tuple[str, str]] = Counter()
        self._windows: dict[tuple[str, str], Window] = {}
        self._regain_at: dict[str, float] = {}

    def count(self, account: Account, edge: str, now: float) -> Failure | None:
        """Count one call; the failure it gets when it is one too many."""
        self._calls[account.id, edge] += 1
        limits = self._limits
        seconds = limits.window_seconds
        over_account = self._add(account.id, "", seconds, limits.account_calls, now)
        over_app = self._add(account.app, "app", seconds, limits.app_calls, now)
        if over_account:
            return throttled(_CODES[use_case(account, edge)])
        if over_app:
            return throttled(4)
        return self._over_edge(account, edge, now)

    def announce_regain(self, account: Account, minutes: int, now: float) -> None:
        """Tell in the usage headers of the next minutes that the account is throttled."""
        self._regain_at[account.id] = now + minutes * 60

    def headers(self, account: Account, edge: str, now: float) -> dict[str, str]:
        """The usage headers of an answer; graph.instagram.com names other keys."""
        used = self._percent(account.id, "", now)
        of_app = self._percent(account.app, "app", now)
        keys = _APP_KEYS[account.login]
        business = {
            "type": use_case(account, edge),
            "call_count": used,
            "total_cputime": used // 2,
            "total_time": used // 2,
            "estimated_time_to_regain_access": self._minutes(account, now),
        }
        return {
            "X-App-Usage": json.dumps(dict.fromkeys(keys, of_app)),
            "X-Business-Use-Case-Usage": json.dumps({account.id: [business]}),
        }

    def calls(self) -> dict[str, dict[str, int]]:
        """Calls by account and edge."""
        found: dict[str, dict[str, int]] = {}
        for (account_id, edge), count in sorted(self._calls.items()):
            found.setdefault(account_id, {})[edge] = count
        return found

    def _over_edge(self, account: Account, edge: str, now: float) -> Failure | None:
        limits = self._limits
        seconds, limit = {
            "conversations": (1.0, limits.conversations_a_second),
            "messages": (1.0, limits.messages_a_second),
            "private_reply": (_HOUR, limits.private_replies_an_hour),
        }.get(edge, (0.0, 0))
        if limit and self._add(account.id, edge, seconds, limit, now):
            return throttled(613, _MESSAGING_SUBCODE)
        return None

    def _add(self, owner: str, edge: str, seconds: float, limit: int, now: float) -> bool:
        window = self._windows.get((owner, edge))
        if window is None:
            window = self._windows[owner, edge] = Window(seconds, limit)
        return window.add(now)

    def _percent(self, owner: str, edge: str, now: float) -> int:
        window = self._windows.get((owner, edge))
        return window.percent(now) if window else 0

    def _minutes(self, account: Account, now: float) -> int:
        window = self._windows.get((account.id, ""))
        announced = math.ceil(max(0.0, self._regain_at.get(account.id, now) - now) / 60)
        return max(announced, window.regain_minutes(now) if window else 0)


def use_case(account: Account, edge: str) -> str:
    """Which quota an edge belongs to, as the usage header names it."""
    if edge in _MESSAGING:
        return "messenger"
    return "pages" if account.platform == "page" else "instagram"
