"""Meta's id first in the keys: the persister asks which of a batch's ids are there.

Asked by account and id, Postgres took another index of the account's for as good as the key while
the table was young and had no statistics: 4 s for a batch.
"""

from alembic import op

revision = "0004"
down_revision = "0003"

_KEYS = {
    "comments": ("id", "account", "platform"),
    "mentions": ("id", "account", "platform"),
    "messages": ("id", "account", "platform"),
    "message_reactions": ("message_id", "actor_id", "account", "platform"),
    "conversations": ("id", "account", "platform"),
    "media": ("id", "account", "platform"),
    "people": ("id", "account", "platform"),
}


def upgrade() -> None:
    """Put the id first."""
    for table, key in _KEYS.items():
        _rekey(table, key)


def downgrade() -> None:
    """Put the platform first again."""
    for table, (id_, *others) in _KEYS.items():
        *actor, account, platform = others
        _rekey(table, (platform, account, id_, *actor))


def _rekey(table: str, key: tuple[str, ...]) -> None:
    op.execute(
        f"ALTER TABLE {table} DROP CONSTRAINT {table}_pkey, ADD PRIMARY KEY ({', '.join(key)})"
    )
