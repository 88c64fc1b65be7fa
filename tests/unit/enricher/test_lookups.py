"""Which look-ups an event is worth."""

import pytest

from services.enricher.answers import Answers
from services.enricher.lookups import enrichment, needs
from services.enricher.normalise import normalise
from services.enricher.questions import Question
from shared.contracts.enriched import Enrichment
from shared.contracts.raw import RawEvent
from shared.graph.queries import Answer, Failed, Found, Query
from tests.enricher import ACCOUNT, US, change, messaging

COMMENT = {"id": "C1", "text": "x", "from": {"id": "5", "username": "a"}, "media": {"id": "M1"}}
FEED = {"item": "comment", "comment_id": "6_7", "post_id": "5_6", "from": {"id": "5", "name": "A"}}


def answers(login: str = "instagram", known: dict[str, Answer] | None = None) -> Answers:
    """What is known, by path."""

    def find(query: Query) -> Answer | None:
        return (known or {}).get(query.path)

    return Answers(login, find, {})


def paths(event: RawEvent, given: Answers) -> list[str]:
    """What would be asked, by path, or the reason why it can't be."""
    return [
        need.full.path if isinstance(need, Question) else need
        for need in needs(normalise(event, US), given)
    ]


@pytest.mark.parametrize(
    ("value", "asked"),
    [
        (COMMENT, ["M1"]),
        ({**COMMENT, "text": None}, ["C1", "M1"]),
        ({**COMMENT, "from": {"id": "5"}}, ["C1", "M1"]),
        ({**COMMENT, "from": None}, ["C1", "M1"]),
        ({**COMMENT, "media": None}, ["C1"]),
        ({**COMMENT, "verb": "remove", "text": None}, ["M1"]),
        ({**COMMENT, "id": None, "text": None}, ["M1"]),
        ({**COMMENT, "media": {"id": ".."}}, ["refused"]),
        ({**COMMENT, "media": {"id": "a\0"}}, ["refused"]),
        ({**COMMENT, "media": {"id": "a b/c"}}, ["a%20b%2Fc"]),
    ],
)
def test_comment(value: dict[str, object], asked: list[str]) -> None:
    """A comment's media, and the comment itself where something is withheld."""
    assert paths(change("comments", value), answers()) == asked


def test_media_by_comment() -> None:
    """What Graph tells of a comment names its media."""
    known: dict[str, Answer] = {"C1": Found({"media": {"id": "M9"}})}
    assert paths(change("comments", {"id": "C1"}), answers(known=known)) == ["C1", "M9"]
    assert paths(change("comments", {"id": "C1"}), answers(known={"C1": Failed("gone")})) == ["C1"]


@pytest.mark.parametrize(
    ("value", "asked"),
    [
        ({**FEED, "verb": "add", "message": "x"}, ["5_6"]),
        ({**FEED, "verb": "hide", "message": "x", "from": None}, ["6_7", "5_6"]),
    ],
)
def test_page_comment(value: dict[str, object], asked: list[str]) -> None:
    """A Page's comments have a post."""
    assert paths(change("feed", value, "page"), answers("facebook")) == asked


@pytest.mark.parametrize(
    ("login", "value", "asked"),
    [
        ("facebook", {"media_id": "M1", "comment_id": "C1"}, [ACCOUNT]),
        ("facebook", {"media_id": "M1"}, [ACCOUNT]),
        ("facebook", {"media_id": "M1){x}"}, ["refused"]),
        ("facebook", {"story_id": "S1"}, []),
        ("instagram", {"media_id": "M1"}, ["unsupported"]),
        ("instagram", {"story_id": "S1"}, []),
    ],
)
def test_mention(login: str, value: dict[str, object], asked: list[str]) -> None:
    """What a mention is in, where Graph has a look-up for it."""
    assert paths(change("mentions", value), answers(login)) == asked


@pytest.mark.parametrize(
    ("value", "asked"),
    [
        ({"post_id": "5_6", "comment_id": "6_7"}, ["6_7", "5_6"]),
        ({"comment_id": "6_7", "message": "x", "from": {"id": "5"}}, []),
        ({"post_id": "5_6", "message": "x"}, ["5_6"]),
    ],
)
def test_page_mention(value: dict[str, object], asked: list[str]) -> None:
    """A Page's mention: its comment where that says too little, and its post."""
    event = change("mention", {"item": "post", "verb": "add", **value}, "page")
    assert paths(event, answers("facebook")) == asked


@pytest.mark.parametrize(
    ("item", "asks"),
    [
        ({"message": {"mid": "m1"}}, True),
        ({"postback": {"mid": "m1"}}, True),
        ({"reaction": {"mid": "m1", "action": "react"}}, True),
        ({"message_edit": {"mid": "m1"}}, True),
        ({"read": {"mid": "m1"}}, False),
        ({"referral": {"ref": "x"}}, False),
        ({"message": {"mid": "m1", "is_echo": True}}, False),
        ({"message": {"mid": "m1", "is_deleted": True}}, False),
    ],
)
def test_message(item: dict[str, object], asks: bool) -> None:
    """A profile only of who has written to us."""
    assert bool(paths(messaging(item), answers())) == asks


def test_unaskable_person() -> None:
    """An id that no URL can hold is not asked about."""
    event = messaging({"message": {"mid": "m1"}}, sender={"id": ".."})
    assert paths(event, answers()) == ["refused"]


def test_reasons() -> None:
    """What is missing has its reason; what was not answered in time was slow."""
    event = normalise(change("comments", {"id": "C1", "media": {"id": "M1"}}), US)
    assert enrichment(event, answers()) == Enrichment(status="partial", reasons=("slow",))
    known: dict[str, Answer] = {"C1": Failed("throttled"), "M1": Failed("gone")}
    reasons = ("gone", "throttled")
    assert enrichment(event, answers(known=known)) == Enrichment(status="partial", reasons=reasons)
    found = {path: Found({}) for path in ("C1", "M1")}
    assert enrichment(event, answers(known=dict(found))) == Enrichment(status="complete")
