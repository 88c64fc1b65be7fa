"""Comments and mentions."""

from services.persister.statements.merge import Merge

# The same comment comes twice when its post is boosted; the post wins over its ad copy. Removal is
# final and keeps the text, which is evidence for moderators.
COMMENTS = Merge(
    table="comments",
    key_columns=3,
    known="SELECT platform, account, id FROM comments WHERE id = ANY($1::text[])",
    merge="""
INSERT INTO comments AS c (
    platform, account, id, media_id, organic, parent_id, author_id, author_username,
    text, text_at, edited_at, live, own, like_count, like_count_at, hidden, hidden_at, removed_at,
    seen, created_at, time_source, ad_id, ad_title, original_media_id, replied_at,
    privately_replied_at
)
SELECT * FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::boolean[], $6::text[], $7::text[],
    $8::text[], $9::text[], $10::timestamptz[], $11::timestamptz[], $12::boolean[],
    $13::boolean[], $14::bigint[], $15::timestamptz[], $16::boolean[], $17::timestamptz[],
    $18::timestamptz[], $19::boolean[], $20::timestamptz[], $21::text[], $22::text[],
    $23::text[], $24::text[], $25::timestamptz[], $26::timestamptz[]
)
ON CONFLICT (platform, account, id) DO UPDATE SET
    media_id = CASE
        WHEN c.organic = excluded.organic THEN least(c.media_id, excluded.media_id)
        WHEN excluded.organic THEN excluded.media_id
        ELSE c.media_id
    END,
    organic = c.organic OR excluded.organic,
    parent_id = least(c.parent_id, excluded.parent_id),
    author_id = least(c.author_id, excluded.author_id),
    author_username = least(c.author_username, excluded.author_username),
    text = newest(c.text, c.text_at, excluded.text, excluded.text_at),
    text_at = greatest(c.text_at, excluded.text_at),
    edited_at = greatest(c.edited_at, excluded.edited_at),
    live = c.live OR excluded.live,
    own = c.own OR excluded.own,
    like_count = newest(c.like_count, c.like_count_at, excluded.like_count, excluded.like_count_at),
    like_count_at = greatest(c.like_count_at, excluded.like_count_at),
    hidden = newest(c.hidden, c.hidden_at, excluded.hidden, excluded.hidden_at),
    hidden_at = greatest(c.hidden_at, excluded.hidden_at),
    removed_at = least(c.removed_at, excluded.removed_at),
    seen = c.seen OR excluded.seen,
    created_at = CASE
        WHEN c.seen = excluded.seen THEN least(c.created_at, excluded.created_at)
        WHEN excluded.seen THEN excluded.created_at
        ELSE c.created_at
    END,
    time_source = CASE
        WHEN (NOT excluded.seen, excluded.created_at, excluded.time_source)
            < (NOT c.seen, c.created_at, c.time_source) THEN excluded.time_source
        ELSE c.time_source
    END,
    ad_id = least(c.ad_id, excluded.ad_id),
    ad_title = least(c.ad_title, excluded.ad_title),
    original_media_id = least(c.original_media_id, excluded.original_media_id),
    replied_at = least(c.replied_at, excluded.replied_at),
    privately_replied_at = least(c.privately_replied_at, excluded.privately_replied_at)
""",
)

# As comments; a mention may say no more than where it is.
MENTIONS = Merge(
    table="mentions",
    key_columns=3,
    known="SELECT platform, account, id FROM mentions WHERE id = ANY($1::text[])",
    merge="""
INSERT INTO mentions AS m (
    platform, account, id, media_id, comment_id, story_id, author_id, author_username,
    text, text_at, own, removed_at, seen, mentioned_at, time_source
)
SELECT * FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
    $8::text[], $9::text[], $10::timestamptz[], $11::boolean[], $12::timestamptz[],
    $13::boolean[], $14::timestamptz[], $15::text[]
)
ON CONFLICT (platform, account, id) DO UPDATE SET
    media_id = least(m.media_id, excluded.media_id),
    comment_id = least(m.comment_id, excluded.comment_id),
    story_id = least(m.story_id, excluded.story_id),
    author_id = least(m.author_id, excluded.author_id),
    author_username = least(m.author_username, excluded.author_username),
    text = newest(m.text, m.text_at, excluded.text, excluded.text_at),
    text_at = greatest(m.text_at, excluded.text_at),
    own = m.own OR excluded.own,
    removed_at = least(m.removed_at, excluded.removed_at),
    seen = m.seen OR excluded.seen,
    mentioned_at = CASE
        WHEN m.seen = excluded.seen THEN least(m.mentioned_at, excluded.mentioned_at)
        WHEN excluded.seen THEN excluded.mentioned_at
        ELSE m.mentioned_at
    END,
    time_source = CASE
        WHEN (NOT excluded.seen, excluded.mentioned_at, excluded.time_source)
            < (NOT m.seen, m.mentioned_at, m.time_source) THEN excluded.time_source
        ELSE m.time_source
    END
""",
)
