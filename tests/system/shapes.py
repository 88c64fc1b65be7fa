"""What the harness sends, one documented shape after the other (platform §4), each with the id that
the event must get (platform §5)."""

import hashlib
from collections.abc import Callable
from typing import Literal, NamedTuple

from shared import topics

Container = Literal["changes", "messaging", "standby", "flat"]

STARTED = 1_763_600_000
"""The first event's time in Unix seconds; each event's own follows from its number."""


class Cast(NamedTuple):
    """An account, and the people and media it has to do with."""

    platform: str
    account: str
    people: tuple[str, ...]
    media: tuple[str, ...]


class Shape(NamedTuple):
    """`make` gives the item of the `n`th event, and its id behind platform and account."""

    topic: topics.Topic
    container: Container
    make: Callable[[Cast, int], tuple[str, str]]


def _time(n: int) -> int:
    return STARTED + n // 100


def _between(cast: Cast, n: int) -> str:
    # The person follows from the block of 16 shapes, so that edits find what they are about.
    person = cast.people[n // 16 % len(cast.people)]
    moment = STARTED * 1000 + n
    return (
        f'"sender":{{"id":"{person}"}},"recipient":{{"id":"{cast.account}"}},"timestamp":{moment}'
    )


def _author(cast: Cast, n: int) -> str:
    return f'"from":{{"id":"{cast.people[n % len(cast.people)]}","username":"ana.test"}}'


def _media(cast: Cast, n: int) -> str:
    return f'"media":{{"id":"{cast.media[n % len(cast.media)]}","media_product_type":"REELS"}}'


def _mid(n: int) -> str:
    return f"aWdfZAG1faXRlbToxOklHTWVzc2FnZA{n}=="


def _digest(item: str) -> str:
    return hashlib.sha256(item.encode()).hexdigest()


def _comment(cast: Cast, n: int) -> tuple[str, str]:
    value = f'"id":"17{n}","text":"Do you ship to Spain?",{_author(cast, n)},{_media(cast, n)}'
    return f'{{"field":"comments","value":{{{value}}}}}', f"comment:17{n}"


def _reply(cast: Cast, n: int) -> tuple[str, str]:
    ids = f'"comment_id":"17{n}","parent_id":"17{n - 1}"'
    value = f'{ids},{_author(cast, n)},"text":"t\\u00e9 quiero \\ud83d\\ude0d",{_media(cast, n)}'
    return f'{{"field":"comments","value":{{{value}}}}}', f"comment:17{n}"


def _live(cast: Cast, n: int) -> tuple[str, str]:
    value = f'"id":"17{n}",{_author(cast, n)},{_media(cast, n)},"text":"hi from https:\\/\\/a.test"'
    return f'{{"value":{{{value}}}, "field":"live_comments"}}', f"comment:17{n}"


def _flat(cast: Cast, n: int) -> tuple[str, str]:
    value = f'"id":"17{n}",{_author(cast, n)},"text":"flat",{_media(cast, n)}'
    entry = f'"id":"{cast.account}","time":{_time(n)},"field":"comments","value":{{{value}}}'
    return f"{{{entry}}}", f"comment:17{n}"


def _mention(cast: Cast, n: int) -> tuple[str, str]:
    media = cast.media[n % len(cast.media)]
    value = f'"media_id":"{media}","comment_id":"19{n}"'
    return f'{{"field":"mentions","value":{{{value}}}}}', f"mention:{media}:19{n}"


def _unknown(_: Cast, n: int) -> tuple[str, str]:
    item = f'{{"field":"holograms","value":{{"deep":[{{"n":{n}12345678901234567890,"e":1e400}}]}}}}'
    return item, f"change:{_digest(item)}"


def _message(cast: Cast, n: int) -> tuple[str, str]:
    said = f'"mid":"{_mid(n)}","text":"hello, is this still available in \\u201cred\\u201d?"'
    return f'{{{_between(cast, n)},"message":{{{said}}}}}', f"message:{_mid(n)}"


def _attachment(cast: Cast, n: int) -> tuple[str, str]:
    url = f'{{"url":"https://lookaside.fbsbx.com/ig_messaging_cdn/?asset_id={n}"}}'
    said = f'"mid":"{_mid(n)}","attachments":[{{"type":"image","payload":{url}}}]'
    return f'{{{_between(cast, n)},"message":{{{said}}}}}', f"message:{_mid(n)}"


def _echo(cast: Cast, n: int) -> tuple[str, str]:
    person = cast.people[n // 16 % len(cast.people)]
    sides = f'"sender":{{"id":"{cast.account}"}},"recipient":{{"id":"{person}"}}'
    said = f'"mid":"{_mid(n)}","text":"our answer","is_echo":true'
    item = f'{{{sides},"timestamp":{STARTED * 1000 + n},"message":{{{said}}}}}'
    return item, f"message:{_mid(n)}"


def _edit(cast: Cast, n: int) -> tuple[str, str]:
    edit = f'"mid":"{_mid(n - 3)}","text":"in blue","num_edit":"1"'
    return f'{{{_between(cast, n)},"message_edit":{{{edit}}}}}', f"message-edit:{_mid(n - 3)}:1"


def _unsend(cast: Cast, n: int) -> tuple[str, str]:
    said = f'"mid":"{_mid(n - 3)}","is_deleted":true'
    return f'{{{_between(cast, n)},"message":{{{said}}}}}', f"message-deleted:{_mid(n - 3)}"


def _reaction(cast: Cast, n: int) -> tuple[str, str]:
    mid, person = _mid(n - 5), cast.people[n // 16 % len(cast.people)]
    how = f'"mid":"{mid}","action":"react","reaction":"love","emoji":"\\u2764"'
    item = f'{{{_between(cast, n)},"reaction":{{{how}}}}}'
    return item, f"reaction:{mid}:{person}:react:❤:{STARTED * 1000 + n}"


def _postback(cast: Cast, n: int) -> tuple[str, str]:
    tapped = f'"mid":"{_mid(n)}","title":"Prices","payload":"PRICES"'
    return f'{{{_between(cast, n)},"postback":{{{tapped}}}}}', f"postback:{_mid(n)}"


def _standby(cast: Cast, n: int) -> tuple[str, str]:
    said = f'"mid":"{_mid(n)}","text":"for another app"'
    return f'{{{_between(cast, n)},"message":{{{said}}}}}', f"message:{_mid(n)}:standby"


def _feed(cast: Cast, n: int, about: int, verb: str, more: str) -> str:
    post = cast.media[n % len(cast.media)]
    ids = f'"item":"comment","verb":"{verb}","comment_id":"{about}_1","post_id":"{post}"'
    return f'{{"field":"feed","value":{{{ids},{_author(cast, n)}{more}}}}}'


def _feed_comment(cast: Cast, n: int) -> tuple[str, str]:
    return _feed(cast, n, n, "add", f',"message":"nice","created_time":{_time(n)}'), (
        f"comment:{n}_1"
    )


def _feed_edit(cast: Cast, n: int) -> tuple[str, str]:
    times = f'"created_time":{_time(n) - 9},"edited_time":{_time(n)}'
    item = _feed(cast, n, n - 1, "edited", f',"message":"nicer",{times}')
    return item, f"comment-edited:{n - 1}_1:{_time(n)}"


def _feed_remove(cast: Cast, n: int) -> tuple[str, str]:
    item = _feed(cast, n, n - 2, "remove", "")
    return item, f"comment-remove:{n - 2}_1:{_digest(item)}"


def _feed_reaction(cast: Cast, n: int) -> tuple[str, str]:
    post, person = cast.media[n % len(cast.media)], cast.people[n % len(cast.people)]
    what = f'"item":"reaction","verb":"add","reaction_type":"love","post_id":"{post}"'
    value = f'{what},"from":{{"id":"{person}","name":"Ana"}},"created_time":{STARTED + n}'
    key = f"feed:{post}:reaction:add:{person}:love:{STARTED + n}"
    return f'{{"field":"feed","value":{{{value}}}}}', key


_TALK = (
    Shape(topics.MESSAGES, "messaging", _message),
    Shape(topics.MESSAGES, "messaging", _attachment),
    Shape(topics.MESSAGES, "messaging", _echo),
    Shape(topics.MESSAGES, "messaging", _edit),
    Shape(topics.MESSAGES, "messaging", _unsend),
    Shape(topics.MESSAGES, "messaging", _reaction),
    Shape(topics.MESSAGES, "messaging", _postback),
    Shape(topics.MESSAGES, "standby", _standby),
)
_INSTAGRAM = (
    Shape(topics.COMMENTS, "changes", _comment),
    Shape(topics.COMMENTS, "changes", _reply),
    Shape(topics.COMMENTS, "changes", _live),
    Shape(topics.COMMENTS, "changes", _comment),
    Shape(topics.COMMENTS, "changes", _reply),
    Shape(topics.MENTIONS, "changes", _mention),
    Shape(topics.OTHER, "changes", _unknown),
    Shape(topics.COMMENTS, "flat", _flat),
    *_TALK,
)
_PAGE = (
    Shape(topics.COMMENTS, "changes", _feed_comment),
    Shape(topics.COMMENTS, "changes", _feed_edit),
    Shape(topics.COMMENTS, "changes", _feed_remove),
    Shape(topics.COMMENTS, "changes", _feed_comment),
    Shape(topics.COMMENTS, "changes", _feed_comment),
    Shape(topics.OTHER, "changes", _feed_reaction),
    Shape(topics.OTHER, "changes", _unknown),
    Shape(topics.COMMENTS, "changes", _feed_comment),
    *_TALK,
)
SHAPES = {"instagram": _INSTAGRAM, "page": _PAGE}
