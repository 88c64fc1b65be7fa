"""Attachments of every kind, and their twins."""

from datetime import timedelta

import pytest

from shared.contracts.enriched import (
    Attachment,
    Conversation,
    Message,
)
from tests.enricher import (
    PERSON,
    SENT_AT,
    message_of,
    messaging,
)

WINDOW = Conversation(id=PERSON, window_closes_at=SENT_AT + timedelta(hours=24))


def sent(**fields: object) -> Message:
    """A message with these fields, typed."""
    return message_of(messaging({"message": {"mid": "m1", **fields}})).message


@pytest.mark.parametrize(
    ("attachment", "typed"),
    [
        ({"type": "image", "payload": {"url": "https://c.test/1"}}, {"url": "https://c.test/1"}),
        ({"type": "file", "payload": {"URL": "https://c.test/1"}}, {"url": "https://c.test/1"}),
        (
            {
                "type": "ig_story",
                "payload": {"story_media_url": "https://c.test/1", "story_media_id": 7},
            },
            {"url": "https://c.test/1", "media_id": "7"},
        ),
        (
            {"type": "ig_reel", "payload": {"reel_video_id": "18", "title": "t"}},
            {"media_id": "18", "title": "t"},
        ),
        ({"type": "like_heart"}, {}),
        ({"type": "video", "payload": None}, {}),
        ({"type": "video", "payload": "https://c.test/1"}, {"url": "https://c.test/1"}),
        ({"type": "video", "payload": "/relative/1"}, {"url": "/relative/1"}),
        ({"type": "video", "payload": "words"}, {}),
        (
            {"type": "fallback", "title": "t", "URL": "https://c.test/1"},
            {"title": "t", "url": "https://c.test/1"},
        ),
        (
            {"type": "template", "payload": {"generic": {"elements": [{"title": "Card"}]}}},
            {"title": "Card"},
        ),
        (
            {"type": "template", "payload": {"product": {"elements": [{"title": "Shoe"}]}}},
            {"title": "Shoe"},
        ),
        ({"type": "template", "payload": {"elements": ["?"]}}, {}),
        ({"type": "hologram", "payload": {"url": 5}}, {}),
    ],
)
def test_attachment(attachment: dict[str, object], typed: dict[str, str]) -> None:
    """Attachments of known, old and unknown types."""
    expected = Attachment(type=str(attachment["type"]), **typed)
    assert sent(attachments=[attachment]).attachments == (expected,)


def test_odd_attachments() -> None:
    """No type, no list, no object."""
    assert sent(attachments=[{}]).attachments == (Attachment(type="unknown"),)
    assert sent(attachments={"type": "image"}).attachments == (Attachment(type="image"),)
    assert sent(attachments=["x", None, 3]).attachments == ()
    assert sent(attachments=[{"type": "unsupported_type"}]).unsupported
    assert len(sent(attachments=[{}] * 5000).attachments) == 100


@pytest.mark.parametrize(
    ("twins", "kept"),
    [
        (
            [
                {"type": "share", "payload": {"url": "https://c.test/?asset_id=5&s=1"}},
                {
                    "type": "ig_post",
                    "payload": {
                        "ig_post_media_id": "18",
                        "title": "t",
                        "url": "https://c.test/?asset_id=5&s=2",
                    },
                },
            ],
            Attachment(
                type="ig_post", url="https://c.test/?asset_id=5&s=2", media_id="18", title="t"
            ),
        ),
        (
            [
                {"type": "ig_post", "payload": {"ig_post_media_id": "18"}},
                {"type": "share", "payload": {"ig_post_media_id": "18", "url": "https://c.test/1"}},
            ],
            Attachment(type="ig_post", url="https://c.test/1", media_id="18"),
        ),
        (
            [
                {"type": "image", "payload": {"url": "https://c.test/1", "sticker_id": 369}},
                {"type": "sticker", "payload": {"url": "https://c.test/1", "sticker_id": 369}},
            ],
            Attachment(type="sticker", url="https://c.test/1", sticker_id="369"),
        ),
    ],
)
def test_twins(twins: list[object], kept: Attachment) -> None:
    """Two attachments of one thing become one, the better of the two."""
    assert sent(attachments=twins).attachments == (kept,)


def test_different_things_stay() -> None:
    """Several images are several attachments, also where a link can't be taken apart."""
    urls = ["https://c.test/1", "https://c.test/2", "https://[x?asset_id=1", "https://y?xasset_id="]
    images = [{"type": "image", "payload": {"url": url}} for url in urls]
    assert len(sent(attachments=images).attachments) == 4
