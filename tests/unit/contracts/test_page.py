"""The page: whole, by itself, and safe whatever is written in the document."""

import copy
from html.parser import HTMLParser

import pytest

from shared import topics
from shared.contracts.documents import asyncapi, catalogue, page, published
from shared.topics import Topic

DOCUMENT = asyncapi.document(published.examples())
VOID = {"meta", "br", "hr", "link", "img"}


class Read(HTMLParser):
    """What a browser would find."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag not in VOID:
            self.open.append(tag)
        found = dict(attrs)
        self.ids += [str(found[name]) for name in ("id",) if name in found]
        self.links += [str(found[name]) for name in ("href", "src") if name in found]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


READ = Read(page.render(DOCUMENT))
TEXT = " ".join(" ".join(READ.words).split())


def test_by_itself() -> None:
    """It loads nothing, runs nothing and sends nobody elsewhere than to what lies beside it."""
    assert READ.tags & {"script", "link", "img", "iframe"} == set()
    beside = {link for link in READ.links if not link.startswith("#")}
    assert {link for link in beside if not (published.FOLDER / link).exists()} == set()


def test_well_formed() -> None:
    """Every element is closed, every link within leads somewhere, every id is there once."""
    assert READ.open == []
    assert len(READ.ids) == len(set(READ.ids))
    assert {link[1:] for link in READ.links if link.startswith("#")} <= set(READ.ids)


@pytest.mark.parametrize("topic", topics.ALL, ids=lambda topic: topic.name)
def test_topic(topic: Topic) -> None:
    """A topic is shown with its key, partitions, retention, writers and readers."""
    _, _, rest = TEXT.partition(f" {topic.name} Holds ")
    assert topic.key in rest[:500]
    assert f"partitions {topic.partitions}, murmur2" in rest[:500]
    assert f"kept {topic.retention.days} days" in rest[:500]
    for role, services in (("written by", topic.writers), ("read by", topic.readers)):
        assert f"{role} {', '.join(sorted(services)) or 'nobody here'}" in rest[:700]


@pytest.mark.parametrize("event", catalogue.EVENTS, ids=lambda event: event.ce_type)
def test_event(event: catalogue.Event) -> None:
    """Every type of event is shown with its example."""
    golden = published.examples()[event.ce_type]
    assert event.ce_type in TEXT
    assert f'"ce_id": "{golden["headers"]["ce_id"]}"' in TEXT


def test_fields() -> None:
    """A field is shown with its type, whether it is there, and its meaning."""
    assert "mid string if known mid names the message that was sent" in TEXT
    assert "direction inbound , outbound , unknown always" in TEXT
    assert "attachments list of Attachment else []" in TEXT


def test_escaped() -> None:
    """Whatever the document says is text."""
    spoilt = copy.deepcopy(DOCUMENT)
    evil = "<script>alert('`x`')</script>"
    spoilt["info"]["description"] = evil
    spoilt["channels"]["parley-comments-v1"].update(description=evil, **{"x-parley-key": evil})
    spoilt["components"]["schemas"]["Person"]["properties"]["name"]["description"] = evil
    spoilt["components"]["messages"]["dead-letter"]["examples"][0]["payload"] = evil
    assert "script" not in Read(page.render(spoilt)).tags
