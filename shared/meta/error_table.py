"""The error table of platform §7.3 as data: what each code and subcode of Graph means for us."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

Verdict = Literal[
    "retry",  # the same call may succeed in a moment
    "wait",  # throttled: no call of this bucket before `wait` has passed
    "later",  # not possible yet; ask again after `wait`
    "reauthenticate",  # the token or what it was granted is dead: its owner must log in again
    "disconnected",  # the person removed the app
    "gone",  # deleted, or never ours to see
    "forbidden",  # not permitted, though the token lives
    "used",  # the one private reply to this comment is used up, or was never to be had
    "recipient",  # this person can't be reached or looked up
    "window",  # outside the messaging window
    "request",  # we asked for something wrong; the same call fails for ever
    "content",  # the media, caption or attachment is at fault
    "renew",  # the publishing container is spent: make a new one
    "pause",  # stop this account for `wait`; a person must act
    "ambiguous",  # a write that may have happened: read back, never resend blindly
    "config",  # the app or the account is set up wrongly
]
Bucket = Literal["app", "account", "token"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table. `retries` is how many more tries of a read make sense."""

    verdict: Verdict
    bucket: Bucket | None = None
    wait: timedelta | None = None
    retries: int = 0


RETRY = Rule("retry", retries=2)
_APP = Rule("wait", "app", timedelta(minutes=5))
_TOKEN = Rule("wait", "token", timedelta(minutes=5))
_ACCOUNT = Rule("wait", "account", timedelta(minutes=5))
_DAILY = Rule("wait", "account", timedelta(days=1))
_PAUSE = Rule("pause", "account", timedelta(hours=6))
_LATER = Rule("later", wait=timedelta(seconds=30))
REQUEST = Rule("request")
_REAUTHENTICATE = Rule("reauthenticate")
_USED = Rule("used")
AMBIGUOUS = Rule("ambiguous")

BY_CODE: dict[int, Rule] = {
    1: RETRY,
    2: RETRY,
    3: Rule("config"),
    4: _APP,
    9: _DAILY,
    10: Rule("forbidden"),
    17: _TOKEN,
    24: Rule("gone"),
    25: _PAUSE,
    32: _TOKEN,
    100: REQUEST,
    102: _REAUTHENTICATE,
    190: _REAUTHENTICATE,
    **dict.fromkeys(range(200, 300), _REAUTHENTICATE),
    230: Rule("forbidden"),  # a profile without its person's consent (pitfalls B38)
    341: _APP,
    352: Rule("content"),
    368: _PAUSE,
    506: REQUEST,
    551: Rule("recipient"),
    613: _ACCOUNT,
    803: Rule("gone"),
    2022: _PAUSE,
    2500: REQUEST,
    9004: Rule("content"),
    9007: _LATER,
    9010: Rule("recipient"),  # no such person (pitfalls B38)
    10900: _USED,
    10903: Rule("recipient"),
    **dict.fromkeys(range(36000, 36005), Rule("content")),
    36103: Rule("later", wait=timedelta(days=1)),
    **dict.fromkeys(range(80000, 80015), _ACCOUNT),
    9000001: Rule("gone"),
}

BY_SUBCODE: dict[tuple[int, int], Rule] = {
    (-2, 2207003): RETRY,
    (-2, 2207020): Rule("renew"),
    (-1, 2207001): RETRY,
    (-1, 2207032): Rule("renew"),
    (-1, 2207053): Rule("renew"),
    (1, 99): Rule("forbidden", retries=1),
    (1, 1357046): RETRY,
    (2, 2018344): Rule("config"),
    (4, 2207051): _PAUSE,
    (10, 1893063): _PAUSE,
    (10, 2018065): Rule("window"),
    (10, 2018108): Rule("recipient"),
    (10, 2018278): Rule("window"),
    (10, 2534022): Rule("window"),
    (10, 2534077): _REAUTHENTICATE,
    (20, 1772107): REQUEST,
    (24, 2207008): _LATER,
    (100, 33): Rule("gone"),
    (100, 2018001): Rule("recipient"),
    (100, 2018008): Rule("content", retries=1),
    (100, 2018047): Rule("content"),
    (100, 2018109): Rule("content"),
    (100, 2018294): Rule("content"),
    (100, 2534013): Rule("config"),
    (100, 2534014): Rule("recipient"),
    (100, 2534015): REQUEST,
    (100, 2534025): _USED,
    (100, 2534029): _PAUSE,
    (100, 2534037): _LATER,
    (100, 2534068): Rule("config"),
    **{(100, subcode): Rule("content") for subcode in range(2207000, 2207100)},
    (190, 458): Rule("disconnected"),
    (200, 1545041): Rule("recipient"),
    (200, 2018028): Rule("config"),
    (200, 2534041): _PAUSE,
    (613, 1996): _APP,
    (613, 2018338): _PAUSE,
}

BY_SUBCODE_ALONE: dict[int, Rule] = {
    2018300: _LATER,
    2018321: _LATER,
    2534001: Rule("gone"),
}

AMBIGUOUS_WRITES = frozenset({(20, 1772107)})
"""Beside code 1 and what a read would retry: Graph did it and reported an error (platform §0.9)."""

BY_STATUS: dict[int, Rule] = {
    401: _REAUTHENTICATE,
    403: Rule("forbidden"),
    408: RETRY,
    410: Rule("gone"),
    425: RETRY,
    429: _ACCOUNT,
}

FLAG_DECIDES = frozenset({"request", "reauthenticate", "forbidden", "config"})
"""What a set `is_transient` turns into a retry: a passing fault is no revoked token (B32)."""
