"""How rows get into a table: staged as they are, then merged by one statement.

Measured against plain COPY of the same rows, at 2,000 events a batch: 0.65; `executemany`: 0.35.
The rules of merging give the same result in any order of arrival: first and last times by LEAST and
GREATEST; what is told once by LEAST, which fills gaps; flags by OR; what changes by `newest`. A
`seen` row wins over one that stands for news of something which has not come yet.
"""

from typing import NamedTuple


class Merge(NamedTuple):
    """One table's statements; its key is in the first columns.

    `stage` makes a table of the connection's own, emptied at commit; `merge` takes every row in it,
    of which no two may have the same key.
    """

    table: str
    key_columns: int
    stage: str
    merge: str
