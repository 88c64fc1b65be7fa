"""The raw event: one of Meta's items, verbatim, in an envelope that says what it is and how it
came."""

from datetime import datetime
from typing import Literal, get_args

from msgspec import Raw, Struct

Kind = Literal[
    "comment",
    "live-comment",
    "mention",
    "message",
    "message-deleted",
    "message-edit",
    "reaction",
    "postback",
    "referral",
    "read",
    "delivery",
    "handover",
    "optin",
    "feedback",
    "policy",
    "messaging",  # from messaging[] or standby[], of a kind we do not know
    "change",  # from changes[], of a field we do not type: story_insights, likes, unknown ones
    "broken",  # could not be read as what it claims to be; `reason` says why
]
"""What an event is. Kinds are spelt as in event ids (design §3)."""

KINDS: tuple[Kind, ...] = get_args(Kind)

Container = Literal[
    "changes", "messaging", "standby", "flat", "changed_fields", "entry", "delivery"
]
"""Where in the delivery the item stood; `entry` and `delivery` are for those that could not be
taken further apart."""

TimeSource = Literal["event", "delivery", "arrival"]
"""Whose clock `occurred_at` is: the event's own, `entry.time` (an upper bound), or ours (platform
§3, Time units)."""

Origin = Literal["webhook", "poll", "replay"]


class RawEvent(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The value of every record on the raw topics.

    `id` is Meta's natural key, the same for every redelivery (design §3). `kind` says what it is.
    `platform` is the delivery's `object`, as a rule `instagram` or `page`. `account` is `entry.id`,
    empty where the delivery names none. `thread` is what orders the event: with `account` it makes
    the record's key. `app` names the app whose secret signed the delivery. `container` is where in
    the delivery the item stood, `field` the name it stood under. `occurred_at` is when it happened
    as far as Meta tells. `time_source` is whose clock that is: the event's own, the delivery's,
    which is an upper bound, or ours at its arrival. `received_at` is when it arrived. `origin` is
    how it came: pushed by Meta, polled, or published once more. `item` is Meta's own JSON, byte for
    byte. `test` marks what Meta's dashboard sends to try out a subscription (platform §4.1).
    `reason` says why a broken event could not be read.
    """

    id: str
    kind: Kind
    platform: str
    account: str
    thread: str
    app: str
    container: Container
    field: str
    occurred_at: datetime
    time_source: TimeSource
    received_at: datetime
    origin: Origin = "webhook"
    test: bool = False
    reason: str | None = None
    item: Raw
