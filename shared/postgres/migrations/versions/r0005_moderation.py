"""What the moderator goes by and what it decided: rules, brakes, decisions, history."""

from alembic import op

revision = "0005"
down_revision = "0004"

# Sets are never changed: a change is a new version, the latest is in force. Platform and account
# are empty for the set of all accounts.
_RULE_SETS = """
CREATE TABLE rule_sets (
    version bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    platform text NOT NULL,
    account text NOT NULL,
    document jsonb NOT NULL,
    imported_at timestamptz NOT NULL DEFAULT now(),
    imported_by text NOT NULL
)
"""
_RULE_SETS_LATEST = """
CREATE INDEX rule_sets_latest ON rule_sets (platform, account, version DESC)
"""

# The kill switch: while a row is here nothing automatic is done for its account, or, with both
# empty, for all.
_BRAKES = """
CREATE TABLE brakes (
    platform text NOT NULL,
    account text NOT NULL,
    stopped_at timestamptz NOT NULL DEFAULT now(),
    stopped_by text NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (platform, account)
)
"""

# Rules that only observe because they hit far more than usual; a new version of the set closes it.
_BREAKERS = """
CREATE TABLE breakers (
    version bigint NOT NULL REFERENCES rule_sets (version) ON DELETE CASCADE,
    rule text NOT NULL,
    platform text NOT NULL,
    account text NOT NULL,
    opened_at timestamptz NOT NULL,
    share double precision NOT NULL,
    usual double precision NOT NULL,
    PRIMARY KEY (version, rule, platform, account)
)
"""

# One row for every event that was judged, for ever the same; `document` is the whole decision.
_DECISIONS = """
CREATE TABLE decisions (
    event_id text PRIMARY KEY,
    platform text NOT NULL,
    account text NOT NULL,
    thread text NOT NULL,
    kind text NOT NULL,
    person_id text,
    outcome text NOT NULL,
    excuse text,
    acts boolean NOT NULL,
    occurred_at timestamptz NOT NULL,
    decided_at timestamptz NOT NULL,
    document jsonb NOT NULL
)
"""
_DECISIONS_BY_TIME = "CREATE INDEX decisions_by_time ON decisions (platform, account, decided_at)"

# Who has been heard of, and since when.
_CONTACTS = """
CREATE TABLE contacts (
    platform text NOT NULL,
    account text NOT NULL,
    person_id text NOT NULL,
    event_id text NOT NULL,
    first_at timestamptz NOT NULL,
    PRIMARY KEY (platform, account, person_id)
)
"""

# What was said, as numbers that tell whether two texts are the same or nearly so; kept for as long
# as the longest window of a rule. `bands` are the four 16-bit parts of `simhash`, each with its
# place: two texts that differ in at most three bits have one in common.
_SAYINGS = """
CREATE TABLE sayings (
    event_id text PRIMARY KEY,
    platform text NOT NULL,
    account text NOT NULL,
    person_id text,
    text_hash bigint NOT NULL,
    simhash bigint NOT NULL,
    bands integer[] NOT NULL,
    said_at timestamptz NOT NULL
)
"""
_SAYINGS_BY_TEXT = "CREATE INDEX sayings_by_text ON sayings (platform, account, text_hash, said_at)"
_SAYINGS_BY_PERSON = """
CREATE INDEX sayings_by_person ON sayings (platform, account, person_id, said_at)
"""
_SAYINGS_BY_BAND = tuple(
    f"CREATE INDEX sayings_by_band_{band} ON sayings (platform, account, (bands[{band}]), said_at)"
    for band in (1, 2, 3, 4)
)
_SAYINGS_BY_TIME = "CREATE INDEX sayings_by_time ON sayings USING brin (said_at)"

# Which rule matched which event; `kinds` are the actions it then caused, empty when it observed or
# was capped.
_HITS = """
CREATE TABLE hits (
    event_id text NOT NULL,
    rule text NOT NULL,
    version bigint NOT NULL,
    platform text NOT NULL,
    account text NOT NULL,
    thread text NOT NULL,
    person_id text,
    kinds text[] NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (event_id, rule)
)
"""
_HITS_BY_RULE = "CREATE INDEX hits_by_rule ON hits (platform, account, rule, at)"
_HITS_BY_PERSON = "CREATE INDEX hits_by_person ON hits (platform, account, person_id, at)"
_HITS_BY_THREAD = "CREATE INDEX hits_by_thread ON hits (platform, account, thread, at)"
_HITS_BY_TIME = "CREATE INDEX hits_by_time ON hits USING brin (at)"

# How much each rule hits, by minute: what the breaker compares. The rule without a name stands for
# all that was judged.
_RATES = """
CREATE TABLE rule_rates (
    platform text NOT NULL,
    account text NOT NULL,
    rule text NOT NULL,
    minute timestamptz NOT NULL,
    judged bigint NOT NULL,
    hit bigint NOT NULL,
    PRIMARY KEY (platform, account, rule, minute)
)
"""
_RATES_BY_TIME = "CREATE INDEX rule_rates_by_time ON rule_rates USING brin (minute)"

# The account's own comments: what is answered below them is said to us.
_OWN_COMMENTS = """
CREATE TABLE own_comments (
    platform text NOT NULL,
    account text NOT NULL,
    comment_id text NOT NULL,
    PRIMARY KEY (platform, account, comment_id)
)
"""

# Where a person of ours has answered, not a rule: rules keep quiet there for a while.
_TAKEOVERS = """
CREATE TABLE takeovers (
    platform text NOT NULL,
    account text NOT NULL,
    thread text NOT NULL,
    event_id text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (platform, account, thread)
)
"""

_TABLES = (
    "takeovers",
    "own_comments",
    "rule_rates",
    "hits",
    "sayings",
    "contacts",
    "decisions",
    "breakers",
    "brakes",
    "rule_sets",
)
_STATEMENTS = (
    _RULE_SETS,
    _RULE_SETS_LATEST,
    _BRAKES,
    _BREAKERS,
    _DECISIONS,
    _DECISIONS_BY_TIME,
    _CONTACTS,
    _SAYINGS,
    _SAYINGS_BY_TEXT,
    _SAYINGS_BY_PERSON,
    *_SAYINGS_BY_BAND,
    _SAYINGS_BY_TIME,
    _HITS,
    _HITS_BY_RULE,
    _HITS_BY_PERSON,
    _HITS_BY_THREAD,
    _HITS_BY_TIME,
    _RATES,
    _RATES_BY_TIME,
    _OWN_COMMENTS,
    _TAKEOVERS,
)


def upgrade() -> None:
    """Create the tables."""
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Drop them."""
    for table in _TABLES:
        op.execute(f"DROP TABLE {table}")
