"""What there is about a person ($5) of an account ($1, $2), table by table; each statement finds up
to $3 rows of it, deletes them if $4 says so, and tells how many it found.

Comments and then people come last: what leads from a person to the rest must be there until then,
also when a run is broken off.
"""

from collections.abc import Mapping

# Their handles: Graph gives no id with the author of a mention.
NAMES = """
SELECT username AS name FROM people
WHERE platform = $1 AND account = $2 AND id = $3 AND username IS NOT NULL
UNION
SELECT author_username FROM comments
WHERE platform = $1 AND account = $2 AND author_id = $3 AND author_username IS NOT NULL
"""

BY_COMMENTS: Mapping[str, str] = {
    "tags": """
WITH found AS (
    SELECT ctid FROM tags WHERE platform = $1 AND account = $2 AND (
        subject = $5
        OR EXISTS (
            SELECT FROM comments AS c
            WHERE c.platform = $1 AND c.account = $2 AND c.id = subject
                AND (c.author_id = $5 OR c.author_id IS NULL AND c.author_username = ANY($6))
        )
    ) LIMIT $3
), gone AS (DELETE FROM tags WHERE ctid = ANY(ARRAY(SELECT ctid FROM found)) AND $4)
SELECT count(*) FROM found
""",
    # With their changes. One that is under way keeps its row until its call has an end.
    "actions": """
WITH found AS (
    SELECT ctid FROM actions AS a
    WHERE platform = $1 AND account = $2 AND state <> 'claimed' AND (
        $5 IN (person_id, recipient_id, thread)
        OR EXISTS (
            SELECT FROM comments AS c
            WHERE c.platform = $1 AND c.account = $2 AND c.id = a.comment_id
                AND (c.author_id = $5 OR c.author_id IS NULL AND c.author_username = ANY($6))
        )
    ) LIMIT $3
), gone AS (DELETE FROM actions WHERE ctid = ANY(ARRAY(SELECT ctid FROM found)) AND $4)
SELECT count(*) FROM found
""",
    "takeovers": """
WITH found AS (
    SELECT ctid FROM takeovers WHERE platform = $1 AND account = $2 AND (
        thread = $5
        OR EXISTS (
            SELECT FROM comments AS c
            WHERE c.platform = $1 AND c.account = $2 AND c.id = thread
                AND (c.author_id = $5 OR c.author_id IS NULL AND c.author_username = ANY($6))
        )
    ) LIMIT $3
), gone AS (DELETE FROM takeovers WHERE ctid = ANY(ARRAY(SELECT ctid FROM found)) AND $4)
SELECT count(*) FROM found
""",
    # What they posted themselves, and named us in.
    "media": """
WITH found AS (
    SELECT ctid FROM media
    WHERE platform = $1 AND account = $2
        AND (owner_id = $5 OR owner_id IS NULL AND username = ANY($6)) LIMIT $3
), gone AS (DELETE FROM media WHERE ctid = ANY(ARRAY(SELECT ctid FROM found)) AND $4)
SELECT count(*) FROM found
""",
    "mentions": """
WITH found AS (
    SELECT ctid FROM mentions
    WHERE platform = $1 AND account = $2
        AND (author_id = $5 OR author_id IS NULL AND author_username = ANY($6)) LIMIT $3
), gone AS (DELETE FROM mentions WHERE ctid = ANY(ARRAY(SELECT ctid FROM found)) AND $4)
SELECT count(*) FROM found
""",
    "comments": """
WITH found AS (
    SELECT ctid FROM comments
    WHERE platform = $1 AND account = $2
        AND (author_id = $5 OR author_id IS NULL AND author_username = ANY($6)) LIMIT $3
), gone AS (DELETE FROM comments WHERE ctid = ANY(ARRAY(SELECT ctid FROM found)) AND $4)
SELECT count(*) FROM found
""",
}
"""By table, in the order in which they are erased: what hangs on comments, whose author may be
known by a handle ($6) only."""

BY_ID: Mapping[str, str] = {
    "queue": """
WITH found AS (
    SELECT ctid FROM queue WHERE platform = $1 AND account = $2 AND thread = $5
    LIMIT $3
), gone AS (DELETE FROM queue WHERE ctid = ANY(ARRAY(SELECT ctid FROM found)) AND $4)
SELECT count(*) FROM found
""",
    "blocked": """
WITH found AS (
    SELECT ctid FROM blocked
    WHERE platform = $1 AND account = $2 AND person_id = $5 LIMIT $3
), gone AS (DELETE FROM blocked WHERE ctid = ANY(ARRAY(SELECT ctid FROM found)) AND $4)
SELECT count(*) FROM found
""",
    "hits": """
WITH found AS (
    SELECT ctid FROM hits
    WHERE platform = $1 AND account = $2 AND $5 IN (person_id, thread) LIMIT $3
), gone AS (DELETE FROM hits WHERE ctid = ANY(ARRAY(SELECT ctid FROM found)) AND $4)
SELECT count(*) FROM found
""",
    "sayings": """
WITH found AS (
    SELECT ctid FROM sayings
    WHERE platform = $1 AND account = $2 AND person_id = $5 LIMIT $3
), gone AS (DELETE FROM sayings WHERE ctid = ANY(ARRAY(SELECT ctid FROM found)) AND $4)
SELECT count(*) FROM found
""",
    "contacts": """
WITH found AS (
    SELECT ctid FROM contacts
    WHERE platform = $1 AND account = $2 AND person_id = $5 LIMIT $3
), gone AS (DELETE FROM contacts WHERE ctid = ANY(ARRAY(SELECT ctid FROM found)) AND $4)
SELECT count(*) FROM found
""",
    "decisions": """
WITH found AS (
    SELECT ctid FROM decisions
    WHERE platform = $1 AND account = $2 AND $5 IN (person_id, thread) LIMIT $3
), gone AS (DELETE FROM decisions WHERE ctid = ANY(ARRAY(SELECT ctid FROM found)) AND $4)
SELECT count(*) FROM found
""",
    "message_reactions": """
WITH found AS (
    SELECT ctid FROM message_reactions AS r
    WHERE platform = $1 AND account = $2 AND (
        actor_id = $5
        OR EXISTS (
            SELECT FROM messages AS m
            WHERE m.platform = $1 AND m.account = $2 AND m.id = r.message_id
                AND $5 IN (m.conversation, m.person_id)
        )
    ) LIMIT $3
), gone AS (DELETE FROM message_reactions WHERE ctid = ANY(ARRAY(SELECT ctid FROM found)) AND $4)
SELECT count(*) FROM found
""",
    "messages": """
WITH found AS (
    SELECT ctid FROM messages
    WHERE platform = $1 AND account = $2 AND $5 IN (conversation, person_id)
    LIMIT $3
), gone AS (DELETE FROM messages WHERE ctid = ANY(ARRAY(SELECT ctid FROM found)) AND $4)
SELECT count(*) FROM found
""",
    "conversations": """
WITH found AS (
    SELECT ctid FROM conversations
    WHERE platform = $1 AND account = $2 AND $5 IN (id, person_id) LIMIT $3
), gone AS (DELETE FROM conversations WHERE ctid = ANY(ARRAY(SELECT ctid FROM found)) AND $4)
SELECT count(*) FROM found
""",
    "people": """
WITH found AS (
    SELECT ctid FROM people
    WHERE platform = $1 AND account = $2 AND id = $5 LIMIT $3
), gone AS (DELETE FROM people WHERE ctid = ANY(ARRAY(SELECT ctid FROM found)) AND $4)
SELECT count(*) FROM found
""",
}
"""By table, in the order in which they are erased, behind the others."""
