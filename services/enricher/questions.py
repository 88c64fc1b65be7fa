"""The look-ups there are: which node, which fields, against which quota (platform §6.2).

A field that Graph does not know for an account fails the whole call, so each question has a plainer
form to fall back on (pitfalls B17).
"""

from functools import lru_cache
from typing import NamedTuple

from shared.graph.queries import Endpoint, Query, UseCase, askable, node


class Question(NamedTuple):
    """One look-up in its full form and in its plain one."""

    full: Query
    plain: Query


_MEDIA = (
    "id,caption,media_type,media_product_type,media_url,thumbnail_url,permalink,timestamp,"
    "username,owner,like_count,comments_count"
)
_MEDIA_PLAIN = "id,media_type,media_url,thumbnail_url,permalink,timestamp,username"
_COMMENT = (
    "id,text,timestamp,username,from{id,username},hidden,like_count,parent_id,"
    "media{id,media_product_type}"
)
_COMMENT_PLAIN = "id,text,timestamp,media{id}"
_POST = "id,message,permalink_url,created_time,full_picture,from{id,name}"
_POST_PLAIN = "id,permalink_url,created_time"
_PAGE_COMMENT = "id,message,created_time,from{id,name},parent{id},is_hidden,like_count"
_PAGE_COMMENT_PLAIN = "id,message,created_time"
_PROFILE = (
    "name,username,profile_pic,follower_count,is_user_follow_business,"
    "is_business_follow_user,is_verified_user"
)
_PROFILE_PLAIN = "name,profile_pic"
_PAGE_PROFILE = "name,first_name,last_name,profile_pic"
_PAGE_PROFILE_PLAIN = "first_name,last_name"
_IN_COMMENT = (
    "id,text,timestamp,like_count,media{id,caption,media_type,media_url,permalink,timestamp,"
    "username,like_count,comments_count}"
)
_IN_COMMENT_PLAIN = "id,text,timestamp,media{id,media_url}"
_IN_MEDIA = (
    "id,caption,media_type,media_url,permalink,timestamp,username,owner,like_count,comments_count"
)
_IN_MEDIA_PLAIN = "caption,media_type,media_url,timestamp,username"


def media(media_id: str) -> Question | None:
    """An Instagram post, reel, story or ad."""
    return _of_node("media", "instagram", media_id, _MEDIA, _MEDIA_PLAIN)


def comment(comment_id: str) -> Question | None:
    """A comment on Instagram."""
    return _of_node("comment", "instagram", comment_id, _COMMENT, _COMMENT_PLAIN)


def post(post_id: str) -> Question | None:
    """A Page's post."""
    return _of_node("post", "pages", post_id, _POST, _POST_PLAIN)


def page_comment(comment_id: str) -> Question | None:
    """A comment on a Page's post."""
    return _of_node("comment", "pages", comment_id, _PAGE_COMMENT, _PAGE_COMMENT_PLAIN)


def profile(person_id: str) -> Question | None:
    """Someone who has written to an Instagram account."""
    return _of_node("profile", "messenger", person_id, _PROFILE, _PROFILE_PLAIN)


def page_profile(person_id: str) -> Question | None:
    """Someone who has written to a Page."""
    return _of_node("profile", "messenger", person_id, _PAGE_PROFILE, _PAGE_PROFILE_PLAIN)


def mentioned_comment(account: str, comment_id: str) -> Question | None:
    """The comment that names the account, below somebody's media."""
    edge = f"mentioned_comment.comment_id({comment_id})"
    return _of_mention(account, comment_id, edge, _IN_COMMENT, _IN_COMMENT_PLAIN)


def mentioned_media(account: str, media_id: str) -> Question | None:
    """Somebody's media whose caption names the account."""
    edge = f"mentioned_media.media_id({media_id})"
    return _of_mention(account, media_id, edge, _IN_MEDIA, _IN_MEDIA_PLAIN)


@lru_cache(maxsize=4096)  # thousands of comments ask about one media
def _of_node(
    endpoint: Endpoint, use_case: UseCase, graph_id: str, full: str, plain: str
) -> Question | None:
    if not askable(graph_id):
        return None
    return Question(
        Query(endpoint, use_case, node(graph_id), (("fields", full),)),
        Query(endpoint, use_case, node(graph_id), (("fields", plain),)),
    )


def _of_mention(account: str, named: str, edge: str, full: str, plain: str) -> Question | None:
    if not (askable(account) and askable(named)):
        return None
    return Question(
        Query("mention", "instagram", node(account), (("fields", f"{edge}{{{full}}}"),)),
        Query("mention", "instagram", node(account), (("fields", f"{edge}{{{plain}}}"),)),
    )
