"""What became of a call whose answer is unknown: read back at Meta, never guessed.

`Absent` is only said when everything that could show it was read; in doubt it is `Unreadable`, as a
second try of something done is worse than waiting (pitfalls B8). Each verdict is of the moment:
what Meta carries out late appears late.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain

from services.executor import questions
from services.executor.sightings import (
    Absent,
    Present,
    Sighting,
    Sought,
    Unreadable,
    Verdict,
    among,
    in_conversation,
    messages_of,
    see,
)
from shared.contracts.actions import Action
from shared.graph.client import Graph
from shared.graph.paging import next_cursor, pages
from shared.graph.queries import Failed, Found, Query, askable
from shared.meta import lenient

_SLACK = timedelta(minutes=1)
"""How far Meta's clock may be behind ours."""

_MOST_PAGES = 20

Others = Callable[[Collection[str]], Awaitable[Collection[str]]]
"""Tells which of these ids are of what other actions made."""


async def read_back(graph: Graph, action: Action, called_at: datetime, others: Others) -> Verdict:
    """What became of the call for `action` that began at `called_at`.

    Messages and private replies cost one read of the edge `conversations`, for which the caller has
    the budget. `others` are asked about all that was seen and could be ours.
    """
    sought = Sought(action.text or "", called_at - _SLACK)
    target = action.person_id if action.kind == "message" else action.comment_id
    if target is None or not (askable(target) and askable(action.account)):
        return Unreadable("no_target")
    match action.kind:
        case "hide" | "unhide":
            return await _hidden(graph, action)
        case "delete":
            return await _deleted(graph, action)
        case "reply":
            return await _replied(graph, action, sought, others)
        case "private_reply" | "message":
            return await _told(graph, action, sought, others)
        case _:
            return Unreadable("not_at_meta")


async def _ask(graph: Graph, action: Action, query: Query) -> lenient.Fields | Unreadable:
    (answer,) = await graph.ask(action.platform, action.account, [query])
    return answer.body if isinstance(answer, Found) else Unreadable(answer.reason)


async def _hidden(graph: Graph, action: Action) -> Verdict:
    found = await _ask(graph, action, questions.comment(action, "hidden"))
    wanted = action.kind == "hide"
    if isinstance(found, Unreadable):
        # Graph may not tell of hidden comments at all (pitfalls B37): gone is as good as hidden.
        return Present() if wanted and found.reason == "gone" else found
    hidden = lenient.flag(found, "is_hidden" if action.platform == "page" else "hidden")
    if hidden is None:
        return Unreadable("withheld")
    return Present() if hidden is wanted else Absent()


async def _deleted(graph: Graph, action: Action) -> Verdict:
    found = await _ask(graph, action, questions.comment(action))
    if isinstance(found, Unreadable):
        return Present() if found.reason == "gone" else found
    return Absent()


async def _replied(graph: Graph, action: Action, sought: Sought, others: Others) -> Verdict:
    comment = await _ask(graph, action, questions.comment(action, "parent", "hidden"))
    if isinstance(comment, Unreadable):
        return comment
    seen = await _below(graph, action, _root(action, comment))
    if isinstance(seen, Unreadable):
        return seen
    verdict = await _by_us(graph, action, seen, await _without(sought, seen, others))
    veiled = action.live or lenient.flag(comment, "hidden") or lenient.flag(comment, "is_hidden")
    # What is below a hidden or a live comment may not be told (platform §6.2).
    return Unreadable("veiled") if veiled and isinstance(verdict, Absent) else verdict


def _root(action: Action, comment: lenient.Fields) -> str:
    """Where Meta puts a reply to a reply: below the first comment (platform §6.3)."""
    parent = lenient.identifier(comment, "parent_id") or lenient.identifier(
        lenient.part(comment, "parent"), "id"
    )
    unreal = (None, action.media_id, action.account)  # pitfalls B16
    below = parent if parent not in unreal else action.comment_id
    return below or ""


async def _below(graph: Graph, action: Action, comment_id: str) -> list[Sighting] | Unreadable:
    if not askable(comment_id):
        return Unreadable("no_target")
    seen: list[Sighting] = []
    read = 0
    query = questions.replies(action, comment_id)
    async for answer in pages(graph, action.platform, action.account, query):
        if isinstance(answer, Failed):
            return Unreadable(answer.reason)
        seen += map(see, lenient.items(answer.body, "data"))
        read += 1
        if read == _MOST_PAGES and next_cursor(answer.body):
            return Unreadable("too_many")
    return seen


async def _by_us(graph: Graph, action: Action, seen: Sequence[Sighting], sought: Sought) -> Verdict:
    possible = [each for each in seen if sought.compare(each) != "other"]
    mine = [
        each for each in possible if each.ours or not each.authors or action.account in each.authors
    ]
    if possible and not mine:
        # Our own comments may name us by our other id (platform §0.2).
        us = await _ask(graph, action, questions.ourselves(action))
        if isinstance(us, Unreadable):
            return us
        names = {lenient.identifier(us, "id"), lenient.text(us, "username")}
        mine = [each for each in possible if each.authors & names]
    return among(mine, sought)


async def _without(sought: Sought, seen: Iterable[Sighting], others: Others) -> Sought:
    """`sought`, which is nothing of what is known to be others'."""
    ids = {each.id for each in seen if each.id and sought.compare(each) != "other"}
    return replace(sought, taken=await others(ids)) if ids else sought


async def _told(graph: Graph, action: Action, sought: Sought, others: Others) -> Verdict:
    person_id = await _person(graph, action)
    if isinstance(person_id, Unreadable):
        return person_id
    found = await _ask(graph, action, questions.conversation(action, person_id))
    if isinstance(found, Unreadable):
        return found
    threads = [messages_of(lenient.fields(each)) for each in lenient.items(found, "data")]
    sought = await _without(sought, chain.from_iterable(threads), others)
    verdict = in_conversation(threads, person_id, sought)
    if isinstance(verdict, Present):
        return replace(verdict, recipient_id=person_id)
    if action.kind == "private_reply" and verdict == Unreadable("no_conversation"):
        return Absent()  # it would have begun one; and Meta lets no second one through
    return verdict


async def _person(graph: Graph, action: Action) -> str | Unreadable:
    """Whom it went to: a private reply goes to whoever wrote the comment."""
    if action.person_id is not None:
        return action.person_id
    comment = await _ask(graph, action, questions.comment(action, "author"))
    if isinstance(comment, Unreadable):
        return comment
    return lenient.identifier(lenient.part(comment, "from"), "id") or Unreadable("no_person")
