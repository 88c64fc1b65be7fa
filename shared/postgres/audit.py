"""Questions about the event log as a whole."""

from collections.abc import Sequence

from shared.postgres.pool import Pool, transient_failures

_MISSING = """
SELECT wanted FROM unnest($1::text[]) AS wanted
WHERE NOT EXISTS (SELECT FROM events WHERE events.id = wanted)
"""


async def missing(pool: Pool, ids: Sequence[str]) -> list[str]:
    """Those of `ids` that are not in the event log.

    Raises:
        Transient: Postgres can't be asked.
    """
    with transient_failures():
        return [row["wanted"] for row in await pool.fetch(_MISSING, list(ids))]
