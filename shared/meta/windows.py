"""Until when Meta lets us speak to somebody (platform §6.3)."""

from datetime import datetime, timedelta

from shared.contracts.actions import Action

MESSAGE = timedelta(hours=24)
"""From the person's last own act, of any kind (pitfalls B9)."""

HUMAN_AGENT = timedelta(days=7)
"""The same for what a person of ours wrote; never for a rule."""

PRIVATE_REPLY = timedelta(days=7)
"""From when the comment was made."""


def closes_at(action: Action, opened_at: datetime | None) -> datetime | None:
    """When it becomes too late for `action`; None when that is not known, or never.

    `opened_at` is, for a message, when its person last did something, and for a private reply when
    the comment was made: where only an upper bound of that is known, Meta may say no earlier.
    """
    if opened_at is None:
        return None
    if action.kind == "private_reply":
        return opened_at + PRIVATE_REPLY
    if action.kind != "message":
        return None
    return opened_at + (HUMAN_AGENT if by_human(action) else MESSAGE)


def by_human(action: Action) -> bool:
    """Whether a message may carry the tag `HUMAN_AGENT`: no automation may (platform §6.3)."""
    return action.human_agent and action.requested_by == "person"
