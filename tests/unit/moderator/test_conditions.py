"""What each condition asks, and in which words it says why it holds."""

from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from services.moderator.case import Case
from services.moderator.compile import compile_rules
from services.moderator.conditions import Reasons
from services.moderator.facts import Facts
from services.moderator.rules import Condition, Deeds, Offender, Repeats, Rule, RuleSet
from services.moderator.wording import Text
from tests.judging import facts_of


@dataclass
class Past:
    """A history in which everything is as it is told."""

    first: bool = False
    times: int = 1
    before: int = 0
    ours: bool = False

    def first_contact(self, facts: Facts) -> bool:
        return self.first and not facts.own

    def repeats(self, facts: Facts, text: Text, repeats: Repeats) -> int:
        assert facts.text == text.written
        return self.times if repeats.by == "person" else 0

    def hits(self, facts: Facts, offender: Offender) -> int:
        return self.before if offender.rules == ("spam",) and not facts.own else 0

    def replies_to_us(self, facts: Facts) -> bool:
        return self.ours and not facts.own


def why(
    condition: dict[str, Any], text: str = "", past: Past | None = None, **facts: Any
) -> Reasons | None:
    """Why a rule with this condition matches, None if it does not."""
    rule = Rule(name="r", when=msgspec.convert(condition, Condition), then=Deeds(hide=True))
    lists = {"spam": ("free followers", "加微信"), "more": ("followers",)}
    (compiled,) = compile_rules([(1, RuleSet(rules=(rule,), lists=lists))]).rules
    return compiled.matches(Case(facts_of(text=text, **facts), Text(text), past or Past()))


def test_nothing_asked() -> None:
    """A rule without conditions matches for no reason."""
    assert why({}) == ()


@pytest.mark.parametrize(
    ("words", "text", "reason"),
    [
        ({"of": ["price"]}, "What PRICE?", "words: price"),
        ({"of": ["price"]}, "priceless", None),
        ({"of": ["price"], "whole": False}, "priceless", "words: price"),
        ({"of": ["ass"]}, "as it has class", None),
        ({"of": ["ass"]}, "assss!", "words: ass"),
        ({"of": ["as"]}, "what an ass", None),
        ({"of": ["größe"]}, "die GRÖSSE?", "words: größe"),
        ({"of": ["कितने"]}, "कितने का है?", "words: कितने"),
        ({"of": ["कित"]}, "कितने का है?", None),
        ({"of": ["いくら"]}, "これはいくらですか。", "words: いくら"),
        ({"of": ["เท่าไหร่"]}, "ราคาเท่าไหร่คะ", "words: เท่าไหร่"),
        ({"of": ["얼마"]}, "얼마예요?", None),
        ({"of": ["imbéciles"]}, "bande d'imbéciles", "words: imbéciles"),
        ({"of": ["don't"]}, "dont do it, DON\u2019T", "words: don't"),
        ({"of": ["🍆"]}, "hey🍆you", "words: 🍆"),
        ({"of": ["c++"]}, "learn c++ now", "words: c++"),
        ({"lists": ["spam"]}, "get free\nfollowers", "words: spam"),
        ({"lists": ["spam"]}, "#FreeFollowers", "words: spam"),
        ({"lists": ["spam"]}, "f.r.e.e f0ll\u043ewers", "words: spam"),
        ({"lists": ["spam"]}, "u f r e e f o l l o w e r s", "words: spam"),
        ({"lists": ["spam"]}, "请加微信聊", "words: spam"),
        ({"lists": ["spam"]}, "请 加 微 信 聊", "words: spam"),
        ({"lists": ["more", "spam"]}, "free followers", "words: spam"),
        ({"of": ["f u"]}, "i f u n", None),
        ({"of": ["a free b"], "disguised": False}, "A  Free\tb", "words: a free b"),
        ({"of": ["free followers"], "disguised": False}, "fr33 followers", None),
        ({"of": ["now"]}, "it is sc4m!now", "words: now"),
    ],
)
def test_words(words: dict[str, Any], text: str, reason: str | None) -> None:
    """Whole words or parts, in any script, in disguise or not."""
    assert why({"words": words}, text) == (None if reason is None else (reason,))


@pytest.mark.parametrize(
    ("pattern", "text", "holds"),
    [
        ({"re": r"\d{3} eur"}, "now 100 EUR", True),
        ({"re": r"\d{3} eur", "ignore_case": False}, "now 100 EUR", False),
        ({"re": "free"}, "fr33", False),
        ({"re": "free", "disguised": True}, "fr33", True),
        ({"re": "^größe|あ$"}, "これあ", True),
        ({"re": "(a+)+$"}, "a" * 5000 + "!", False),
    ],
)
def test_pattern(pattern: dict[str, Any], text: str, holds: bool) -> None:
    """Anywhere in the text as written, or also in what it stands for."""
    assert why({"pattern": pattern}, text) == (("pattern",) if holds else None)


def test_patterns_too_large_together() -> None:
    """They are sought one by one when they are too large for one search."""
    patterns = [{"pattern": {"re": rf"{number}\pL{{90}}"}} for number in range(4)]
    assert why({"any": patterns}, "2" + "é" * 90) == ("pattern",)
    assert why({"any": patterns}, "9" + "é" * 90) is None


@pytest.mark.parametrize(
    ("links", "text", "reason"),
    [
        ({}, "https://win.example/a", "links"),
        ({}, "wow.so nice", None),
        ({"allowed": ["Shop.example"]}, "http://www.shop.example/x", None),
        ({"allowed": ["shop.example"]}, "http://shop.example http://win.example", "links"),
        ({"blocked": ["win.example"]}, "go to win.example", "links: win.example"),
        ({"blocked": ["win.example"]}, "http://a.example", None),
        ({"blocked": ["example.com"], "allowed": ["a.example.com"]}, "http://a.example.com/", None),
    ],
)
def test_links(links: dict[str, Any], text: str, reason: str | None) -> None:
    """Any link, or only to some; a blocked domain need not be a link."""
    assert why({"links": links}, text) == (None if reason is None else (reason,))


@pytest.mark.parametrize(
    ("condition", "text", "reasons"),
    [
        ({"mentions": {"least": 2}}, "@a @b", ("mentions: 2",)),
        ({"mentions": {"least": 2}}, "@a", None),
        ({"length": {"most": 3}}, "abc", ("length: 3",)),
        ({"length": {"most": 3}}, "abcd", None),
        ({"emoji_only": True}, "🔥", ("emoji_only",)),
        ({"emoji_only": False}, "🔥", None),
        ({"has_text": True}, "a", ("has_text",)),
        ({"has_text": False}, "\u200b", ("not has_text",)),
        ({"languages": ["en", "de"]}, "Wann habt ihr geöffnet?", ("language: de",)),
        ({"languages": ["en"]}, "😍", None),
    ],
)
def test_text(condition: dict[str, Any], text: str, reasons: Reasons | None) -> None:
    """What a text is like."""
    assert why(condition, text) == reasons


@pytest.mark.parametrize("name", ["story_reply", "story_mention", "ad", "edited"])
def test_flags(name: str) -> None:
    """A flag is wanted, or not wanted."""
    yes: dict[str, Any] = {name: True}
    assert why(yes, **yes) == (name,)
    assert why({name: False}, **yes) is None
    assert why({name: False}) == (f"not {name}",)


def test_authors() -> None:
    """By id, or by username whatever its case."""
    assert why({"authors": ["@Ana.Test"]}) == ("author",)
    assert why({"authors": ["880001"]}, username=None) == ("author",)
    assert why({"authors": ["ben.test"]}) is None


def test_history() -> None:
    """What was before is asked of the history."""
    assert why({"first_contact": True}, past=Past(first=True)) == ("first_contact",)
    assert why({"reply_to_us": True}, past=Past()) is None
    repeats = {"repeats": {"times": 3, "hours": 24}}
    assert why(repeats, "again", Past(times=3)) == ("repeats: 3 in 24 h",)
    assert why(repeats, "again", Past(times=2)) is None
    assert why(repeats, "\u200b", Past(times=9)) is None
    offender = {"offender": {"times": 2, "hours": 0.5, "rules": ["spam"]}}
    assert why(offender, past=Past(before=2)) == ("offender: 2 in 0.5 h",)
    assert why(offender, past=Past(before=1)) is None


def test_words_of_two_conditions() -> None:
    """The same word, sought whole and also inside of others."""
    words = [{"words": {"of": ["price"], "whole": whole}} for whole in (True, False)]
    assert why({"any": words}, "priceless") == ("words: price",)
    assert why({"all": words}, "priceless") is None
    assert why({"all": words}, "price") == ("words: price", "words: price")


def test_score() -> None:
    """Of the text as written or without disguise, whichever is worse."""
    scored = {"score": {"least": 0.5}}
    assert (why(scored, "kill yourself") or ("",))[0].startswith("toxicity: 0.9")
    assert why(scored, "k1ll y0urself") is not None
    assert why(scored, "love it") is None


@pytest.mark.parametrize(
    ("condition", "reasons"),
    [
        ({"all": [{"ad": True}, {"words": {"of": ["how"]}}]}, ("ad", "words: how")),
        ({"all": [{"ad": True}, {"edited": True}]}, None),
        ({"all": []}, ()),
        ({"any": [{"edited": True}, {"ad": True}, {"has_text": True}]}, ("ad",)),
        ({"any": [{"edited": True}]}, None),
        ({"none": [{"edited": True}]}, ()),
        ({"none": [{"edited": True}, {"ad": True}]}, None),
        ({"ad": True, "any": [{"words": {"of": ["how"]}}]}, ("ad", "words: how")),
    ],
)
def test_combined(condition: dict[str, Any], reasons: Reasons | None) -> None:
    """Of all the reasons, of any the first that holds, of none none."""
    assert why(condition, "how much", ad=True) == reasons
