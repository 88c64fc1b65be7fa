"""What becomes of wishes: actions with ids, texts and times, and all that holds them."""

from datetime import timedelta
from typing import Any

import pytest

from services.moderator.history import Past
from services.moderator.memory import Memory
from services.moderator.rules import Rule
from services.moderator.wording import Text
from shared.contracts.actions import Action
from shared.meta.claims import claim_of
from tests.judging import ACCOUNT, NOON, at, book, done, facts_of, held, judged, message_of, rule

MONTH = timedelta(days=30)
TEXTS = {"texts": ["It is on our page."]}
EVERY_DEED = {
    "hide": True,
    "delete": {"after_hours": 2},
    "block": True,
    "reply": TEXTS,
    "private_reply": TEXTS,
    "message": TEXTS,
    "tags": ["spam"],
    "queue": {},
}


def only(deed: str, **fields: Any) -> Rule:
    """A rule that does one thing to everything."""
    return rule(deed.replace("_", "-"), then={deed: EVERY_DEED[deed]}, **fields)


def action(deed: str, **facts: Any) -> Action:
    """The action of a rule that does this one thing."""
    decision = judged(facts_of(**facts), book(only(deed)))
    return decision.actions[-1]


def test_hide() -> None:
    """All that the executor needs to know."""
    assert action("hide") == Action(
        id=f"instagram:{ACCOUNT}:comment:c1/hide/hide",
        kind="hide",
        platform="instagram",
        account=ACCOUNT,
        thread="c1",
        requested_by="rule",
        requested_at=at(1),
        event_id=f"instagram:{ACCOUNT}:comment:c1",
        rule="hide",
        rule_version=7,
        comment_id="c1",
        media_id="m1",
        person_id="880001",
        written_at=NOON,
        expires_at=at(1) + timedelta(hours=24),
    )


def test_delete() -> None:
    """Hidden at once, deleted later, so that it can be undone."""
    decision = judged(facts_of(), book(only("delete")))
    hide, delete = decision.actions
    assert (hide.kind, hide.not_before) == ("hide", None)
    assert (delete.kind, delete.not_before) == ("delete", at(1) + timedelta(hours=2))
    assert delete.expires_at == at(1) + timedelta(hours=26)


def test_delete_at_once() -> None:
    """Without a delay it is due now, behind the hide."""
    decision = judged(facts_of(), book(rule(then={"delete": {"after_hours": 0}})))
    assert [each.not_before for each in decision.actions] == [None, None]


def test_reply() -> None:
    """A reply to a reply names what it answers, so that two of one thread are two claims; where it
    goes is the thread's first comment (pitfalls B16)."""
    one = action("reply", thread="c0", parent_id="c0")
    other = judged(facts_of("c2", thread="c0", parent_id="c0"), book(only("reply"))).actions[0]
    assert (one.comment_id, one.thread, one.text) == ("c1", "c0", "It is on our page.")
    assert one.expires_at == at(1) + timedelta(hours=24)
    assert claim_of(one) != claim_of(other)


def test_private_reply() -> None:
    """Until seven days after the comment was made (pitfalls B7)."""
    made = NOON - timedelta(hours=20)
    assert action("private_reply", written_at=made).expires_at == made + timedelta(days=7)


def test_private_reply_to_live() -> None:
    """On a broadcast the executor has to know that it is one."""
    found = action("private_reply", kind="live-comment", live=True)
    assert (found.kind, found.live) == ("private_reply", True)


def test_message() -> None:
    """Until the person's window closes (pitfalls B9)."""
    found = judged(message_of(), book(only("message"))).actions[0]
    assert (found.person_id, found.comment_id) == ("880001", None)
    assert found.expires_at == at(0) + timedelta(hours=24)


@pytest.mark.parametrize("deed", ["block", "tags", "queue"])
def test_our_own_never_expire(deed: str) -> None:
    """What Meta never hears of can be done whenever."""
    assert action(deed).expires_at is None


def test_tag() -> None:
    """Several tags of one rule are several actions."""
    decision = judged(facts_of(), book(rule(then={"tags": ["a", "b"]})))
    event = facts_of().event_id
    assert [each.id for each in decision.actions] == [
        f"{event}/rule/tag/a",
        f"{event}/rule/tag/b",
    ]


def test_nameless_comment() -> None:
    """Where the author is withheld, his comment is tagged."""
    assert action("tags", person_id=None).comment_id == "c1"


ALWAYS = {"message", "block", "tag", "queue"}


@pytest.mark.parametrize(
    ("kind", "possible"),
    [
        ("comment", ALWAYS | {"hide", "delete", "reply", "private_reply"}),
        ("live-comment", ALWAYS | {"private_reply"}),
        ("mention", ALWAYS),
        ("message", ALWAYS),
    ],
)
def test_possible(kind: str, possible: set[str]) -> None:
    """What Meta has for each kind of event (platform §6.3)."""
    found = set()
    for deed in EVERY_DEED:
        decision = judged(facts_of(kind=kind), book(only(deed)))
        found |= {wanted.kind for wanted in decision.wanted if wanted.held is None}
        assert {wanted.held for wanted in decision.wanted} <= {None, "not_possible"}
    assert found == possible


@pytest.mark.parametrize(
    ("deed", "missing"),
    [
        ("hide", {"comment_id": None}),
        ("reply", {"comment_id": None}),
        ("private_reply", {"comment_id": None}),
        ("message", {"person_id": None}),
        ("block", {"person_id": None}),
        ("tags", {"person_id": None, "comment_id": None}),
    ],
)
def test_no_target(deed: str, missing: dict[str, Any]) -> None:
    """Nobody and nothing to do it to."""
    decision = judged(facts_of(**missing), book(only(deed)))
    assert set(held(decision).values()) == {"no_target"}


def say(deed: str, text: str, **facts: Any) -> dict[str, str | None]:
    """What holds an answer with this text."""
    fields = {"kind": "message", "comment_id": None} if deed == "message" else {}
    answer = rule("say", then={deed: {"texts": [text]}})
    return held(judged(facts_of(**(fields | facts)), book(answer)))


@pytest.mark.parametrize("deed", ["message", "private_reply"])
@pytest.mark.parametrize(
    ("platform", "text", "problem"),
    [
        ("instagram", "x" * 1000, None),
        ("instagram", "x" * 1001, "too_long"),
        ("instagram", "\U0001f600" * 250, None),
        ("instagram", "\U0001f600" * 251, "too_long"),
        ("page", "\U0001f600" * 2000, None),
        ("page", "x" * 2001, "too_long"),
    ],
)
def test_long_messages(deed: str, platform: str, text: str, problem: str | None) -> None:
    """1,000 bytes of UTF-8 on Instagram, 2,000 characters on a Page (pitfalls B42)."""
    assert say(deed, text, platform=platform) == {f"say/{deed}": problem}


@pytest.mark.parametrize(("length", "problem"), [(2200, None), (2201, "too_long")])
def test_long_replies(length: int, problem: str | None) -> None:
    """A public reply may be as long as a caption (pitfalls B42)."""
    assert say("reply", "x" * length) == {"say/reply": problem}


def test_filled_in_and_too_long() -> None:
    """Measured is what would be sent, not the template."""
    name = "x" * 100
    assert say("message", "{name}" + "x" * 900, name=name) == {"say/message": None}
    assert say("message", "{name}" + "x" * 901, name=name) == {"say/message": "too_long"}


def test_no_text() -> None:
    """A template that comes out empty is not sent."""
    assert say("reply", "{name}") == {"say/reply": "no_text"}


def test_variants() -> None:
    """Each person gets the variant that is his, again and again."""
    texts = {"texts": [f"variant {number}" for number in range(5)]}
    rulebook = book(rule(then={"reply": texts}))
    people = [facts_of(f"c{number}", person_id=str(number % 20)) for number in range(40)]
    said = [judged(facts, rulebook).actions[0].text for facts in people]
    assert said[:20] == said[20:]
    assert len(set(said)) == 5


def test_nobodys_variant() -> None:
    """Without an id, the name chooses."""
    texts = {"texts": ["one", "two"]}
    rulebook = book(rule(then={"reply": texts}))
    people: list[dict[str, Any]] = [{"person_id": None, "username": f"u{n}"} for n in range(20)]
    said = {judged(facts_of("c1", **person), rulebook).actions[0].text for person in people}
    assert said == {"one", "two"}


def test_nameless() -> None:
    """Whom nobody names may be ourselves: that is hidden, and never answered."""
    nobody: dict[str, Any] = {"person_id": None, "username": None}
    texts = {"texts": ["one"]}
    answering = book(rule(then={"reply": texts, "private_reply": texts}))
    found = judged(facts_of("c1", **nobody), answering)
    assert [each.held for each in found.wanted] == ["nameless", "nameless"]
    (action,) = judged(facts_of("c1", **nobody), book(rule(then={"hide": True}))).actions
    assert action.kind == "hide"


def test_taken_over() -> None:
    """Where a person of ours answers, rules keep quiet, and moderate all the same."""
    memory = Memory(MONTH, Past(takeovers={"c1": NOON - timedelta(hours=2)}))
    rulebook = book(only("reply"), rule("note", then={"tags": ["x"]}), quiet_hours=3)
    decision = judged(facts_of(), rulebook, memory)
    assert held(decision) == {"reply/reply": "taken_over", "note/tag": None}
    assert done(judged(facts_of(), book(only("hide")), memory)) == ["hide"]
    assert done(judged(facts_of(), book(only("reply"), quiet_hours=1), memory)) == ["reply"]


def test_ping_pong() -> None:
    """Another bot gets a few answers within the hour, and no more (pitfalls B2)."""
    memory, rulebook = Memory(MONTH), book(only("message"), turns_an_hour=3)
    holds = []
    for number in range(6):
        facts = message_of(f"mid{number}", number * 60)
        decision = judged(facts, rulebook, memory)
        memory.note(facts, Text(facts.text), decision)
        holds.append(held(decision)["message/message"])
    assert holds == [None, None, None, "ping_pong", "ping_pong", "ping_pong"]
    assert done(judged(message_of("later", 3700), rulebook, memory)) == ["message"]


@pytest.mark.parametrize(
    ("caps", "why"),
    [
        ({"per_hour": 1}, "rule_cap"),
        ({"per_person_a_day": 1}, "person_cap"),
        ({"per_thread": 1}, "thread_cap"),
    ],
)
def test_caps(caps: dict[str, int], why: str) -> None:
    """Beyond its cap a rule only observes, and another one has its turn."""
    memory = Memory(MONTH)
    rulebook = book(only("reply", caps=caps), rule("spare", then={"reply": TEXTS}))
    first, second = facts_of("c1", thread="t"), facts_of("c2", 60, thread="t")
    memory.note(first, Text(first.text), judged(first, rulebook, memory))
    assert held(judged(second, rulebook, memory)) == {"reply/reply": why, "spare/reply": None}


def test_edits_are_not_answered() -> None:
    """Mended words are moderated again, but not answered again."""
    rulebook = book(only("reply"), rule("note", then={"queue": {}}))
    decision = judged(facts_of(edited=True), rulebook)
    assert held(decision) == {"reply/reply": "edited", "note/queue": None}


def test_block_within_a_batch() -> None:
    """Who is blocked by one event is blocked in the next, before the executor has heard of it."""
    memory, rulebook = Memory(MONTH), book(rule("insult", then={"block": True}))
    first = facts_of("c1")
    memory.note(first, Text(""), judged(first, rulebook, memory))
    assert held(judged(facts_of("c2", 1), rulebook, memory)) == {"blocked-people/hide": None}
