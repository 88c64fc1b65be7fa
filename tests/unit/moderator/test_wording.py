"""A text as rules see it: numbers, links, mentions, emoji, languages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.moderator.links import Host, domain_of
from services.moderator.wording import Text
from tests.strategies import odd_texts

LONG = "I bought this jacket last month and the zipper broke after two days, nobody answers"


def bits_apart(one: str, other: str) -> int:
    """In how many bits two texts differ."""
    return ((Text(one).simhash ^ Text(other).simhash) & (1 << 64) - 1).bit_count()


def test_hashes_stay() -> None:
    """They are stored: no other process and no other Python may come to others."""
    assert Text("Love it!").hash == Text("love  it").hash == 8850850277107807559
    assert Text(LONG).simhash == 3722757199062280941


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (LONG, f"{LONG}!!! 🔥"),
        (LONG, f"Hi @ana, {LONG} 17"),
        (LONG, f"{LONG} https://a.example/b"),
        (LONG, LONG.replace("e", "\u0435").replace("o", "0")),
        ("check out my page for free followers", "FREE followers: check out my page"),
    ],
)
def test_nearly_the_same(one: str, other: str) -> None:
    """Decoration, greetings, names, numbers, order and disguise make no other text."""
    assert bits_apart(one, other) <= 3


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ok", "OK then"),
        ("😍", "🔥"),
        ("❤️", "❤️❤️"),
        ("congratulations to you", "congratulations on that"),
        (LONG, "Do you ship to Portugal? I would like to have two of the blue ones for a wedding"),
        (LONG, LONG.replace("jacket", "handbag").replace("zipper", "handle")),
    ],
)
def test_not_the_same(one: str, other: str) -> None:
    """Other words are another text; what is short resembles nothing but itself."""
    assert bits_apart(one, other) > 3


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("see https://Shop.Example/sale?x=1", [Host("shop.example", link=True)]),
        ("www.win.xyz, now", [Host("www.win.xyz", link=True)]),
        ("bit.ly/abc", [Host("bit.ly", link=True)]),
        ("win[.]com/x or win (dot) com/x", [Host("win.com", link=True)]),
        ("http://me:pw@1.2.3.4:80/x", [Host("1.2.3.4", link=True)]),
        (
            "\uff48\uff54\uff54\uff50\uff53\uff1a\uff0f\uff0fwin\uff0eexample",
            [Host("win.example", link=True)],
        ),
        ("wow.so nice", [Host("wow.so", link=False)]),
        ("size s.m/l", []),
        ("write to a@b.com", []),
        ("https:// and dots...", []),
        ("1.5/2 or and.or/x", [Host("and.or", link=False)]),
        ("plain", []),
    ],
)
def test_links(text: str, hosts: list[Host]) -> None:
    """A link is what an app would make one of (pitfalls §3.4: `wow.so` is none)."""
    assert [*Text(text).hosts] == hosts


def test_domains() -> None:
    """Subdomains count as their domain, other names that end alike do not."""
    domains = frozenset({"win.example"})
    assert domain_of("a.b.win.example", domains) == "win.example"
    assert domain_of("awin.example", domains) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("🔥🔥 🔥", True),
        ("👩\u200d👩\u200d👧\u200d👦", True),
        ("❤️", True),
        ("1️⃣", True),
        ("🔥!", False),
        ("wow 🔥", False),
        ("123", False),
        ("ок", False),
        ("", False),
        (" ", False),
    ],
)
def test_emoji_only(text: str, expected: bool) -> None:
    """Emoji and spaces, and nothing else."""
    assert Text(text).emoji_only is expected


def test_mentions() -> None:
    """Addresses are no mentions."""
    assert Text("@ana @ben, a@b.com @ @clara").mentions == 3
    assert Text("nobody").mentions == 0


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("How much is it?", "en"),
        ("Wie groß ist die Größe M?", "de"),
        ("多少钱…", "zh"),
        ("ありがとう", "ja"),
        ("ok", None),
        ("link pls", None),
        ("😍😍😍😍😍😍", None),
        ("wow 🔥🔥🔥 aaaaaaaa", None),
        ("@a.very.long.name https://a.example/path", None),
        ("", None),
    ],
)
def test_language(text: str, language: str | None) -> None:
    """What is too short to tell is in no language; names and links are in none."""
    assert Text(text).language == language


@given(odd_texts)
def test_no_view_raises(text: str) -> None:
    """Whatever the text, every view of it can be taken, encoded and stored."""
    seen = Text(text)
    (seen.encoded, seen.skeleton.encode(), seen.folded.encode(), seen.emoji_only, seen.language)
    assert seen.mentions >= 0
    assert all(host.name for host in seen.hosts)
    assert -(1 << 63) <= seen.hash < 1 << 63
    assert -(1 << 63) <= seen.simhash < 1 << 63


@given(
    st.sampled_from(["\u0315\u0300", "@a", "a.", "http://", "1!", "I", "a ", "(dot)", "\u0430a"])
)
def test_long_texts(part: str) -> None:
    """Nothing that repeats itself takes more than its share of time or room."""
    seen = Text(part * 20_000)
    assert len(seen.skeleton) <= 60 * len(seen.written)
    assert len(seen.hosts) <= 20_000
    assert isinstance(seen.simhash, int)
