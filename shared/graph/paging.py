"""Page after page of one edge.

Meta's `paging.next` is a whole URL with the token in it. It is never called: only its cursor is
taken, so that a foreign address in it reaches nobody.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

from shared.graph.client import Graph
from shared.graph.queries import Answer, Found, Query
from shared.meta import lenient

_LONGEST_CURSOR = 4096


async def pages(graph: Graph, platform: str, account: str, query: Query) -> AsyncIterator[Answer]:
    """Each page of `query`; ends after the last one, or after the first that failed."""
    seen: set[str] = set()
    following: Query | None = query
    while following is not None:
        (answer,) = await graph.ask(platform, account, [following])
        yield answer
        cursor = next_cursor(answer.body) if isinstance(answer, Found) else None
        if cursor is None or cursor in seen:
            return
        seen.add(cursor)
        params = [(name, value) for name, value in query.params if name != "after"]
        following = replace(query, params=(*params, ("after", cursor)))


def next_cursor(page: lenient.Fields) -> str | None:
    """The cursor of the page after `page`; None on the last one, which has no `paging.next`."""
    paging = lenient.part(page, "paging")
    address = lenient.text(paging, "next")
    if address is None:
        return None
    try:
        named = parse_qs(urlsplit(address).query).get("after")
    except ValueError:
        named = None
    cursor = named[0] if named else lenient.text(lenient.part(paging, "cursors"), "after")
    return cursor if cursor and len(cursor) <= _LONGEST_CURSOR else None
