"""What is to be done at Meta, what became of it, and what that amounts to here."""

from alembic import op

revision = "0006"
down_revision = "0005"

# One row for each action, written before anything is called. `claim` is what Meta allows once;
# while `held`, no other action may have it. `claimed_until` is when an executor that has not said
# what became of its call counts as dead: the call may have reached Meta. `called_at` is when the
# last such call began. `changes` counts the rows of action_changes.
_ACTIONS = """
CREATE TABLE actions (
    id text PRIMARY KEY,
    kind text NOT NULL,
    platform text NOT NULL,
    account text NOT NULL,
    thread text NOT NULL,
    claim text NOT NULL,
    held boolean NOT NULL,
    priority smallint NOT NULL,
    event_id text,
    rule text,
    rule_version bigint,
    requested_by text NOT NULL,
    comment_id text,
    person_id text,
    text text,
    tag text,
    document jsonb NOT NULL,
    state text NOT NULL,
    reason text,
    code bigint,
    subcode bigint,
    settled text,
    attempts integer NOT NULL,
    reads integer NOT NULL,
    created_id text,
    recipient_id text,
    requested_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    expires_at timestamptz,
    claimed_by text,
    claimed_until timestamptz,
    called_at timestamptz,
    traceparent text,
    state_at timestamptz NOT NULL,
    changes integer NOT NULL
)
"""
_BY_CLAIM = "CREATE UNIQUE INDEX actions_by_claim ON actions (platform, account, claim) WHERE held"
# Each of these is as large as what is open, however much there was.
_WAITING = """
CREATE INDEX actions_waiting ON actions (
    platform, account, kind, requested_by, due_at, requested_at, id
) WHERE state = 'requested'
"""
_EXPIRING = "CREATE INDEX actions_expiring ON actions (expires_at) WHERE state = 'requested'"
_CLAIMED = "CREATE INDEX actions_claimed ON actions (claimed_until) WHERE state = 'claimed'"
_UNKNOWN = "CREATE INDEX actions_unknown ON actions (due_at) WHERE state = 'unknown'"
_BY_EVENT = "CREATE INDEX actions_by_event ON actions (event_id)"
_BY_TIME = "CREATE INDEX actions_by_time ON actions (platform, account, requested_at)"
_BY_COMMENT = "CREATE INDEX actions_by_comment ON actions (comment_id)"
_BY_PERSON = "CREATE INDEX actions_by_person ON actions (person_id)"
# One thing that Meta made is the effect of one action.
_BY_CREATED = """
CREATE UNIQUE INDEX actions_by_created ON actions (platform, account, created_id)
"""

# Each change of state, in order; `told_at` is when it was on parley.outcomes.v1.
_CHANGES = """
CREATE TABLE action_changes (
    action_id text NOT NULL REFERENCES actions (id) ON DELETE CASCADE,
    number integer NOT NULL,
    state text NOT NULL,
    reason text,
    at timestamptz NOT NULL,
    attempt integer NOT NULL,
    outcome bytea NOT NULL,
    told_at timestamptz,
    PRIMARY KEY (action_id, number)
)
"""
_UNTOLD = "CREATE INDEX action_changes_untold ON action_changes (at) WHERE told_at IS NULL"

# What each account may still do on each edge, for all executors together: when the next call is due
# if calls came evenly (GCRA).
_BUDGETS = """
CREATE TABLE budgets (
    platform text NOT NULL,
    account text NOT NULL,
    edge text NOT NULL,
    next_at timestamptz NOT NULL,
    PRIMARY KEY (platform, account, edge)
)
"""

# Who waits until when: `scope` is `account`, `automatic` (what a person asked for goes on), or an
# edge. The scope `app` has the app's name as its account.
_HOLDS = """
CREATE TABLE holds (
    platform text NOT NULL,
    account text NOT NULL,
    scope text NOT NULL,
    until timestamptz NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (platform, account, scope)
)
"""

_BLOCKED = """
CREATE TABLE blocked (
    platform text NOT NULL,
    account text NOT NULL,
    person_id text NOT NULL,
    action_id text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (platform, account, person_id)
)
"""
_TAGS = """
CREATE TABLE tags (
    platform text NOT NULL,
    account text NOT NULL,
    subject text NOT NULL,
    tag text NOT NULL,
    action_id text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (platform, account, subject, tag)
)
"""
# What waits for a person.
_QUEUE = """
CREATE TABLE queue (
    event_id text PRIMARY KEY,
    platform text NOT NULL,
    account text NOT NULL,
    thread text NOT NULL,
    action_id text NOT NULL,
    note text,
    at timestamptz NOT NULL,
    done_at timestamptz
)
"""
_QUEUE_OPEN = "CREATE INDEX queue_open ON queue (platform, account, at) WHERE done_at IS NULL"

# What the outcomes say of a comment.
_COMMENT_OUTCOMES = """
ALTER TABLE comments
    ADD COLUMN replied_at timestamptz,
    ADD COLUMN privately_replied_at timestamptz
"""

_TABLES = ("queue", "tags", "blocked", "holds", "budgets", "action_changes", "actions")
_STATEMENTS = (
    _ACTIONS,
    _BY_CLAIM,
    _WAITING,
    _EXPIRING,
    _CLAIMED,
    _UNKNOWN,
    _BY_EVENT,
    _BY_TIME,
    _BY_COMMENT,
    _BY_PERSON,
    _BY_CREATED,
    _CHANGES,
    _UNTOLD,
    _BUDGETS,
    _HOLDS,
    _BLOCKED,
    _TAGS,
    _QUEUE,
    _QUEUE_OPEN,
    _COMMENT_OUTCOMES,
)


def upgrade() -> None:
    """Create the tables."""
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Drop them."""
    op.execute("ALTER TABLE comments DROP COLUMN replied_at, DROP COLUMN privately_replied_at")
    for table in _TABLES:
        op.execute(f"DROP TABLE {table}")
