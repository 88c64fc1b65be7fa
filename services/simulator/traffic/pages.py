"""A Page's `changes[]`: feed comments with their verbs, reactions, posts, mentions; and changes of
fields that nobody knows (platform §4.3, §4.4)."""

from typing import Any

from services.simulator import sayings
from services.simulator.accounts import Account
from services.simulator.things import Comment, Media
from services.simulator.traffic.events import Event
from services.simulator.traffic.scene import Scene

_OLDER_SHAPE = 0.1
"""The share of comments that name their author as earlier versions did, by a number."""


def feed_comment(scene: Scene, account: Account, text: str) -> list[Event]:
    """Somebody comments on a Page post."""
    said = _say(scene, account, text, scene.media(account))
    scene.recent_comments[account.id].append(said)
    return [feed_event(scene, said, "add", {"message": said.text, "created_time": int(said.at)})]


def feed_edit(scene: Scene, account: Account, text: str) -> list[Event]:
    """Somebody changes a comment on a Page post."""
    first, said = _earlier(scene, account)
    said.text = text or sayings.saying(scene.rng)
    times = {"created_time": int(said.at), "edited_time": int(scene.now)}
    return [*first, feed_event(scene, said, "edited", {"message": said.text, **times})]


def feed_remove(scene: Scene, account: Account, text: str) -> list[Event]:
    """A comment on a Page post goes; the notice has neither time nor words."""
    del text
    first, said = _earlier(scene, account)
    scene.recent_comments[account.id].remove(said)
    scene.world.remove_comment(said.id)
    return [*first, feed_event(scene, said, "remove", {})]


def feed_hide(scene: Scene, account: Account, text: str) -> list[Event]:
    """A comment on a Page post is hidden."""
    del text
    first, said = _earlier(scene, account)
    said.hidden = True
    more = {"created_time": int(scene.now), "message": said.text}
    return [*first, feed_event(scene, said, "hide", more)]


def feed_reaction(scene: Scene, account: Account, text: str) -> list[Event]:
    """Somebody reacts to a Page post."""
    person, post = scene.person(account), scene.media(account)
    name = text or scene.rng.choice(("like", "love", "wow", "haha"))
    value = {
        "item": "reaction",
        "verb": "add",
        "reaction_type": name,
        "post_id": post.id,
        "parent_id": post.id,
        "from": {"id": person.id, "name": person.name},
        "created_time": int(scene.now),
    }
    item = scene.write({"field": "feed", "value": value})
    expected = f"feed:{post.id}:reaction:add:{person.id}:{name}:{int(scene.now)}"
    return [scene.event(account, "change", expected, "changes", item)]


def page_mention(scene: Scene, account: Account, text: str) -> list[Event]:
    """Somebody names the Page in a comment."""
    said = _say(scene, account, text, scene.world.strangers_media(account, scene.number()))
    value = {
        "item": "comment",
        "verb": "add",
        "post_id": said.media_id,
        "comment_id": said.id,
        "created_time": int(scene.now),
        "message": said.text,
    }
    item = scene.write({"field": "mention", "value": value})
    expected = f"mention:{said.media_id}:{said.id}"
    return [scene.event(account, "mention", expected, "changes", item)]


def unknown(scene: Scene, account: Account, text: str) -> list[Event]:
    """A change of a field that nobody has documented yet."""
    number = int(scene.number()) * 10**9
    value: Any = {"id": number, "note": text or "✨/✨", "deep": [{"a": None}]}
    if scene.rng.random() < 0.3:
        value = scene.rng.choice((number, str(number), [number]))
    item = scene.write({"field": "holograms", "value": value})
    return [scene.event(account, "change", scene.by_bytes("change", item), "changes", item)]


def _say(scene: Scene, account: Account, text: str, post: Media) -> Comment:
    said = Comment(
        id=f"{post.id.split('_')[-1]}_{scene.number()}",
        account=account,
        media_id=post.id,
        author=scene.person(account),
        text=text or sayings.saying(scene.rng),
        at=scene.now,
    )
    scene.world.add_comment(said)
    return said


def _earlier(scene: Scene, account: Account) -> tuple[list[Event], Comment]:
    first = [] if scene.recent_comments[account.id] else feed_comment(scene, account, "")
    return first, scene.rng.choice(scene.recent_comments[account.id])


def _author(scene: Scene, said: Comment) -> dict[str, Any]:
    author = said.author
    if scene.rng.random() < _OLDER_SHAPE:
        return {"sender_id": int(author.id), "sender_name": author.name}
    return {"from": {"id": author.id, "name": author.name}}


def feed_event(scene: Scene, said: Comment, verb: str, more: dict[str, Any]) -> Event:
    """What is told when `verb` was done to a comment; `more` are its times and words."""
    value = {
        "item": "comment",
        "verb": verb,
        "comment_id": said.id,
        "post_id": said.media_id,
        "parent_id": said.parent_id or said.media_id,
        **_author(scene, said),
        **more,
    }
    item = scene.write({"field": "feed", "value": value})
    expected = f"comment:{said.id}"
    if verb != "add":
        moment = more.get("edited_time") or more.get("created_time")
        expected = f"comment-{verb}:{said.id}:{moment}"
    if verb == "remove":
        expected = scene.by_bytes(f"comment-remove:{said.id}", item)
    return scene.event(said.account, "comment", expected, "changes", item)
