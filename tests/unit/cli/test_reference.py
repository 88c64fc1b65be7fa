"""The settings of all services: their reference, and the check."""

import os
from pathlib import Path

import msgspec
import pytest

from services.cli import reference
from services.cli.__main__ import main

README = Path(__file__).parents[3] / "README.md"
APPS = '{"shop": {"secrets": ["s"], "verify_token": "t"}}'


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the machine's own."""
    for name in [name for name in os.environ if name.startswith("PARLEY_")]:
        monkeypatch.delenv(name)


def run(*words: str) -> int:
    """The exit code of a command."""
    with pytest.raises(SystemExit) as ended:
        main(words)
    code = ended.value.code
    assert isinstance(code, int)
    return code


def test_readme() -> None:
    """The README shows exactly the settings there are."""
    _, _, rest = README.read_text().partition("<!-- settings -->")
    shown, _, _ = rest.partition("<!-- /settings -->")
    assert shown.strip() == reference.markdown()


def test_explained() -> None:
    """Every setting says what it means."""
    unexplained = [
        name for name, (field, _) in reference.variables().items() if not field.description
    ]
    assert unexplained == []


def test_reference(capsys: pytest.CaptureFixture[str]) -> None:
    """The reference is a table with a line for each variable, its default and its readers."""
    assert run("config", "reference") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 + len(reference.variables())
    (port,) = [line for line in lines if "`PARLEY_RECEIVER_PORT`" in line]
    assert port.endswith("| `8462` | receiver |")
    assert all(line.count(" | ") == 3 for line in [lines[0], *lines[2:]])


def test_good(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Settings that will do are said to."""
    monkeypatch.setenv("PARLEY_KAFKA", "localhost:9092")
    monkeypatch.setenv("PARLEY_APPS", APPS)
    assert run("config", "check", "receiver") == 0
    assert capsys.readouterr() == ("receiver: ok\n", "")


def test_problems(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Every problem of every service is named at once, and no value is shown."""
    monkeypatch.setenv("PARLEY_KAFKA", "not an address")
    assert run("config", "check", "-o", "json") == 2
    shown = capsys.readouterr().out
    problems = msgspec.json.decode(shown)["problems"]
    assert set(problems) == set(reference.SERVICES)
    assert [problem.partition(":")[0] for problem in problems["receiver"]] == [
        "PARLEY_KAFKA",
        "PARLEY_APPS",
    ]
    assert "not an address" not in shown


def test_misspelt(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A variable that nothing reads is pointed out, with the one that was meant."""
    monkeypatch.setenv("PARLEY_KAFKA", "localhost:9092")
    monkeypatch.setenv("PARLEY_APPS_FILE", "/dev/null")
    monkeypatch.setenv("PARLEY_RECIEVER_PORT", "1")
    run("config", "check", "receiver")
    said = capsys.readouterr().err
    assert said == "Nothing reads PARLEY_RECIEVER_PORT; did you mean PARLEY_RECEIVER_PORT?\n"


def test_unknown_service(capsys: pytest.CaptureFixture[str]) -> None:
    """A service there is not is wrong usage."""
    assert run("config", "check", "reciever") == 2
    assert "enricher" in capsys.readouterr().err
