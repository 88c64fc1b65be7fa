"""Who we are: what tells our own comments and messages from those of others, by value."""

from dataclasses import dataclass

from shared.contracts.enriched import Person


@dataclass(frozen=True, slots=True)
class Identity:
    """An account's ids, app-scoped ones among them (platform §0.2), and its handle."""

    ids: frozenset[str]
    username: str | None = None

    def wrote(self, author: Person | None, *other_ids: str | None) -> bool:
        """Whether `author` is this account (pitfalls B1)."""
        if not self.ids.isdisjoint(other_ids):
            return True
        if author is None:
            return False
        return author.id in self.ids or self._is_our_handle(author.username)

    def _is_our_handle(self, username: str | None) -> bool:
        return bool(username and self.username) and _handle(username) == _handle(self.username)


def _handle(username: str | None) -> str:
    return (username or "").removeprefix("@").casefold()


def identity(*ids: str | None, username: str | None = None) -> Identity:
    """The identity with those of `ids` that there are."""
    return Identity(frozenset(known for known in ids if known), username)
