"""What is sent with a message; twins of one shared thing become one (pitfalls B12, B13)."""

from urllib.parse import parse_qs, urlsplit

from msgspec.structs import asdict

from shared.contracts.enriched import Attachment
from shared.meta import lenient
from shared.meta.lenient import Fields

MOST = 100
"""Far above what an app sends at once; bounds what a hostile item grows to when it is typed."""

_PLAIN = {"share", "image", "fallback"}
"""Of two twins, the one that Meta is giving up (platform §4.2, share vs ig_post; §4.3)."""


def read_attachments(message: Fields) -> tuple[Attachment, ...]:
    """The attachments of a message in their order, of whichever kinds."""
    found: list[Attachment] = []
    for sent in lenient.items(message, "attachments")[:MOST]:
        if isinstance(sent, dict):
            _add(found, _read(sent))
    return tuple(found)


def _read(sent: Fields) -> Attachment:
    payload = lenient.part(sent, "payload")
    card = _first_card(payload)
    return Attachment(
        type=lenient.text(sent, "type") or "unknown",
        url=_url(payload) or _url(sent) or _address(sent.get("payload")),
        media_id=lenient.identifier(
            payload, "ig_post_media_id", "reel_video_id", "story_media_id", "media_id"
        ),
        title=lenient.text(payload, "title") or lenient.text(sent, "title") or card,
        sticker_id=lenient.identifier(payload, "sticker_id"),
    )


def _url(of: Fields) -> str | None:
    return lenient.text(of, "url", "URL", "Url", "story_media_url")


def _address(payload: object) -> str | None:
    is_address = isinstance(payload, str) and payload.startswith(("http://", "https://", "/"))
    return payload if isinstance(payload, str) and is_address else None


def _first_card(payload: Fields) -> str | None:
    for template in (payload, lenient.part(payload, "generic"), lenient.part(payload, "product")):
        for card in lenient.items(template, "elements")[:1]:
            return lenient.text(lenient.fields(card), "title")
    return None


def _add(found: list[Attachment], new: Attachment) -> None:
    names = _names(new)
    for index, other in enumerate(found):
        if names & _names(other):
            found[index] = _merge(other, new)
            return
    found.append(new)


def _names(attachment: Attachment) -> set[tuple[str, str]]:
    """What two attachments share if they are of one thing; signatures of links differ."""
    names = set()
    if attachment.media_id:
        names.add(("media", attachment.media_id))
    if attachment.sticker_id:
        names.add(("sticker", attachment.sticker_id))
    if attachment.url:
        names.add(("url", attachment.url))
        if asset := _asset(attachment.url):
            names.add(("asset", asset))
    return names


def _asset(url: str) -> str | None:
    if len(url) > 4096 or "asset_id=" not in url:
        return None
    try:
        return parse_qs(urlsplit(url).query)["asset_id"][0]
    except (ValueError, KeyError):
        return None


def _merge(one: Attachment, other: Attachment) -> Attachment:
    kept, spare = (other, one) if one.type in _PLAIN else (one, other)
    return Attachment(**{**asdict(spare), **{k: v for k, v in asdict(kept).items() if v}})
