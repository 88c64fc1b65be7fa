"""Whatever the order of arrival, in one batch or many, the rows end up the same."""

import itertools
from collections import defaultdict
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from services.persister import store
from shared.contracts.actions import Outcome
from shared.contracts.enriched import (
    Attachment,
    Comment,
    Conversation,
    EnrichedEvent,
    Media,
    Person,
    Reaction,
)
from shared.postgres.pool import Pool
from tests.heard import ACCOUNT, ANA, at, comment, items, mention, message, outcome

TABLES = (
    "comments",
    "mentions",
    "messages",
    "message_reactions",
    "conversations",
    "media",
    "people",
)


Heard = EnrichedEvent | Outcome


def under(account: str, event: Heard) -> Heard:
    """`event` as it would be for another account, which has nothing to do with the first."""
    if isinstance(event, Outcome):
        return replace(event, action=replace(event.action, account=account))
    envelope = replace(event.event, account=account, id=f"{event.event.id}:{account}")
    moved: EnrichedEvent = replace(event, event=envelope)
    return moved


_ROWS = {
    table: f"SELECT * FROM {table} WHERE account = ANY($1) ORDER BY platform, account, 3"
    for table in TABLES
}


async def merged(pool: Pool, *accounts: str) -> dict[str, list[tuple[object, ...]]]:
    """By account, its rows in every table that is merged, without the account."""
    found = defaultdict(list)
    for table, query in _ROWS.items():
        for row in await pool.fetch(query, accounts):
            columns = {name: value for name, value in row.items() if name != "account"}
            found[str(row["account"])].append((table, *columns.values()))
    return found


_CONVERSATION = Conversation(id="880001", window_closes_at=at(86400))
MESSAGE_LIFE = (
    message(text="hello", attachments=(Attachment(type="image"),), conversation=_CONVERSATION),
    message("message-edit", "mid1:1", 10, text="hello!", edit_number=1),
    message("message-edit", "mid1:2", 9, text="hello!!", edit_number=2),
    message("message-deleted", "mid1", 30),
    message("reaction", "r1", 15, reaction=Reaction(action="react", name="love", emoji="❤")),
    message("reaction", "r2", 20, reaction=Reaction(action="unreact")),
)
COMMENT_LIFE = (
    comment(),
    comment(
        "ad",
        1,
        comment=Comment(id="c1", text="love it", author=ANA, media_id="ad1"),
        media=Media(id="ad1", ad_id="9", ad_title="Spring", original_media_id="m1"),
    ),
    comment("e1", 5, comment=Comment(id="c1", action="edited", text="love it!", author=ANA)),
    comment("h1", 6, comment=Comment(id="c1", action="hidden", text="love it!")),
    comment("u1", 7, comment=Comment(id="c1", action="unhidden")),
    comment("x1", 8, comment=Comment(id="c1", action="removed")),
)
PROFILES = (
    message(name="pa", seconds=1, mid="pa", person=Person(id="1", username="old", name="Ana")),
    message(name="pb", seconds=2, mid="pb", person=Person(id="1", name="Ana B", follower_count=7)),
    message(name="pc", seconds=3, mid="pc", person=Person(id="1", username="new")),
    message(name="pd", seconds=3, mid="pd", person=Person(id="1", username="newer", verified=True)),
)
MEDIA = (
    comment("1", 1, media=Media(id="m1", caption="first", like_count=10, ad_id="9")),
    comment("2", 2, media=Media(id="m1", caption="second", url="https://a")),
    comment("3", 3, media=Media(id="m1", product_type="FEED", like_count=9)),
    comment("4", 3, media=Media(id="m1", product_type="REELS")),
)
CONVERSATIONS = (
    message(name="a", seconds=1, mid="a", conversation=_CONVERSATION),
    message(
        name="b",
        seconds=2,
        mid="b",
        direction="outbound",
        conversation=Conversation(id="880001", owned_elsewhere=True),
    ),
    message(
        name="c",
        seconds=2,
        mid="c",
        standby=True,
        conversation=Conversation(id="880001", window_closes_at=at(86402)),
    ),
    message("read", "d", 4, mid=None, read_until=at(3), conversation=Conversation(id="880001")),
)
READ_AND_LATE = (
    message("read", "r", 9, mid="mid1", conversation=_CONVERSATION),
    message(name="standby", seconds=3, text="hi", standby=True),
    message(name="mid1", seconds=2, text="hi"),
    message("message-edit", "same time", 10, text="b", edit_number=1),
    message("message-edit", "other", 10, text="a", edit_number=1),
)
MENTIONS = (
    mention("add", 1, media_id="m1", comment_id="c1", verb="add"),
    mention("edit", 2, media_id="m1", comment_id="c1", verb="edited", text="@shop!"),
    mention("text", 3, comment_id="c1", text="@shop", author=ANA),
    mention("remove", 4, media_id="m1", comment_id="c1", verb="remove"),
)
OUR_COMMENT = Comment(
    id="r1", text="thanks!", author=Person(id=ACCOUNT), parent_id="c1", media_id="m1"
)
COMMENT_OUTCOMES = (
    comment(),
    outcome("hide", 5),
    comment("u2", 6, comment=Comment(id="c1", action="unhidden")),
    outcome("reply", 3, created_id="r1", text="thanks!"),
    comment("r1", 2, comment=OUR_COMMENT, own=True),
    outcome("delete", 9),
)
MESSAGE_OUTCOMES = (
    comment(),
    outcome("private_reply", 4, created_id="mid9", recipient_id="880001", text="hi Ana"),
    message(
        name="mid9",
        seconds=3,
        mid="mid9",
        direction="outbound",
        own=True,
        text="hi Ana",
        conversation=Conversation(id="880001"),
    ),
    message("message-deleted", "mid9", 30, mid="mid9", direction="outbound", own=True),
    outcome("message", 8, created_id="mid10", person_id="880001", comment_id=None, text="more"),
)

LIVES: tuple[Heard, ...] = (
    *MESSAGE_LIFE,
    *COMMENT_LIFE,
    *PROFILES,
    *MEDIA,
    *CONVERSATIONS,
    *MENTIONS,
    *COMMENT_OUTCOMES,
    *MESSAGE_OUTCOMES,
)


@pytest.mark.parametrize(
    "life",
    [
        MESSAGE_LIFE,
        COMMENT_LIFE,
        PROFILES,
        MEDIA,
        CONVERSATIONS,
        READ_AND_LATE,
        MENTIONS,
        COMMENT_OUTCOMES,
        MESSAGE_OUTCOMES,
    ],
    ids=[
        "message",
        "comment",
        "profiles",
        "media",
        "conversations",
        "late",
        "mentions",
        "comment-outcomes",
        "message-outcomes",
    ],
)
async def test_permutations(pool: Pool, life: tuple[Heard, ...]) -> None:
    """Every order of arrival, each event in a batch of its own, gives the same rows."""
    orders = list(enumerate(itertools.permutations(life)))

    for step in range(len(life)):
        await store.save(pool, items([under(str(number), order[step]) for number, order in orders]))

    found = await merged(pool, *(str(number) for number, _ in orders))
    assert len(found) == len(orders)
    assert all(rows == found["0"] for rows in found.values())


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
async def test_batches(pool: Pool, data: st.DataObject) -> None:
    """However events are shuffled, repeated and cut into batches, the rows are the same."""
    straight, shuffled = uuid4().hex, uuid4().hex
    repeated = data.draw(st.lists(st.sampled_from(LIVES), max_size=10))
    order = data.draw(st.permutations([*LIVES, *repeated]))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(order)), max_size=5)))

    await store.save(pool, items([under(straight, event) for event in LIVES]))
    for start, end in itertools.pairwise([0, *cuts, len(order)]):
        await store.save(pool, items([under(shuffled, event) for event in order[start:end]]))

    found = await merged(pool, straight, shuffled)
    assert found[straight] == found[shuffled]
