"""Messages, reactions to them, and the conversations they are in."""

from services.persister.statements.merge import Merge

# The text is that of the last edit, by number and then time. What is unsent loses its words, also
# when they arrive later. A message that came both ways was ours to answer: `standby` is false then.
MESSAGES = Merge(
    table="messages",
    key_columns=3,
    known="SELECT platform, account, id FROM messages WHERE id = ANY($1::text[])",
    merge="""
INSERT INTO messages AS m (
    platform, account, id, kind, conversation, person_id, direction, text, edit_number, edited_at,
    attachments, quick_reply, reply_to_id, story, referral, postback_title, postback_payload,
    unsupported, self_message, standby, sent_by_app, own, read_at, unsent_at,
    seen, sent_at, time_source
)
SELECT * FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
    $8::text[], $9::bigint[], $10::timestamptz[], $11::jsonb[], $12::text[], $13::text[],
    $14::jsonb[], $15::jsonb[], $16::text[], $17::text[], $18::boolean[], $19::boolean[],
    $20::boolean[], $21::text[], $22::boolean[], $23::timestamptz[], $24::timestamptz[],
    $25::boolean[], $26::timestamptz[], $27::text[]
)
ON CONFLICT (platform, account, id) DO UPDATE SET
    kind = least(m.kind, excluded.kind),
    conversation = least(m.conversation, excluded.conversation),
    person_id = least(m.person_id, excluded.person_id),
    direction = least(m.direction, excluded.direction),
    text = CASE
        WHEN coalesce(m.unsent_at, excluded.unsent_at) IS NOT NULL THEN NULL
        WHEN (coalesce(excluded.edit_number, -1), coalesce(excluded.edited_at, '-infinity'),
                coalesce(excluded.text, '') COLLATE "C")
            > (coalesce(m.edit_number, -1), coalesce(m.edited_at, '-infinity'),
                coalesce(m.text, '') COLLATE "C") THEN excluded.text
        ELSE m.text
    END,
    edit_number = greatest(m.edit_number, excluded.edit_number),
    edited_at = CASE
        WHEN excluded.edit_number IS NOT DISTINCT FROM m.edit_number
            THEN greatest(m.edited_at, excluded.edited_at)
        WHEN coalesce(excluded.edit_number, -1) > coalesce(m.edit_number, -1)
            THEN excluded.edited_at
        ELSE m.edited_at
    END,
    attachments = CASE WHEN coalesce(m.unsent_at, excluded.unsent_at) IS NULL
        THEN greatest(m.attachments, excluded.attachments) END,
    quick_reply = CASE WHEN coalesce(m.unsent_at, excluded.unsent_at) IS NULL
        THEN least(m.quick_reply, excluded.quick_reply) END,
    reply_to_id = least(m.reply_to_id, excluded.reply_to_id),
    story = CASE WHEN coalesce(m.unsent_at, excluded.unsent_at) IS NULL
        THEN greatest(m.story, excluded.story) END,
    referral = CASE WHEN coalesce(m.unsent_at, excluded.unsent_at) IS NULL
        THEN greatest(m.referral, excluded.referral) END,
    postback_title = CASE WHEN coalesce(m.unsent_at, excluded.unsent_at) IS NULL
        THEN least(m.postback_title, excluded.postback_title) END,
    postback_payload = CASE WHEN coalesce(m.unsent_at, excluded.unsent_at) IS NULL
        THEN least(m.postback_payload, excluded.postback_payload) END,
    unsupported = least(m.unsupported, excluded.unsupported),
    self_message = greatest(m.self_message, excluded.self_message),
    standby = least(m.standby, excluded.standby),
    sent_by_app = least(m.sent_by_app, excluded.sent_by_app),
    own = m.own OR excluded.own,
    read_at = least(m.read_at, excluded.read_at),
    unsent_at = least(m.unsent_at, excluded.unsent_at),
    seen = m.seen OR excluded.seen,
    sent_at = CASE
        WHEN m.seen = excluded.seen THEN least(m.sent_at, excluded.sent_at)
        WHEN excluded.seen THEN excluded.sent_at
        ELSE m.sent_at
    END,
    time_source = CASE
        WHEN (NOT excluded.seen, excluded.sent_at, excluded.time_source)
            < (NOT m.seen, m.sent_at, m.time_source) THEN excluded.time_source
        ELSE m.time_source
    END
""",
)

# The last thing somebody did about a message; at the same time, the greater word.
REACTIONS = Merge(
    table="message_reactions",
    key_columns=4,
    known="""
SELECT platform, account, message_id, actor_id FROM message_reactions
WHERE message_id = ANY($1::text[])
""",
    merge="""
INSERT INTO message_reactions AS r (
    platform, account, message_id, actor_id, action, name, emoji, reacted_at
)
SELECT * FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
    $8::timestamptz[]
)
ON CONFLICT (platform, account, message_id, actor_id) DO UPDATE SET
    action = excluded.action,
    name = excluded.name,
    emoji = excluded.emoji,
    reacted_at = excluded.reacted_at
WHERE (excluded.reacted_at, excluded.action COLLATE "C",
        coalesce(excluded.name, '') COLLATE "C", coalesce(excluded.emoji, '') COLLATE "C")
    > (r.reacted_at, r.action COLLATE "C",
        coalesce(r.name, '') COLLATE "C", coalesce(r.emoji, '') COLLATE "C")
""",
)

# Last times by the latest; who owns it by what was said last.
CONVERSATIONS = Merge(
    table="conversations",
    key_columns=3,
    known="SELECT platform, account, id FROM conversations WHERE id = ANY($1::text[])",
    merge="""
INSERT INTO conversations AS c (
    platform, account, id, person_id, last_message_at, last_inbound_at, last_outbound_at,
    read_until, window_closes_at, owned_elsewhere, owned_at
)
SELECT * FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[],
    $7::timestamptz[], $8::timestamptz[], $9::timestamptz[], $10::boolean[], $11::timestamptz[]
)
ON CONFLICT (platform, account, id) DO UPDATE SET
    person_id = least(c.person_id, excluded.person_id),
    last_message_at = greatest(c.last_message_at, excluded.last_message_at),
    last_inbound_at = greatest(c.last_inbound_at, excluded.last_inbound_at),
    last_outbound_at = greatest(c.last_outbound_at, excluded.last_outbound_at),
    read_until = greatest(c.read_until, excluded.read_until),
    window_closes_at = greatest(c.window_closes_at, excluded.window_closes_at),
    owned_elsewhere = newest(
        c.owned_elsewhere, c.owned_at, excluded.owned_elsewhere, excluded.owned_at
    ),
    owned_at = greatest(c.owned_at, excluded.owned_at)
""",
)
