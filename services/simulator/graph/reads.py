"""Which object a read is about, and what the token's account may see of it (platform §6.2)."""

from typing import Any

from services.simulator.accounts import Account
from services.simulator.graph import errors
from services.simulator.graph.calls import Call
from services.simulator.graph.errors import Failure
from services.simulator.graph.fields import Edge, Node, page, parse, select
from services.simulator.graph.parties import (
    account_node,
    behind,
    message_node,
    person_node,
    thread_node,
)
from services.simulator.graph.posts import comment_node, media_node
from services.simulator.things import Comment, Media, Message, Person, Thread
from services.simulator.world import World

Thing = Account | Media | Comment | Person | Thread | Message
_NAMES: dict[type, str] = {
    Account: "account",
    Media: "media",
    Comment: "comment",
    Person: "profile",
    Thread: "conversation",
    Message: "message",
}
_EDGES = {
    (Account, "media"),
    (Account, "conversations"),
    (Account, "accounts"),
    (Media, "comments"),
    (Media, "children"),
    (Comment, "replies"),
    (Comment, "comments"),
    (Thread, "messages"),
}


def find(world: World, holder: Account, id_: str) -> Thing | None:
    """The object with this id that the account may see; `me` is the account itself."""
    if id_ == "me" or world.account(id_) == holder:
        return holder
    media = world.find_media(id_)
    if media is not None:
        return media if media.account == holder and not _veiled(media) else None
    person = world.find_person(id_)
    if person is not None:
        return person[1] if person[0] == holder else None
    return _said(world, holder, id_)


def _said(world: World, holder: Account, id_: str) -> Comment | Thread | Message | None:
    comment = world.comment(id_)
    if comment is not None:
        media = world.find_media(comment.media_id)
        visible = media is not None and not _veiled(media) and comment.account == holder
        return comment if visible else None
    thread = world.thread(id_.rpartition("_")[2])
    if thread is not None and thread.id == id_:
        return thread if thread.account == holder else None
    message = world.message(id_)
    return message if message and holder.id in (message.sender_id, message.recipient_id) else None


def _veiled(media: Media) -> bool:
    """Other people's media show through a mention only; a Page may read where it is named."""
    return media.foreign and media.account.platform == "instagram"


def edge_name(thing: Thing | None, call: Call) -> str:
    """The edge a read is counted under."""
    if thing is None:
        return "unknown"
    if len(call.path) > 1:
        return call.path[1] if (type(thing), call.path[1]) in _EDGES else "unknown"
    if isinstance(thing, Account) and "mentioned_" in call.text("fields"):
        return "mention"
    if isinstance(thing, Media) and "_" in thing.id:
        return "post"
    return _NAMES[type(thing)]


def read(
    world: World, holder: Account, thing: Thing | None, call: Call
) -> dict[str, Any] | Failure:
    """The answer to a GET."""
    id_ = call.path[0]
    wanted = parse(call.text("fields")) if call.text("fields") else ()
    if wanted is None:
        return errors.SYNTAX
    if thing is None:
        return errors.NO_SUCH_PERSON if id_.startswith("88") else errors.missing(id_)
    if len(call.path) == 1:
        node = _node(world, holder, thing, id_)
        return node if isinstance(node, Failure) else select(node, wanted, call.address)
    edge = _edge(world, holder, thing, call) if len(call.path) == 2 else None
    if edge is None:
        return errors.UNKNOWN_PATH
    params = {name: call.text(name) for name in call.params}
    return page(edge, wanted, params, call.address)


def _node(world: World, holder: Account, thing: Thing, id_: str) -> Node | Failure:
    match thing:
        case Account():
            through_page = thing.platform == "instagram" and id_ in ("me", thing.page_id)
            facebook = thing.login == "facebook"
            return behind(thing) if facebook and through_page else account_node(world, thing)
        case Media():
            return media_node(world, thing)
        case Comment():
            return comment_node(world, thing)
        case Person():
            thread = world.thread(thing.id)
            agreed = thread is not None and thread.heard_at > 0
            return person_node(holder, thing) if agreed else errors.NO_CONSENT
        case Thread():
            return thread_node(world, thing)
        case Message():
            return message_node(world, thing)


def _edge(world: World, holder: Account, thing: Thing, call: Call) -> Edge | None:
    name = call.path[1]
    if isinstance(thing, Account):
        path = f"{call.path[0]}/{name}"
        if name == "conversations":
            return Edge(lambda: _conversations(world, holder, call), path)
        if name == "accounts" and holder.login == "facebook":
            page_node = account_node(world, holder) if holder.platform == "page" else behind(holder)
            return Edge(lambda: [page_node], path)
    node = _node(world, holder, thing, call.path[0])
    found = None if isinstance(node, Failure) else node.values.get(name)
    return found if isinstance(found, Edge) else None


def _conversations(world: World, holder: Account, call: Call) -> list[Node]:
    """On graph.facebook.com, without `platform=instagram`, a Page's own only."""
    platform = call.text("platform") or ("messenger" if call.login == "facebook" else "instagram")
    if (platform == "instagram") != (holder.platform == "instagram"):
        return []
    user_id = call.text("user_id")
    return [
        thread_node(world, thread)
        for thread in world.threads(holder)
        if user_id in ("", thread.person.id)
    ]
