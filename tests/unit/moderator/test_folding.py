"""Ways of writing and of hiding that rules see through, and what they leave as it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.moderator.folding import fold, look_alikes, unmask
from tests.strategies import odd_texts


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("FREE  Followers\n", "free followers"),
        ("\uff46\uff52\uff45\uff45", "free"),
        ("\U0001d4ef\U0001d4fb\U0001d4ee\U0001d4ee", "free"),
        ("fr\u200bee\u202e", "free"),
        ("fr\x00e\x1be", "free"),
        ("STRASSE Straße", "strasse strasse"),
        ("İSTANBUL", "istanbul"),
        ("कितने", "कितने"),
        ("\u200b\u2060", ""),
    ],
)
def test_fold(written: str, folded: str) -> None:
    """The same letters, however they are written."""
    assert fold(written) == folded


@pytest.mark.parametrize(
    ("disguised", "meant"),
    [
        ("f.r.e.e f0ll\u043ewers", "free followers"),
        ("t.r.e.e", "tree"),
        ("f u c k", "fuck"),
        ("f-u-c_k", "fuck"),
        ("$hit a$$ sh!t", "shit ass shit"),
        ("k1ll", "kill"),
        ("fo11ower", "follower"),
        ("foIIower", "follower"),
        ("@sshole", "asshole"),
        ("f̶r̶e̶e̶", "free"),
        ("ꜰʀᴇᴇ", "free"),
        ("🅵🆁🅴🅴", "free"),
        ("\u0412UY", "buy"),
        ("fr\u200dee", "free"),
        ("fo.llow", "follow"),
        ("f🔥r🔥e🔥e", "free"),
        ("loooove", "love"),
        ("freeeee", "free"),
        ("asssshooole", "asshole"),
        ("加 微 信", "加微信"),
    ],
)
def test_unmask(disguised: str, meant: str) -> None:
    """The samples of pitfalls §3.4, and their like."""
    assert meant in unmask(disguised).lines


@pytest.mark.parametrize(
    ("plain", "read"),
    [
        ("wow! nice, thanks.", "wow nice thanks"),
        ("@ana look", "ana look"),
        ("Instagram is in Idaho", "instagram is in idaho"),
        ("50% of 1,500", "50 of 1 500"),
        ("año", "año"),
        ("các bạn", "các bạn"),
        ("फ्री", "फ्री"),
        ("good", "good"),
        ("xxx", "xxx"),
    ],
)
def test_undisguised(plain: str, read: str) -> None:
    """What means itself stays so: accents and doubled letters make other words."""
    assert unmask(plain).lines[0] == read


def test_stretched_letters_of_many_kinds() -> None:
    """However many letters are stretched, readings stay few."""
    lines = unmask("".join(letter * 5 for letter in "abcdefghij")).lines
    assert "abcdefghij" in lines
    assert len(lines) < 12


def test_runs() -> None:
    """Where words begin in what is spelt, nobody can tell."""
    assert unmask("u f u c k now").runs == ("ufuck",)
    assert unmask("I do. a b").runs == ()


def test_heaps_of_marks() -> None:
    """No letter of a long text keeps more marks than a script needs: to order them takes long."""
    assert len(fold("o" + "\u0315\u0300" * 5000)) < 12
    assert len(fold("o" + "\u0315\u0300" * 20)) == 40


def test_look_alikes_are_latin() -> None:
    """All stand for small Latin letters."""
    assert all(letters.isascii() and letters.islower() for letters in look_alikes().values())


@given(odd_texts)
def test_fold_is_final(text: str) -> None:
    """No text makes it raise, and what is folded has nothing left to fold."""
    assert fold(fold(text)) == fold(text)


@given(odd_texts)
def test_unmask_takes_anything(text: str) -> None:
    """No text makes it raise; lines hold words and single spaces."""
    unmasked = unmask(text)
    assert all(line == " ".join(line.split()) for line in unmasked.lines)
    assert unmasked.lines


@given(odd_texts, st.integers(min_value=2, max_value=20))
def test_linear(text: str, times: int) -> None:
    """What comes of a text is in proportion to its length, however it repeats itself."""
    once, often = unmask(text), unmask(f"{text} " * times)
    assert len(often.lines) <= 60
    assert max(map(len, often.lines)) <= times * (20 * len(text) + 1)
    assert len(once.lines) <= 60
