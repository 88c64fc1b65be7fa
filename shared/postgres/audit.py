"""Questions about the event log as a whole."""

from collections.abc import Sequence

from asyncpg import Pool

_MISSING = """
SELECT wanted FROM unnest($1::text[]) AS wanted
WHERE NOT EXISTS (SELECT FROM events WHERE events.id = wanted)
"""


async def missing(pool: Pool, ids: Sequence[str]) -> list[str]:
    """Those of `ids` that are not in the event log."""
    return [row["wanted"] for row in await pool.fetch(_MISSING, list(ids))]
