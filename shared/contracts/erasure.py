"""Requests to erase, for all who keep copies: the value of `parley.erasures.v1`."""

from datetime import datetime

from msgspec import Struct


class Erasure(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything about an account, or about one person in it, is to be erased: what it says, and
    what is derived from that.

    `id` is the same whenever this request comes again. `person` is the person's id, scoped to
    `account`; without it the account itself and all people in it are meant. `requested_at` is when
    it was asked for: what people say later is not meant. `reason` is why, in the operator's words.
    """

    id: str
    platform: str
    account: str
    person: str | None = None
    requested_at: datetime
    reason: str
