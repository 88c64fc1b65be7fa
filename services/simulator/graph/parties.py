"""Accounts, people and conversations as the Graph API shows them, with every field they may have
(platform §6.2)."""

from typing import Any

from services.simulator.accounts import Account
from services.simulator.graph import errors
from services.simulator.graph.errors import Failure
from services.simulator.graph.fields import Edge, Field, Node
from services.simulator.graph.posts import comment_node, iso, media_node, picture
from services.simulator.things import OWN_MEDIA, Message, Person, Thread
from services.simulator.world import World


def account_node(world: World, account: Account) -> Node:
    """An account behind its own id or `me`; Instagram Login tells two ids apart."""
    if account.platform == "page":
        return _page(account)
    values: dict[str, Any] = {
        "id": account.scoped_id if account.login == "instagram" else account.id,
        "username": account.username,
        "name": account.name,
        "profile_picture_url": picture(account.id),
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
        "picture": {"data": {"url": picture(account.id)}},
        "link": f"https://www.facebook.com/{account.id}",
        "followers_count": 1_000 + account.index,
    }
    return Node(values, ("name", "id"))


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
