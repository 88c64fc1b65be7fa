"""What media and people look like: every field by the newest."""

from services.persister.statements.merge import Merge

# Every field by the newest; `versions` has its time at the field's place.
MEDIA = Merge(
    table="media",
    key_columns=3,
    known="SELECT platform, account, id FROM media WHERE id = ANY($1::text[])",
    merge="""
INSERT INTO media AS m (
    platform, account, id, product_type, media_type, caption, permalink, url, thumbnail_url,
    username, owner_id, published_at, like_count, comments_count, ad_id, ad_title,
    original_media_id, versions
)
SELECT
    platform, account, id, product_type, media_type, caption, permalink, url, thumbnail_url,
    username, owner_id, published_at, like_count, comments_count, ad_id, ad_title,
    original_media_id, versions::timestamptz[]
FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
    $8::text[], $9::text[], $10::text[], $11::text[], $12::timestamptz[], $13::bigint[],
    $14::bigint[], $15::text[], $16::text[], $17::text[], $18::text[]
) AS told (
    platform, account, id, product_type, media_type, caption, permalink, url, thumbnail_url,
    username, owner_id, published_at, like_count, comments_count, ad_id, ad_title,
    original_media_id, versions
)
ON CONFLICT (platform, account, id) DO UPDATE SET
    product_type = newest(
        m.product_type, m.versions[1], excluded.product_type, excluded.versions[1]
    ),
    media_type = newest(m.media_type, m.versions[2], excluded.media_type, excluded.versions[2]),
    caption = newest(m.caption, m.versions[3], excluded.caption, excluded.versions[3]),
    permalink = newest(m.permalink, m.versions[4], excluded.permalink, excluded.versions[4]),
    url = newest(m.url, m.versions[5], excluded.url, excluded.versions[5]),
    thumbnail_url = newest(
        m.thumbnail_url, m.versions[6], excluded.thumbnail_url, excluded.versions[6]
    ),
    username = newest(m.username, m.versions[7], excluded.username, excluded.versions[7]),
    owner_id = newest(m.owner_id, m.versions[8], excluded.owner_id, excluded.versions[8]),
    published_at = newest(
        m.published_at, m.versions[9], excluded.published_at, excluded.versions[9]
    ),
    like_count = newest(m.like_count, m.versions[10], excluded.like_count, excluded.versions[10]),
    comments_count = newest(
        m.comments_count, m.versions[11], excluded.comments_count, excluded.versions[11]
    ),
    ad_id = newest(m.ad_id, m.versions[12], excluded.ad_id, excluded.versions[12]),
    ad_title = newest(m.ad_title, m.versions[13], excluded.ad_title, excluded.versions[13]),
    original_media_id = newest(
        m.original_media_id, m.versions[14], excluded.original_media_id, excluded.versions[14]
    ),
    versions = ARRAY[
        greatest(m.versions[1], excluded.versions[1]),
        greatest(m.versions[2], excluded.versions[2]),
        greatest(m.versions[3], excluded.versions[3]),
        greatest(m.versions[4], excluded.versions[4]),
        greatest(m.versions[5], excluded.versions[5]),
        greatest(m.versions[6], excluded.versions[6]),
        greatest(m.versions[7], excluded.versions[7]),
        greatest(m.versions[8], excluded.versions[8]),
        greatest(m.versions[9], excluded.versions[9]),
        greatest(m.versions[10], excluded.versions[10]),
        greatest(m.versions[11], excluded.versions[11]),
        greatest(m.versions[12], excluded.versions[12]),
        greatest(m.versions[13], excluded.versions[13]),
        greatest(m.versions[14], excluded.versions[14])
    ]
""",
)

# As media.
PEOPLE = Merge(
    table="people",
    key_columns=3,
    known="SELECT platform, account, id FROM people WHERE id = ANY($1::text[])",
    merge="""
INSERT INTO people AS p (
    platform, account, id, username, name, picture_url, follower_count, follows_us, followed_by_us,
    verified, versions
)
SELECT
    platform, account, id, username, name, picture_url, follower_count, follows_us,
    followed_by_us, verified, versions::timestamptz[]
FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[],
    $8::boolean[], $9::boolean[], $10::boolean[], $11::text[]
) AS told (
    platform, account, id, username, name, picture_url, follower_count, follows_us,
    followed_by_us, verified, versions
)
ON CONFLICT (platform, account, id) DO UPDATE SET
    username = newest(p.username, p.versions[1], excluded.username, excluded.versions[1]),
    name = newest(p.name, p.versions[2], excluded.name, excluded.versions[2]),
    picture_url = newest(
        p.picture_url, p.versions[3], excluded.picture_url, excluded.versions[3]
    ),
    follower_count = newest(
        p.follower_count, p.versions[4], excluded.follower_count, excluded.versions[4]
    ),
    follows_us = newest(p.follows_us, p.versions[5], excluded.follows_us, excluded.versions[5]),
    followed_by_us = newest(
        p.followed_by_us, p.versions[6], excluded.followed_by_us, excluded.versions[6]
    ),
    verified = newest(p.verified, p.versions[7], excluded.verified, excluded.versions[7]),
    versions = ARRAY[
        greatest(p.versions[1], excluded.versions[1]),
        greatest(p.versions[2], excluded.versions[2]),
        greatest(p.versions[3], excluded.versions[3]),
        greatest(p.versions[4], excluded.versions[4]),
        greatest(p.versions[5], excluded.versions[5]),
        greatest(p.versions[6], excluded.versions[6]),
        greatest(p.versions[7], excluded.versions[7])
    ]
""",
)
