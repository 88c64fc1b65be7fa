"""How rows get into a table: new ones by COPY, the others by a statement that gets each column as
an array.

The rules of merging give the same result in any order of arrival: first and last times by LEAST and
GREATEST; what is told once by LEAST, which fills gaps; flags by OR; what changes by `newest`. A
`seen` row wins over one that stands for news of something which has not come yet.
"""

from typing import NamedTuple


class Merge(NamedTuple):
    """One table's statements; its key is in the first columns, with Meta's own id in the third.

    `known` gives the keys that there are with any of some ids. Of the rows that `merge` gets no two
    may have the same key.
    """

    table: str
    key_columns: int
    known: str
    merge: str

    @property
    def columns(self) -> list[str]:
        """What a row has, in order: those that `merge` inserts."""
        listed = self.merge.partition("(")[2].partition(")")[0]
        return [name.strip() for name in listed.split(",")]
