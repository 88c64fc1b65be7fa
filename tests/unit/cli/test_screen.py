"""What a terminal gets to see."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cli import screen
from services.cli.screen import Output


@given(st.text())
def test_printable(text: str) -> None:
    """No text of anybody steers a terminal or breaks the line."""
    shown = screen.printable(text)
    steering = [each for each in shown if unicodedata.category(each) in ("Cc", "Cs", "Zl", "Zp")]
    assert steering == []
    assert not set(shown) & set("\u202a\u202e\u2066\ufeff")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;owned\x07", "\\x1b]0;owned\\x07"),
        ("two\nlines\r", "two\\nlines\\r"),
        ("\x9b31m", "\\x9b31m"),
        ("abc\u202ecba", "abc\\u202ecba"),
        ("\ud800", "\\ud800"),
        ("naïve 👩\u200d🍳 \u06cc\u200c\u062e", "naïve 👩\u200d🍳 \u06cc\u200c\u062e"),
    ],
)
def test_escapes(text: str, shown: str) -> None:
    """Escape sequences, line ends and direction marks are written out; people's scripts stay."""
    assert screen.printable(text) == shown


def test_table_whole(capsys: pytest.CaptureFixture[str]) -> None:
    """Into a pipe a cell is neither cut nor coloured, and markup is only text."""
    cell = "[red]" + "x" * 300
    screen.table(["ONE", "TWO"], [[cell, 2]])
    shown = capsys.readouterr().out
    assert cell in shown
    assert "\x1b" not in shown


def test_rows_json(capsys: pytest.CaptureFixture[str]) -> None:
    """For programs, no rows are an empty list."""
    screen.rows(Output.JSON, [], ["a"])
    assert capsys.readouterr().out == "[]\n"
