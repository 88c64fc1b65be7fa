"""Posts, media and comments as the Graph API shows them, with every field they may have (platform
§6.2)."""

from datetime import UTC, datetime
from typing import Any

from services.simulator.graph.errors import Failure
from services.simulator.graph.fields import Edge, Node
from services.simulator.things import Comment, Media
from services.simulator.world import World

_COMMENTS_A_PAGE = 50
_NAMED = ("name", "id")


def iso(at: float) -> str:
    """A time as Graph writes it."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def picture(id_: str) -> str:
    """A URL for somebody's picture."""
    return f"https://scontent.example/{id_}.jpg"


def media_node(world: World, media: Media) -> Node:
    """A post, reel, story, ad or Page post."""
    return _page_post(world, media) if "_" in media.id else _instagram_media(world, media)


def _instagram_media(world: World, media: Media) -> Node:
    video = media.media_type == "VIDEO"
    url = f"https://scontent.example/{media.id}.{'mp4' if video else 'jpg'}?oe=6A000000"
    album = media.media_type == "CAROUSEL_ALBUM"
    owner = None if media.foreign else Node({"id": media.account.id})
    values: dict[str, Any] = {
        "id": media.id,
        "ig_id": media.id,
        "caption": media.caption or None,
        "media_type": media.media_type,
        "media_product_type": media.product_type,
        "media_url": None if media.number % 10 == 9 else url,  # flagged for its music, say
        "thumbnail_url": f"{url}&thumb=1" if video else None,
        "permalink": f"https://www.instagram.com/p/{media.id}/",
        "shortcode": media.id,
        "timestamp": iso(media.published_at),
        "username": media.username,
        "owner": owner,
        "alt_text": None,
        "comments_count": world.count_below(media.id),
        "like_count": None if media.number % 7 == 6 else media.number * 3,  # the owner hides it
        "is_comment_enabled": True,
        "is_shared_to_feed": True if media.product_type == "REELS" else None,
        "children": Edge(lambda: _children(media), f"{media.id}/children") if album else None,
        "comments": Edge(
            lambda: comments_below(world, media.id), f"{media.id}/comments", _COMMENTS_A_PAGE
        ),
    }
    return Node(values)


def _page_post(world: World, media: Media) -> Node:
    owner = media.account
    values: dict[str, Any] = {
        "id": media.id,
        "message": media.caption or None,
        "story": None,
        "created_time": iso(media.published_at),
        "updated_time": iso(media.published_at),
        "permalink_url": f"https://www.facebook.com/{media.id.replace('_', '/posts/')}",
        "full_picture": picture(media.id),
        "is_published": True,
        "status_type": "added_photos",
        "from": None if media.foreign else Node({"id": owner.id, "name": owner.name}, _NAMED),
        "comments": Edge(lambda: comments_below(world, media.id), f"{media.id}/comments"),
    }
    return Node(values, ("created_time", "message", "id"))


def _children(media: Media) -> list[Node]:
    return [
        Node(
            {
                "id": f"{media.id}{number}",
                "media_type": "IMAGE",
                "media_url": f"https://scontent.example/{media.id}{number}.jpg",
                "thumbnail_url": None,
                "permalink": f"https://www.instagram.com/p/{media.id}/",
                "timestamp": iso(media.published_at),
                "username": media.username,
            }
        )
        for number in range(1, 4)
    ]


def comment_node(world: World, comment: Comment) -> Node:
    """A comment, on Instagram or on a Page."""
    if comment.account.platform == "page":
        return _page_comment(world, comment)
    author = comment.author
    own = author.id == comment.account.id
    values: dict[str, Any] = {
        "id": comment.id,
        "text": comment.text,
        "timestamp": iso(comment.at),
        "username": author.username,
        "from": Node({"id": author.id, "username": author.username}, ("id", "username")),
        "hidden": comment.hidden,
        "like_count": 0,
        "parent_id": comment.parent_id or None,
        "media": lambda _: _media_of(world, comment.media_id),
        "replies": Edge(lambda: comments_below(world, comment.id), f"{comment.id}/replies", 50),
        "user": Node({"id": author.id}) if own else None,
        "legacy_instagram_comment_id": comment.id,
    }
    return Node(values, ("timestamp", "text", "id"))


def _page_comment(world: World, comment: Comment) -> Node:
    author = comment.author
    parent = comment.parent_id
    values: dict[str, Any] = {
        "id": comment.id,
        "message": comment.text,
        "created_time": iso(comment.at),
        "from": Node({"id": author.id, "name": author.name}, _NAMED),
        "is_hidden": comment.hidden,
        "like_count": 0,
        "comment_count": world.count_below(comment.id),
        "can_reply_privately": not comment.answered_privately,
        "parent": Node({"id": parent}) if parent else None,
        "permalink_url": f"https://www.facebook.com/{comment.id}",
        "comments": Edge(lambda: comments_below(world, comment.id), f"{comment.id}/comments"),
    }
    return Node(values, ("created_time", "from", "message", "id"))


def comments_below(world: World, id_: str) -> list[Node]:
    """The comments directly below a media or comment, newest first; live and ads' are not told."""
    return [comment_node(world, each) for each in world.below(id_) if not each.live]


def _media_of(world: World, id_: str) -> Node | Failure:
    media = world.find_media(id_)
    return Node({"id": id_}) if media is None else media_node(world, media)
