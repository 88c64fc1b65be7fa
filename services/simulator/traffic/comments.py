"""Instagram's `changes[]`: comments in every documented shape, mentions, story insights (platform
§4.1)."""

from typing import Any

from services.simulator import sayings, words
from services.simulator.accounts import Account
from services.simulator.things import Comment, Media, Person
from services.simulator.traffic.events import Container, Event
from services.simulator.traffic.scene import Scene
from shared.contracts.raw import Kind

_OTHER_SHAPE = 0.3
"""The share of comments in the shape that is documented but was not seen (platform §0.6)."""

_OLDEST_SHAPE = 0.02
"""The share of comments that tell their id and words only, as the first version did."""

_LARGEST_BURST = 12


def comment(scene: Scene, account: Account, text: str) -> list[Event]:
    """Somebody comments on a post."""
    media = scene.media(account)
    return [comment_event(scene, _say(scene, account, text, media), media)]


def reply(scene: Scene, account: Account, text: str) -> list[Event]:
    """Somebody answers a comment; the comment comes first when there is none yet."""
    first = [] if scene.recent_comments[account.id] else comment(scene, account, "")
    parent = scene.rng.choice(scene.recent_comments[account.id])
    media = scene.world.find_media(parent.media_id) or scene.media(account)
    said = _say(scene, account, text, media, parent_id=parent.parent_id or parent.id)
    return [*first, comment_event(scene, said, media)]


def live_comment(scene: Scene, account: Account, text: str) -> list[Event]:
    """A broadcast's comments come in bursts; a text that is given is said once."""
    count = 1 if text else scene.rng.randint(2, _LARGEST_BURST)
    media = scene.world.media(account, 2)
    said = [_say(scene, account, text, media, live=True) for _ in range(count)]
    return [comment_event(scene, each, media, field="live_comments") for each in said]


def ad_comment(scene: Scene, account: Account, text: str) -> list[Event]:
    """A comment on a boosted post is told twice, as organic and as the ad's, with one id."""
    media = scene.media(account)
    said = _say(scene, account, text, media)
    return [
        comment_event(scene, said, media),
        comment_event(scene, said, scene.world.ad_of(media, account)),
    ]


def own_comment(scene: Scene, account: Account, text: str) -> list[Event]:
    """The account comments on its own post, which no rule may answer."""
    media = scene.media(account)
    author = Person(account.id, account.username, account.name)
    said = _say(scene, account, text or scene.rng.choice(words.ANSWERS), media, author=author)
    return [comment_event(scene, said, media)]


def mention_in_comment(scene: Scene, account: Account, text: str) -> list[Event]:
    """Somebody names the account below a stranger's post: the webhook has ids only."""
    media = _strangers_media(scene, account)
    said = _say(scene, account, f"@{account.username} {text}", media)
    value = {"media_id": media.id, "comment_id": said.id}
    item = scene.write({"field": "mentions", "value": value})
    return [scene.event(account, "mention", f"mention:{media.id}:{said.id}", "changes", item)]


def mention_in_caption(scene: Scene, account: Account, text: str) -> list[Event]:
    """Somebody names the account in a caption."""
    del text
    media = _strangers_media(scene, account)
    item = scene.write({"field": "mentions", "value": {"media_id": media.id}})
    return [scene.event(account, "mention", f"mention:{media.id}:caption", "changes", item)]


def story_insights(scene: Scene, account: Account, text: str) -> list[Event]:
    """A story's numbers an hour after its end, once; counts under 5 come as -1."""
    del text
    story = scene.world.story(account, scene.number())
    names = ("impressions", "reach", "taps_forward", "taps_back", "exits", "replies")
    counts = {name: _count(scene) for name in names}
    item = scene.write({"field": "story_insights", "value": {"media_id": story.id, **counts}})
    return [scene.event(account, "change", scene.by_bytes("change", item), "changes", item)]


def _count(scene: Scene) -> int:
    count = scene.rng.randrange(60)
    return count if count >= 5 else -1


def _strangers_media(scene: Scene, account: Account) -> Media:
    return scene.world.strangers_media(account, scene.number())


def _say(
    scene: Scene,
    account: Account,
    text: str,
    media: Media,
    *,
    author: Person | None = None,
    parent_id: str = "",
    live: bool = False,
) -> Comment:
    said = Comment(
        id=f"17{scene.number()}",
        account=account,
        media_id=media.id,
        author=author or scene.person(account),
        text=text or sayings.saying(scene.rng),
        at=scene.now,
        parent_id=parent_id,
        live=live,
    )
    scene.world.add_comment(said)
    if not live and not media.foreign:
        scene.recent_comments[account.id].append(said)
    return said


def comment_event(scene: Scene, said: Comment, media: Media, field: str = "comments") -> Event:
    """What is told of `said`, in one of the shapes."""
    account = said.account
    other = scene.rng.random() < _OTHER_SHAPE
    id_name = "comment_id" if other and account.login == "facebook" else "id"
    container: Container = "flat" if other and account.login == "instagram" else "changes"
    value: dict[str, Any] = {id_name: said.id}
    if scene.rng.random() >= _OLDEST_SHAPE:
        value |= {"from": _from(account, said.author), "media": _media(media)}
        value |= {"parent_id": said.parent_id} if said.parent_id else {}
    value["text"] = said.text
    kind: Kind = "live-comment" if said.live else "comment"
    item = scene.write({"field": field, "value": value})
    return scene.event(account, kind, f"comment:{said.id}", container, item)


def _from(account: Account, author: Person) -> dict[str, str]:
    person = {"id": author.id, "username": author.username}
    if author.id == account.id:
        person["self_ig_scoped_id"] = f"99{account.scoped_id}"
    return person


def _media(media: Media) -> dict[str, str]:
    value = {"id": media.id, "media_product_type": media.product_type}
    if media.ad_id and media.original_id:
        value |= {
            "ad_id": media.ad_id,
            "ad_title": media.caption or "Ad",
            "original_media_id": media.original_id,
        }
    return value
