"""Every kind of traffic by name, and which accounts can have it (platform §1, permissions)."""

from collections.abc import Callable
from dataclasses import dataclass

from services.simulator.accounts import Account
from services.simulator.traffic import comments, contacts, messages, nuisances, pages, samples
from services.simulator.traffic.events import Event
from services.simulator.traffic.scene import Scene

Make = Callable[[Scene, Account, str], list[Event]]
"""Makes the events of one happening; the text is somebody's words, empty to draw some."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind is made; `weight` is its share in mixed traffic."""

    make: Make
    fits: Callable[[Account], bool]
    weight: int


def _any(_: Account) -> bool:
    return True


def _instagram(account: Account) -> bool:
    return account.platform == "instagram"


def _facebook_login(account: Account) -> bool:
    return account.platform == "instagram" and account.login == "facebook"


def _page(account: Account) -> bool:
    return account.platform == "page"


KINDS: dict[str, Kind] = {
    "comment": Kind(comments.comment, _instagram, 40),
    "reply": Kind(comments.reply, _instagram, 12),
    "live-comment": Kind(comments.live_comment, _instagram, 2),
    "ad-comment": Kind(comments.ad_comment, _instagram, 3),
    "own-comment": Kind(comments.own_comment, _instagram, 3),
    "mention": Kind(comments.mention_in_comment, _facebook_login, 6),
    "caption-mention": Kind(comments.mention_in_caption, _facebook_login, 3),
    "story-insights": Kind(comments.story_insights, _facebook_login, 1),
    "message": Kind(messages.message, _any, 30),
    "quick-reply": Kind(messages.quick_reply, _any, 2),
    "answer": Kind(messages.answer, _any, 5),
    "story-reply": Kind(messages.story_reply, _instagram, 4),
    "story-mention": Kind(messages.story_mention, _instagram, 3),
    "attachment": Kind(messages.attachment, _any, 8),
    "unsupported": Kind(messages.unsupported, _any, 1),
    "from-ad": Kind(messages.from_ad, _any, 2),
    "standby": Kind(messages.standby, _any, 2),
    "echo": Kind(messages.echo, _any, 8),
    "self-message": Kind(messages.self_message, _instagram, 1),
    "edit": Kind(messages.edit, _any, 3),
    "bare-edit": Kind(messages.bare_edit, _instagram, 1),
    "unsend": Kind(messages.unsend, _any, 2),
    "reaction": Kind(contacts.reaction, _any, 5),
    "unreact": Kind(contacts.unreact, _any, 1),
    "postback": Kind(contacts.postback, _any, 2),
    "referral": Kind(contacts.referral, _any, 1),
    "seen": Kind(contacts.seen, _any, 6),
    "delivery": Kind(contacts.delivery, _page, 3),
    "handover": Kind(contacts.handover, _any, 1),
    "optin": Kind(contacts.optin, _any, 1),
    "feedback": Kind(contacts.feedback, _any, 1),
    "policy": Kind(contacts.policy, _any, 1),
    "unknown-messaging": Kind(contacts.unknown, _any, 1),
    "feed-comment": Kind(pages.feed_comment, _page, 30),
    "feed-edit": Kind(pages.feed_edit, _page, 3),
    "feed-hide": Kind(pages.feed_hide, _page, 1),
    "feed-remove": Kind(pages.feed_remove, _page, 1),
    "feed-reaction": Kind(pages.feed_reaction, _page, 5),
    "page-mention": Kind(pages.page_mention, _page, 2),
    "unknown-change": Kind(pages.unknown, _any, 1),
    "spammer": Kind(nuisances.spammer, _any, 1),
    "wave": Kind(nuisances.wave, _any, 1),
    "pest": Kind(nuisances.pest, _any, 1),
    "sample-comment": Kind(samples.sample_comment, _any, 1),
    "sample-message": Kind(samples.sample_message, _any, 1),
    "changed-fields": Kind(samples.changed_fields, _any, 1),
}
