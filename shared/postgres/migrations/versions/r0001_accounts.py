"""The connected accounts and their encrypted tokens."""

from alembic import op

revision = "0001"
down_revision = None

_ACCOUNTS = """
CREATE TABLE accounts (
    platform text NOT NULL CHECK (platform IN ('instagram', 'page')),
    id text NOT NULL,
    scoped_id text,
    app text NOT NULL,
    login text NOT NULL CHECK (login IN ('instagram', 'facebook')),
    username text,
    name text,
    status text NOT NULL,
    connected_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (platform, id),
    CHECK (platform = 'instagram' OR login = 'facebook')
)
"""

# Instagram's deauthorize and deletion callbacks name the app-scoped id only (platform §0.2).
_BY_SCOPED_ID = "CREATE INDEX accounts_by_scoped_id ON accounts (platform, scoped_id)"

_CREDENTIALS = """
CREATE TABLE credentials (
    platform text NOT NULL,
    account text NOT NULL,
    token bytea NOT NULL,
    key text NOT NULL,
    expires_at timestamptz,
    scopes text[] NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT now(),
    rotated_at timestamptz,
    PRIMARY KEY (platform, account),
    FOREIGN KEY (platform, account) REFERENCES accounts (platform, id) ON DELETE CASCADE
)
"""


def upgrade() -> None:
    """Create both tables."""
    for statement in (_ACCOUNTS, _BY_SCOPED_ID, _CREDENTIALS):
        op.execute(statement)


def downgrade() -> None:
    """Drop them."""
    op.execute("DROP TABLE credentials")
    op.execute("DROP TABLE accounts")
