"""What is remembered of earlier events, and that nothing is counted twice."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from services.moderator.decision import Decision, Match
from services.moderator.facts import Facts
from services.moderator.history import Hit, Past, Saying
from services.moderator.horizon import horizon
from services.moderator.memory import Memory
from services.moderator.rules import Caps, Condition, Offender, Repeats, Rule, RuleSet
from services.moderator.wording import Text
from shared.contracts.actions import Action, ActionKind
from tests.judging import NOON, at, facts_of, message_of

MONTH = timedelta(days=30)
TWICE = Repeats(times=2, hours=1)
BY_ANYONE = Repeats(times=2, hours=1, by="anyone")
NEAR = Repeats(times=2, hours=1, by="anyone", near=True)
OFFENDER = Offender(times=1, hours=1)
SPAM = "Win a free phone today, thousands of winners already, write to our page right now"
PRICE = Text("how much is it?")


def action(facts: Facts, rule: str, kind: ActionKind) -> Action:
    """What a rule had done about an event."""
    return Action(
        id=f"{facts.event_id}/{rule}/{kind}",
        kind=kind,
        platform="instagram",
        account=facts.account,
        thread=facts.thread,
        requested_by="rule",
        requested_at=NOON,
        person_id=facts.person_id,
        rule=rule,
    )


def decided(facts: Facts, **kinds: tuple[ActionKind, ...]) -> Decision:
    """A decision in which these rules matched and did this."""
    return Decision(
        event_id=facts.event_id,
        decided_at=NOON,
        matches=tuple(Match(rule=rule, version=7, mode="enforce") for rule in kinds),
        actions=tuple(action(facts, rule, kind) for rule, done in kinds.items() for kind in done),
    )


def note(memory: Memory, facts: Facts, text: str = "", **kinds: tuple[ActionKind, ...]) -> None:
    """Let `memory` know of an event."""
    memory.note(facts, Text(text), decided(facts, **kinds))


def somebody(id_: str, seconds: float = 0, **more: Any) -> Facts:
    """A comment by somebody who comments but once."""
    return facts_of(id_, seconds, person_id=f"p-{id_}", username=None, **more)


def test_first_contact() -> None:
    """Whoever is heard of for the first time is a stranger, once."""
    memory = Memory(MONTH)
    first, second = facts_of("c1"), facts_of("c2", 5)
    assert memory.first_contact(first)
    note(memory, first)
    assert memory.first_contact(first)
    assert not memory.first_contact(second)
    assert not memory.first_contact(facts_of(person_id=None))


@pytest.mark.parametrize("more", [{"own": True}, {"test": True}, {"kind": None}])
def test_no_contact(more: dict[str, Any]) -> None:
    """Neither we nor Meta's tests are contacts, and a reading is no conversation."""
    memory = Memory(MONTH)
    note(memory, facts_of("c1", **more))
    assert memory.first_contact(facts_of("c2", 5))


def test_known_contact() -> None:
    """Whom the shell knows is no stranger, except for the event he is known by."""
    memory = Memory(MONTH, Past(contacts={"880001": facts_of("c1").event_id}))
    assert memory.first_contact(facts_of("c1"))
    assert not memory.first_contact(facts_of("c2"))


def test_repeats_by_a_person() -> None:
    """The same text by the same person, on whatever post."""
    memory = Memory(MONTH)
    note(memory, facts_of("c1"), SPAM)
    note(memory, somebody("c2", 1), SPAM)
    again = facts_of("c3", 2)
    assert memory.repeats(again, Text(SPAM.upper()), TWICE) == 2
    assert memory.repeats(again, Text("another"), TWICE) == 1
    assert memory.repeats(again, Text(SPAM), BY_ANYONE) == 3


def test_near_repeats() -> None:
    """Nearly the same text, by many."""
    memory = Memory(MONTH)
    note(memory, somebody("c1"), SPAM)
    note(memory, somebody("c2", 1), "What a lovely picture of the two of you at the lake")
    varied = Text(f"{SPAM} !!! @friend 42")
    assert memory.repeats(somebody("c3", 2), varied, BY_ANYONE) < 2
    assert memory.repeats(somebody("c3", 2), varied, NEAR) == 2


def test_repeats_in_time() -> None:
    """Only what was said within the hours counts."""
    memory = Memory(MONTH)
    note(memory, facts_of("c1"), SPAM)
    assert memory.repeats(facts_of("c2", 3600), Text(SPAM), TWICE) == 2
    assert memory.repeats(facts_of("c2", 3601), Text(SPAM), TWICE) == 1


def test_nobody_repeats() -> None:
    """Without an author nobody repeats himself, and nothing said is nothing repeated."""
    memory = Memory(MONTH)
    nobody = facts_of("c1", person_id=None)
    note(memory, nobody, SPAM)
    note(memory, facts_of("c2"), "")
    assert memory.repeats(replace(nobody, event_id="e2"), Text(SPAM), TWICE) == 1
    assert memory.repeats(replace(nobody, event_id="e2"), Text(SPAM), BY_ANYONE) == 2
    assert memory.repeats(facts_of("c3"), Text("\u200b "), TWICE) == 1


def test_edits_repeat_nothing() -> None:
    """Who mends his spelling three times has said one thing."""
    memory = Memory(MONTH)
    note(memory, facts_of("c1"), SPAM)
    edit = facts_of("c1", 5, event_id="e-edit", edited=True)
    assert memory.repeats(edit, Text(SPAM), TWICE) == 1
    note(memory, edit, SPAM)
    assert memory.repeats(facts_of("c2", 9), Text(SPAM), TWICE) == 2


def test_offender() -> None:
    """Whose comments were hidden is an offender; whose questions were answered is none."""
    memory = Memory(MONTH)
    note(memory, facts_of("c1"), price=("reply",), watch=())
    assert memory.hits(facts_of("c2", 5), OFFENDER) == 0
    note(memory, facts_of("c3", 6), insults=("hide",), links=("block",))
    assert memory.hits(facts_of("c4", 7), OFFENDER) == 1
    assert memory.hits(somebody("c5", 7), OFFENDER) == 0
    assert memory.hits(facts_of("c6", 7, person_id=None), OFFENDER) == 0


def test_offender_by_name() -> None:
    """Named rules count for what they matched, also while they only observe."""
    memory = Memory(MONTH)
    note(memory, facts_of("c1"), watch=(), insults=("hide",), price=("reply",))
    offender = Offender(times=2, hours=1, rules=("watch", "insults"))
    assert memory.hits(facts_of("c2", 3600), offender) == 2
    assert memory.hits(facts_of("c2", 3601), offender) == 0


def test_replies_to_us() -> None:
    """What stands below our own comment is said to us."""
    memory = Memory(MONTH, Past(own_comments=["o1"]))
    note(memory, facts_of("o2", own=True))
    below = [memory.replies_to_us(facts_of("c1", parent_id=id_)) for id_ in ("o1", "o2", "c9")]
    assert below == [True, True, False]
    assert not memory.replies_to_us(facts_of("c1"))


def test_blocked() -> None:
    """Who is on our list, and who a rule has just put there."""
    memory = Memory(MONTH, Past(blocked=["880002"]))
    assert memory.blocked(facts_of(person_id="880002"))
    assert not memory.blocked(facts_of())
    note(memory, facts_of("c1"), insults=("hide", "block"))
    note(memory, facts_of("c2", person_id=None), insults=("block",))
    assert memory.blocked(facts_of("c3"))
    assert not memory.blocked(facts_of("c3", person_id=None))


def test_rule_cap() -> None:
    """So many acts of a rule in an hour; what was held is no act."""
    memory, caps = Memory(MONTH), Caps(per_hour=2)
    note(memory, somebody("c1"), price=("reply", "private_reply"))
    note(memory, somebody("c2", 1), price=())
    assert memory.capped(somebody("c3", 2), "price", caps) is None
    note(memory, somebody("c3", 2), price=("reply",))
    assert memory.capped(somebody("c4", 3), "price", caps) == "rule_cap"
    assert memory.capped(somebody("c4", 3), "other", caps) is None
    assert memory.capped(somebody("c4", 3601), "price", caps) is None


def test_person_cap() -> None:
    """So many acts of a rule for one person in a day."""
    memory, caps = Memory(MONTH), Caps(per_person_a_day=1)
    note(memory, facts_of("c1"), price=("reply",))
    assert memory.capped(somebody("c2", 1), "price", caps) is None
    assert memory.capped(facts_of("c2", 86400), "price", caps) == "person_cap"
    assert memory.capped(facts_of("c2", 86401), "price", caps) is None


def test_thread_cap() -> None:
    """So many acts of a rule in one thread (pitfalls B1)."""
    memory, caps = Memory(MONTH), Caps(per_thread=1)
    note(memory, somebody("c1", thread="t1"), price=("reply",))
    assert memory.capped(somebody("c2", 90_000, thread="t1"), "price", caps) == "thread_cap"
    assert memory.capped(somebody("c2", 90_000, thread="t2"), "price", caps) is None


def test_takeover() -> None:
    """Where a person of ours answers, rules keep quiet for a while (pitfalls B4)."""
    memory = Memory(MONTH, Past(takeovers={"t9": NOON}))
    note(memory, message_of("echo", own=True))
    note(memory, facts_of("o1", own=True, thread="t1", parent_id="t1"))
    assert memory.taken_over(message_of("m2", 3600 * 12 - 1), 12)
    assert not memory.taken_over(message_of("m2", 3600 * 12), 12)
    assert memory.taken_over(somebody("c2", 60, thread="t1"), 12)
    assert memory.taken_over(somebody("c2", 60, thread="t9"), 12)
    assert memory.taken_over(facts_of("c3", 60), 12)  # the same person, in the conversation
    assert not memory.taken_over(somebody("c4", 60), 12)


@pytest.mark.parametrize(
    "facts",
    [
        facts_of("o1", own=True, thread="t1"),
        facts_of("o1", own=True, thread="t1", parent_id="t1", test=True),
        facts_of("o1", own=True, thread="t1", parent_id="t1", edited=True),
        facts_of("o1", own=True, thread="t1", parent_id="t1", kind=None),
        facts_of("sent", own=True, thread="t1", parent_id="t1"),
        facts_of("c1", thread="t1", parent_id="t1"),
        message_of("sent", own=True, thread="t1"),
    ],
)
def test_no_takeover(facts: Facts) -> None:
    """Neither a rule's own answer is one, nor a comment that answers nobody."""
    memory = Memory(MONTH, Past(automatic={"sent"}))
    note(memory, facts)
    assert not memory.taken_over(somebody("c2", 60, thread="t1"), 12)


def test_takeover_lasts_from_the_latest() -> None:
    """Whatever the order in which they come."""
    memory = Memory(MONTH)
    note(memory, message_of("late", 7200, own=True))
    note(memory, message_of("early", 0, own=True))
    assert memory.taken_over(message_of("m3", 7200 + 3599), 1)


def test_turns() -> None:
    """Answered events of one person within the hour, whichever way they were answered."""
    memory = Memory(MONTH)
    note(memory, message_of("m1"), hello=("message",), faq=("message",))
    note(memory, facts_of("c1", 5), price=("reply", "private_reply"))
    note(memory, facts_of("c2", 6), insults=("hide",))
    assert memory.turns(message_of("m2", 10)) == 2
    assert memory.turns(message_of("m2", 3602)) == 1
    assert memory.turns(somebody("c9", 10)) == 0


def test_ours() -> None:
    """A comment or a message that a rule caused is ours, even where Meta withholds its author."""
    memory = Memory(MONTH, Past(automatic={"sent"}, own_comments=["o1"]))
    assert memory.ours(facts_of("sent", person_id=None))
    assert memory.ours(facts_of("o1", person_id=None))
    assert memory.ours(message_of("sent"))
    assert not memory.ours(facts_of("c1"))


def everything(memory: Memory, facts: Facts, text: Text) -> tuple[object, ...]:
    """All that can be asked about an event."""
    return (
        memory.first_contact(facts),
        memory.repeats(facts, text, TWICE),
        memory.repeats(facts, text, NEAR),
        memory.hits(facts, OFFENDER),
        memory.hits(facts, Offender(times=1, hours=1, rules=("price",))),
        memory.capped(facts, "price", Caps(per_hour=1)),
        memory.capped(facts, "price", Caps(per_person_a_day=1)),
        memory.capped(facts, "price", Caps(per_thread=1)),
        memory.turns(facts),
    )


def test_redelivered() -> None:
    """An event is not counted in its own judgement, however often, and however late, it comes."""
    memory, text = Memory(MONTH), Text(SPAM)
    facts = facts_of("c1")
    before = everything(memory, facts, text)
    for seconds in (0, 0, 40):
        again = replace(facts, occurred_at=at(seconds))
        memory.note(again, text, decided(again, price=("reply", "hide")))
        assert everything(memory, again, text) == before
    assert memory.repeats(facts_of("c2", 60), text, TWICE) == 2
    assert memory.turns(facts_of("c2", 60)) == 1


def test_loaded_and_noted() -> None:
    """What the shell has loaded is not added again when the same event is noted."""
    facts, text = facts_of("c1"), Text(SPAM)
    saying = Saying(
        event_id=facts.event_id,
        person_id=facts.person_id,
        text_hash=text.hash,
        simhash=text.simhash,
        at=facts.occurred_at,
    )
    hit = Hit(
        event_id=facts.event_id,
        rule="price",
        version=7,
        thread="c1",
        person_id="880001",
        kinds=("reply",),
        at=facts.occurred_at,
    )
    memory = Memory(MONTH, Past(sayings=[saying], hits=[hit]))
    memory.note(replace(facts, occurred_at=at(9)), text, decided(facts, price=("reply",)))
    assert memory.repeats(facts_of("c2", 60), text, TWICE) == 2
    assert memory.turns(facts_of("c2", 60)) == 1


def test_signed_numbers() -> None:
    """Hashes come as Postgres keeps them: one that differs in the sign only is near."""
    text = Text(SPAM)
    turned = text.simhash ^ 1 << 63
    saying = Saying(
        event_id="e0",
        person_id="p9",
        text_hash=1,
        simhash=turned - (turned >> 63 << 64) if turned > 0 else turned,
        at=NOON,
    )
    memory = Memory(MONTH, Past(sayings=[saying]))
    assert memory.repeats(facts_of("c1", 5), text, NEAR) == 2


def test_forgetting() -> None:
    """What is older than the horizon is gone, and what is not, is there."""
    memory = Memory(timedelta(hours=1))
    long = Repeats(times=2, hours=100, by="anyone", near=True)
    note(memory, message_of("echo", own=True, thread="t0"))
    for number in range(50):
        note(memory, somebody(f"c{number}", number * 600), SPAM, price=("reply",))
    last = somebody("last", 49 * 600 + 1)
    assert 6 <= memory.repeats(last, Text(SPAM), long) <= 9
    assert 6 <= memory.repeats(last, Text(SPAM), Repeats(times=2, hours=100, by="anyone")) <= 9
    assert not memory.taken_over(facts_of("x", 10, thread="t0"), 100)
    note(memory, somebody("much later", 10**6), "something else")
    assert memory.repeats(somebody("last", 10**6 + 1), Text(SPAM), long) == 1


times = st.integers(0, 7200)


@given(st.permutations(range(8)), st.lists(times, min_size=8, max_size=8))
def test_any_order(order: list[int], seconds: list[int]) -> None:
    """What is counted does not depend on the order in which events come."""
    orderly, shuffled = Memory(MONTH), Memory(MONTH)
    events = [facts_of(f"c{number}", when) for number, when in enumerate(seconds)]
    for number in range(8):
        note(orderly, events[number], SPAM, price=("reply",))
        note(shuffled, events[order[number]], SPAM, price=("reply",))
    asked = facts_of("asked", 7200, person_id="880001")
    known = everything(orderly, asked, Text(SPAM))
    assert everything(shuffled, asked, Text(SPAM)) == known


def test_horizon() -> None:
    """As long as the longest that any rule asks for, however deep it stands."""
    deep = Condition(all=(Condition(none=(Condition(offender=Offender(times=1, hours=300)),)),))
    shallow = Condition(any=(Condition(repeats=Repeats(times=2, hours=200)),))
    both = [RuleSet(rules=(Rule(name="a", when=deep), Rule(name="b", when=shallow)))]
    assert horizon(both) == timedelta(hours=300)
    assert horizon([RuleSet()]) == timedelta(days=1)
    assert horizon([RuleSet(), RuleSet(quiet_hours=100)]) == timedelta(hours=100)
    capped = Rule(name="a", caps=Caps(per_thread=1))
    assert horizon([RuleSet(rules=(capped,))]) == timedelta(days=30)
    assert horizon([]) == timedelta(days=1)
