"""A decision in words."""

from datetime import UTC, datetime
from typing import get_args

from services.cli.explain import EXCUSES, HELD, why
from services.moderator.decision import Decision, Excuse, Held, Match, Wanted

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_all_words() -> None:
    """Whatever keeps something from being done can be said."""
    assert set(EXCUSES) == set(get_args(Excuse))
    assert set(HELD) == set(get_args(Held))


def test_matched() -> None:
    """What matched, by what and in which mode, what was done, what was not and why."""
    decision = Decision(
        event_id="e",
        decided_at=NOON,
        versions=(3, 7),
        matches=(
            Match(rule="scam", version=3, mode="enforce", because=("words: free", "a link")),
            Match(rule="rude", version=7, mode="observe", score=1.5),
        ),
        score=1.5,
        wanted=(
            Wanted(kind="hide", rule="scam"),
            Wanted(kind="reply", rule="rude", held="observing"),
        ),
    )
    assert list(why(decision, ["scam", "rude", "faq"])) == [
        ("judged", "2026-11-20 12:00:00 UTC by rule set 3, 7"),
        ("matched", "scam, version 3, enforce: words: free; a link"),
        ("matched", "rude, version 7, observe: it asks for nothing (score +1.5)"),
        ("no match", "faq"),
        ("score", "1.5"),
        ("decided", "hide (scam): yes"),
        ("decided", "reply (rude): no, the rule only observes"),
    ]


def test_excused() -> None:
    """What was not judged says why, and blames no rule."""
    decision = Decision(event_id="e", decided_at=NOON, excuse="own")
    assert list(why(decision, ["faq"])) == [
        ("judged", "2026-11-20 12:00:00 UTC"),
        ("not judged", "the account wrote it itself"),
    ]


def test_nothing() -> None:
    """No match is an answer too."""
    decision = Decision(event_id="e", decided_at=NOON, versions=(1,))
    assert list(why(decision, ["faq"]))[1:] == [
        ("no match", "faq"),
        ("decided", "nothing to be done"),
    ]
