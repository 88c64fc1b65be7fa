"""The simulator's objects as the Graph API shows them, every field they may have (platform §6)."""

from datetime import UTC, datetime
from typing import Any

from services.simulator.accounts import Account
from services.simulator.graph import errors
from services.simulator.graph.errors import Failure
from services.simulator.graph.fields import Edge, Field, Node
from services.simulator.world import OWN_MEDIA, Comment, Media, Message, Person, Thread, World

_COMMENTS_A_PAGE = 50


def iso(at: float) -> str:
    """A time as Graph writes it."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def account_node(world: World, account: Account) -> Node:
    """An account behind its own id or `me`; Instagram Login tells two ids apart."""
    if account.platform == "page":
        return _page(account)
    values: dict[str, Any] = {
        "id": account.scoped_id if account.login == "instagram" else account.id,
        "username": account.username,
        "name": account.name,
        "profile_picture_url": _picture(account.id),
        "followers_count": 1_000 + account.index,
        "follows_count": 100,
        "media_count": OWN_MEDIA,
        "biography": "Made up by a seed",
        "website": "https://shop.example/",
        "media": Edge(lambda: _own_media(world, account), f"{account.id}/media"),
    }
    if account.login == "instagram":
        more: dict[str, Any] = {"user_id": account.id, "account_type": "Business"}
    else:
        more = {
            "ig_id": account.id,
            "mentioned_media": lambda wanted: _mentioned_media(world, account, wanted),
            "mentioned_comment": lambda wanted: _mentioned_comment(world, account, wanted),
        }
    return Node(values | more)


def behind(account: Account) -> Node:
    """The Page through which an Instagram account is connected by Facebook Login."""
    values = {
        "id": account.page_id,
        "name": account.name,
        "access_token": account.token,
        "tasks": ["MODERATE", "MESSAGING"],
        "instagram_business_account": Node({"id": account.id, "username": account.username}),
    }
    return Node(values, ("name", "id"))


def _page(account: Account) -> Node:
    values = {
        "id": account.id,
        "name": account.name,
        "username": account.username,
        "access_token": account.token,
        "tasks": ["MODERATE", "MESSAGING"],
        "instagram_business_account": None,
        "picture": {"data": {"url": _picture(account.id)}},
        "link": f"https://www.facebook.com/{account.id}",
        "followers_count": 1_000 + account.index,
    }
    return Node(values, ("name", "id"))


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
        "full_picture": _picture(media.id),
        "is_published": True,
        "status_type": "added_photos",
        "from": None if media.foreign else Node({"id": owner.id, "name": owner.name}, _NAMED),
        "comments": Edge(lambda: comments_below(world, media.id), f"{media.id}/comments"),
    }
    return Node(values, ("created_time", "message", "id"))


_NAMED = ("name", "id")


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


def person_node(account: Account, person: Person) -> Node:
    """A person who has written to the account."""
    first, _, last = person.name.partition(" ")
    number = int(person.id[-5:])
    values: dict[str, Any] = {
        "id": person.id,
        "name": person.name,
        "profile_pic": f"https://scontent.example/{person.id}.jpg?oe=6A000000",
    }
    if account.platform == "page":
        values |= {"first_name": first, "last_name": last, "locale": None, "timezone": None}
        return Node(values, ("first_name", "last_name", "profile_pic", "id"))
    values |= {
        "username": person.username,
        "follower_count": number * 7,
        "is_user_follow_business": number % 2 == 0,
        "is_business_follow_user": False,
        "is_verified_user": False,
    }
    return Node(values, ("name", "username", "id"))


def thread_node(world: World, thread: Thread) -> Node:
    """A conversation."""
    latest = thread.messages[-1].at if thread.messages else thread.heard_at
    values: dict[str, Any] = {
        "id": thread.id,
        "updated_time": iso(latest),
        "participants": {"data": [_party(world, thread, id_) for id_ in _both(thread)]},
        "messages": Edge(
            lambda: [message_node(world, each) for each in reversed(thread.messages)],
            f"{thread.id}/messages",
        ),
    }
    return Node(values)


def message_node(world: World, message: Message) -> Node:
    """One message."""
    thread = world.thread(message.sender_id) or world.thread(message.recipient_id)
    sender = _party(world, thread, message.sender_id)
    recipient = _party(world, thread, message.recipient_id)
    values: dict[str, Any] = {
        "id": message.mid,
        "created_time": iso(message.at),
        "from": sender,
        "to": {"data": [recipient]},
        "message": message.text,
        "attachments": None,
        "shares": None,
        "story": None,
        "reactions": None,
        "is_unsupported": None,
    }
    return Node(values, ("id", "created_time"))


def _both(thread: Thread) -> tuple[str, str]:
    return thread.account.id, thread.person.id


def _party(world: World, thread: Thread | None, id_: str) -> dict[str, str]:
    account = world.by_id.get(id_)
    if account is not None:
        return {"id": id_, "username": account.username, "name": account.name}
    if thread is None:
        return {"id": id_}
    return {"id": id_, "username": thread.person.username, "name": thread.person.name}


def _own_media(world: World, account: Account) -> list[Node]:
    found = (world.media(account, number) for number in reversed(range(OWN_MEDIA)))
    return [media_node(world, media) for media in found]


def _media_of(world: World, id_: str) -> Node | Failure:
    media = world.find_media(id_)
    return Node({"id": id_}) if media is None else media_node(world, media)


def _mentioned_media(world: World, account: Account, wanted: Field) -> Node | Failure:
    id_ = wanted.arguments.get("media_id", "")
    media = world.find_media(id_)
    if media is None or not media.foreign or media.account != account:
        return errors.missing(id_)
    return media_node(world, media)


def _mentioned_comment(world: World, account: Account, wanted: Field) -> Node | Failure:
    id_ = wanted.arguments.get("comment_id", "")
    comment = world.comment(id_)
    if comment is None or comment.account != account:
        return errors.missing(id_)
    return comment_node(world, comment)


def _picture(id_: str) -> str:
    return f"https://scontent.example/{id_}.jpg"
