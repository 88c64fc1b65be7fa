"""What the log amounts to: comments, mentions, messages, and who and what they are about.

Events reach these tables in any order and any number of times; every column is therefore merged by
a rule that gives the same result in any order. Rows are keyed by Meta's own ids.
"""

from alembic import op

revision = "0003"
down_revision = "0002"

# The later of two values of one field; nothing never replaces something, and at the same time, or
# without one, the greater stays. STABLE and not STRICT, so that the planner can inline it.
_NEWEST = """
CREATE FUNCTION newest(
    old anyelement, old_at timestamptz, new anyelement, new_at timestamptz
) RETURNS anyelement LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN new IS NULL THEN old
        WHEN old IS NULL THEN new
        WHEN coalesce(new_at, '-infinity') > coalesce(old_at, '-infinity') THEN new
        WHEN coalesce(new_at, '-infinity') < coalesce(old_at, '-infinity') THEN old
        WHEN new::text COLLATE "C" > old::text COLLATE "C" THEN new
        ELSE old
    END
$$
"""

# `seen` says that the comment itself came, not only news of it; `created_at` is exact or an upper
# bound as `time_source` says. `organic` says that `media_id` is the post itself, not its ad copy.
# `text_at` is null for the text that the comment came with, else when it was heard to be so.
_COMMENTS = """
CREATE TABLE comments (
    platform text NOT NULL,
    account text NOT NULL,
    id text NOT NULL,
    media_id text,
    organic boolean NOT NULL,
    parent_id text,
    author_id text,
    author_username text,
    text text,
    text_at timestamptz,
    edited_at timestamptz,
    live boolean NOT NULL,
    own boolean NOT NULL,
    like_count bigint,
    like_count_at timestamptz,
    hidden boolean,
    hidden_at timestamptz,
    removed_at timestamptz,
    seen boolean NOT NULL,
    created_at timestamptz NOT NULL,
    time_source text NOT NULL,
    ad_id text,
    ad_title text,
    original_media_id text,
    PRIMARY KEY (platform, account, id)
)
"""
_COMMENTS_BY_TIME = "CREATE INDEX comments_by_time ON comments (platform, account, created_at)"
_COMMENTS_BY_MEDIA = "CREATE INDEX comments_by_media ON comments (platform, account, media_id)"
_COMMENTS_BY_PERSON = "CREATE INDEX comments_by_person ON comments (platform, account, author_id)"

# `id` is that of the comment, media or story which holds the mention; else the event's.
_MENTIONS = """
CREATE TABLE mentions (
    platform text NOT NULL,
    account text NOT NULL,
    id text NOT NULL,
    media_id text,
    comment_id text,
    story_id text,
    author_id text,
    author_username text,
    text text,
    text_at timestamptz,
    own boolean NOT NULL,
    removed_at timestamptz,
    seen boolean NOT NULL,
    mentioned_at timestamptz NOT NULL,
    time_source text NOT NULL,
    PRIMARY KEY (platform, account, id)
)
"""
_MENTIONS_BY_TIME = "CREATE INDEX mentions_by_time ON mentions (platform, account, mentioned_at)"

# Messages and postbacks. `seen` as in comments. With `unsent_at` set all words are null for ever.
_MESSAGES = """
CREATE TABLE messages (
    platform text NOT NULL,
    account text NOT NULL,
    id text NOT NULL,
    kind text,
    conversation text,
    person_id text,
    direction text,
    text text,
    edit_number bigint,
    edited_at timestamptz,
    attachments jsonb,
    quick_reply text,
    reply_to_id text,
    story jsonb,
    referral jsonb,
    postback_title text,
    postback_payload text,
    unsupported boolean,
    self_message boolean,
    standby boolean,
    sent_by_app text,
    own boolean NOT NULL,
    read_at timestamptz,
    unsent_at timestamptz,
    seen boolean NOT NULL,
    sent_at timestamptz NOT NULL,
    time_source text NOT NULL,
    PRIMARY KEY (platform, account, id)
)
"""
_MESSAGES_BY_CONVERSATION = """
CREATE INDEX messages_by_conversation ON messages (platform, account, conversation, sent_at)
"""

# The last thing `actor_id` did about a message; a reaction taken back stays as a row without one.
_REACTIONS = """
CREATE TABLE message_reactions (
    platform text NOT NULL,
    account text NOT NULL,
    message_id text NOT NULL,
    actor_id text NOT NULL,
    action text NOT NULL,
    name text,
    emoji text,
    reacted_at timestamptz NOT NULL,
    PRIMARY KEY (platform, account, message_id, actor_id)
)
"""

_CONVERSATIONS = """
CREATE TABLE conversations (
    platform text NOT NULL,
    account text NOT NULL,
    id text NOT NULL,
    person_id text,
    last_message_at timestamptz,
    last_inbound_at timestamptz,
    last_outbound_at timestamptz,
    read_until timestamptz,
    window_closes_at timestamptz,
    owned_elsewhere boolean NOT NULL,
    owned_at timestamptz NOT NULL,
    PRIMARY KEY (platform, account, id)
)
"""
_CONVERSATIONS_BY_TIME = """
CREATE INDEX conversations_by_time ON conversations (platform, account, last_message_at)
"""

# `versions` holds, for each field between `id` and it, when that value was true, in their order.
_MEDIA = """
CREATE TABLE media (
    platform text NOT NULL,
    account text NOT NULL,
    id text NOT NULL,
    product_type text,
    media_type text,
    caption text,
    permalink text,
    url text,
    thumbnail_url text,
    username text,
    owner_id text,
    published_at timestamptz,
    like_count bigint,
    comments_count bigint,
    ad_id text,
    ad_title text,
    original_media_id text,
    versions timestamptz[] NOT NULL,
    PRIMARY KEY (platform, account, id)
)
"""

# `versions` as in media.
_PEOPLE = """
CREATE TABLE people (
    platform text NOT NULL,
    account text NOT NULL,
    id text NOT NULL,
    username text,
    name text,
    picture_url text,
    follower_count bigint,
    follows_us boolean,
    followed_by_us boolean,
    verified boolean,
    versions timestamptz[] NOT NULL,
    PRIMARY KEY (platform, account, id)
)
"""

_TABLES = (
    "comments",
    "mentions",
    "messages",
    "message_reactions",
    "conversations",
    "media",
    "people",
)
_STATEMENTS = (
    _NEWEST,
    _COMMENTS,
    _COMMENTS_BY_TIME,
    _COMMENTS_BY_MEDIA,
    _COMMENTS_BY_PERSON,
    _MENTIONS,
    _MENTIONS_BY_TIME,
    _MESSAGES,
    _MESSAGES_BY_CONVERSATION,
    _REACTIONS,
    _CONVERSATIONS,
    _CONVERSATIONS_BY_TIME,
    _MEDIA,
    _PEOPLE,
)


def upgrade() -> None:
    """Create the tables; an update that changes nothing leaves no trace in any of them."""
    for statement in _STATEMENTS:
        op.execute(statement)
    for table in _TABLES:
        op.execute(
            f"CREATE TRIGGER unchanged BEFORE UPDATE ON {table} FOR EACH ROW"
            " EXECUTE FUNCTION suppress_redundant_updates_trigger()"
        )


def downgrade() -> None:
    """Drop them."""
    for table in reversed(_TABLES):
        op.execute(f"DROP TABLE {table}")
    op.execute("DROP FUNCTION newest")
