"""What there is about an account ($1, $2), table by table; each statement finds up to $3 rows of
it, deletes them if $4 says so, and tells how many it found."""

from collections.abc import Mapping

OF_ACCOUNT: Mapping[str, str] = {
    "queue": """
WITH found AS (SELECT ctid FROM queue WHERE platform = $1 AND account = $2 LIMIT $3),
gone AS (DELETE FROM queue WHERE ctid = ANY(ARRAY(SELECT ctid FROM found)) AND $4)
SELECT count(*) FROM found
""",
    "tags": """
WITH found AS (SELECT ctid FROM tags WHERE platform = $1 AND account = $2 LIMIT $3),
gone AS (DELETE FROM tags WHERE ctid = ANY(ARRAY(SELECT ctid FROM found)) AND $4)
SELECT count(*) FROM found
""",
    "blocked": """
WITH found AS (SELECT ctid FROM blocked WHERE platform = $1 AND account = $2 LIMIT $3),
gone AS (DELETE FROM blocked WHERE ctid = ANY(ARRAY(SELECT ctid FROM found)) AND $4)
SELECT count(*) FROM found
""",
    "holds": """
WITH found AS (SELECT ctid FROM holds WHERE platform = $1 AND account = $2 LIMIT $3),
gone AS (DELETE FROM holds WHERE ctid = ANY(ARRAY(SELECT ctid FROM found)) AND $4)
SELECT count(*) FROM found
""",
    "budgets": """
WITH found AS (SELECT ctid FROM budgets WHERE platform = $1 AND account = $2 LIMIT $3),
gone AS (DELETE FROM budgets WHERE ctid = ANY(ARRAY(SELECT ctid FROM found)) AND $4)
SELECT count(*) FROM found
""",
    # With its changes. One that is under way keeps its row until its call has an end.
    "actions": """
WITH found AS (
    SELECT ctid FROM actions WHERE platform = $1 AND account = $2 AND state <> 'claimed' LIMIT $3
), gone AS (DELETE FROM actions WHERE ctid = ANY(ARRAY(SELECT ctid FROM found)) AND $4)
SELECT count(*) FROM found
""",
    "takeovers": """
WITH found AS (SELECT ctid FROM takeovers WHERE platform = $1 AND account = $2 LIMIT $3),
gone AS (DELETE FROM takeovers WHERE ctid = ANY(ARRAY(SELECT ctid FROM found)) AND $4)
SELECT count(*) FROM found
""",
    "own_comments": """
WITH found AS (SELECT ctid FROM own_comments WHERE platform = $1 AND account = $2 LIMIT $3),
gone AS (DELETE FROM own_comments WHERE ctid = ANY(ARRAY(SELECT ctid FROM found)) AND $4)
SELECT count(*) FROM found
""",
    "rule_rates": """
WITH found AS (SELECT ctid FROM rule_rates WHERE platform = $1 AND account = $2 LIMIT $3),
gone AS (DELETE FROM rule_rates WHERE ctid = ANY(ARRAY(SELECT ctid FROM found)) AND $4)
SELECT count(*) FROM found
""",
    "hits": """
WITH found AS (SELECT ctid FROM hits WHERE platform = $1 AND account = $2 LIMIT $3),
gone AS (DELETE FROM hits WHERE ctid = ANY(ARRAY(SELECT ctid FROM found)) AND $4)
SELECT count(*) FROM found
""",
    "sayings": """
WITH found AS (SELECT ctid FROM sayings WHERE platform = $1 AND account = $2 LIMIT $3),
gone AS (DELETE FROM sayings WHERE ctid = ANY(ARRAY(SELECT ctid FROM found)) AND $4)
SELECT count(*) FROM found
""",
    "contacts": """
WITH found AS (SELECT ctid FROM contacts WHERE platform = $1 AND account = $2 LIMIT $3),
gone AS (DELETE FROM contacts WHERE ctid = ANY(ARRAY(SELECT ctid FROM found)) AND $4)
SELECT count(*) FROM found
""",
    "decisions": """
WITH found AS (SELECT ctid FROM decisions WHERE platform = $1 AND account = $2 LIMIT $3),
gone AS (DELETE FROM decisions WHERE ctid = ANY(ARRAY(SELECT ctid FROM found)) AND $4)
SELECT count(*) FROM found
""",
    "breakers": """
WITH found AS (SELECT ctid FROM breakers WHERE platform = $1 AND account = $2 LIMIT $3),
gone AS (DELETE FROM breakers WHERE ctid = ANY(ARRAY(SELECT ctid FROM found)) AND $4)
SELECT count(*) FROM found
""",
    "brakes": """
WITH found AS (SELECT ctid FROM brakes WHERE platform = $1 AND account = $2 LIMIT $3),
gone AS (DELETE FROM brakes WHERE ctid = ANY(ARRAY(SELECT ctid FROM found)) AND $4)
SELECT count(*) FROM found
""",
    "rule_sets": """
WITH found AS (SELECT ctid FROM rule_sets WHERE platform = $1 AND account = $2 LIMIT $3),
gone AS (DELETE FROM rule_sets WHERE ctid = ANY(ARRAY(SELECT ctid FROM found)) AND $4)
SELECT count(*) FROM found
""",
    "message_reactions": """
WITH found AS (SELECT ctid FROM message_reactions WHERE platform = $1 AND account = $2 LIMIT $3),
gone AS (DELETE FROM message_reactions WHERE ctid = ANY(ARRAY(SELECT ctid FROM found)) AND $4)
SELECT count(*) FROM found
""",
    "messages": """
WITH found AS (SELECT ctid FROM messages WHERE platform = $1 AND account = $2 LIMIT $3),
gone AS (DELETE FROM messages WHERE ctid = ANY(ARRAY(SELECT ctid FROM found)) AND $4)
SELECT count(*) FROM found
""",
    "conversations": """
WITH found AS (SELECT ctid FROM conversations WHERE platform = $1 AND account = $2 LIMIT $3),
gone AS (DELETE FROM conversations WHERE ctid = ANY(ARRAY(SELECT ctid FROM found)) AND $4)
SELECT count(*) FROM found
""",
    "media": """
WITH found AS (SELECT ctid FROM media WHERE platform = $1 AND account = $2 LIMIT $3),
gone AS (DELETE FROM media WHERE ctid = ANY(ARRAY(SELECT ctid FROM found)) AND $4)
SELECT count(*) FROM found
""",
    "mentions": """
WITH found AS (SELECT ctid FROM mentions WHERE platform = $1 AND account = $2 LIMIT $3),
gone AS (DELETE FROM mentions WHERE ctid = ANY(ARRAY(SELECT ctid FROM found)) AND $4)
SELECT count(*) FROM found
""",
    "comments": """
WITH found AS (SELECT ctid FROM comments WHERE platform = $1 AND account = $2 LIMIT $3),
gone AS (DELETE FROM comments WHERE ctid = ANY(ARRAY(SELECT ctid FROM found)) AND $4)
SELECT count(*) FROM found
""",
    "people": """
WITH found AS (SELECT ctid FROM people WHERE platform = $1 AND account = $2 LIMIT $3),
gone AS (DELETE FROM people WHERE ctid = ANY(ARRAY(SELECT ctid FROM found)) AND $4)
SELECT count(*) FROM found
""",
    # With its credential.
    "accounts": """
WITH found AS (SELECT ctid FROM accounts WHERE platform = $1 AND id = $2 LIMIT $3),
gone AS (DELETE FROM accounts WHERE ctid = ANY(ARRAY(SELECT ctid FROM found)) AND $4)
SELECT count(*) FROM found
""",
}
"""By table, in the order in which they are erased; the event log comes before all of them."""
