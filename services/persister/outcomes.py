"""What became of our own actions, as rows: hidden, removed and answered comments, and what we
said."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from services.persister.latest import Row
from shared.contracts.actions import Action, Outcome

_SENT_EMPTY = (None,) * 11


def comment_rows(outcomes: Iterable[Outcome]) -> Iterator[Row]:
    """In the order of `statements.comments.COMMENTS`."""
    for outcome in outcomes:
        kind = outcome.action.kind
        if kind == "delete" and _gone(outcome):
            yield _news(outcome, removed_at=outcome.at)
        elif outcome.state != "sent":
            continue
        elif kind in {"hide", "unhide"}:
            yield _news(outcome, hidden=kind == "hide")
        elif kind == "private_reply":
            yield _news(outcome, privately_replied_at=outcome.at)
        elif kind == "reply":
            yield _news(outcome, replied_at=outcome.at)
            if outcome.created_id is not None:
                yield _our_comment(outcome, outcome.created_id)


def _gone(outcome: Outcome) -> bool:
    return outcome.state == "sent" or (outcome.state, outcome.reason) == ("skipped", "gone")


def _news(
    outcome: Outcome,
    *,
    hidden: bool | None = None,
    removed_at: datetime | None = None,
    replied_at: datetime | None = None,
    privately_replied_at: datetime | None = None,
) -> Row:
    """Something about the comment that was acted upon, which may not have come yet."""
    return (
        *_place(outcome.action, outcome.action.comment_id or ""),
        *(None, False, None, None, None),  # on which media, below what, by whom: the comment tells
        *(None, None, None),
        outcome.action.live,
        *(False, None, None),
        hidden,
        None if hidden is None else outcome.at,
        removed_at,
        False,
        *_at(outcome),
        *(None, None, None),
        replied_at,
        privately_replied_at,
    )


def _our_comment(outcome: Outcome, id_: str) -> Row:
    """What we said, below the comment that began the thread: Meta takes replies to replies there
    (platform §6.3)."""
    action = outcome.action
    return (
        *_place(action, id_),
        *(action.media_id, False, action.thread, None, None),
        *(action.text, None, None),
        action.live,
        *(True, None, None),
        *(None, None, None),
        True,
        *_at(outcome),
        *(None, None, None),
        *(None, None),
    )


def message_rows(outcomes: Iterable[Outcome]) -> Iterator[Row]:
    """In the order of `statements.messages.MESSAGES`: what we sent, under Meta's own id, which its
    echo has too."""
    for outcome in outcomes:
        action, id_ = outcome.action, outcome.created_id
        if action.kind not in {"message", "private_reply"}:
            continue
        if outcome.state != "sent" or id_ is None:
            continue
        person_id = outcome.recipient_id
        if person_id is None and action.kind == "message":
            person_id = action.person_id
        yield (
            *_place(action, id_),
            *("message", person_id, person_id, "outbound"),
            *(action.text, None, None),
            *_SENT_EMPTY,
            *(True, None, None, True),
            *_at(outcome),
        )


def _place(action: Action, id_: str) -> tuple[str, str, str]:
    return action.platform, action.account, id_


def _at(outcome: Outcome) -> tuple[datetime, str]:
    """An upper bound of when it was made, by our clock."""
    return outcome.at, "arrival"
