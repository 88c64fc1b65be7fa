"""The command line as a whole: what it offers, how fast it helps, how it refuses."""

import subprocess
import sys
from importlib import import_module

import pytest
import typer
from typer.testing import CliRunner

from services.cli.__main__ import COMMANDS, create_app

HEAVY = ("pydantic", "aiokafka", "asyncpg", "httpx", "aiohttp", "sqlalchemy", "confluent_kafka")


def test_help_is_light() -> None:
    """`parley --help` imports none of what only the commands need: it answers at once."""
    script = (
        "import sys\n"
        "from services.cli.__main__ import main\n"
        "try: main(['--help'])\n"
        f"finally: print(sorted(set({HEAVY!r}) & set(sys.modules)), file=sys.stderr)\n"
    )
    command = [sys.executable, "-c", script]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ran.stderr == "[]\n"
    assert all(name in ran.stdout for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_sentence(name: str) -> None:
    """What `parley --help` says of a command is what the command says of itself."""
    module, sentence = COMMANDS[name]
    found = getattr(import_module(f"services.cli.{module}"), name)
    said = found.info.help if isinstance(found, typer.Typer) else found.__doc__
    assert str(said).startswith(sentence.removesuffix("."))


def leaves() -> list[list[str]]:
    """Every command there is, as the words that lead to it."""
    found = []
    for name in COMMANDS:
        module = import_module(f"services.cli.{COMMANDS[name][0]}")
        group = getattr(module, name)
        below = group.registered_commands if isinstance(group, typer.Typer) else [None]
        for command in below:
            word = command and (command.name or getattr(command.callback, "__name__", None))
            found.append([name, word] if word else [name])
    return found


@pytest.mark.parametrize("words", leaves(), ids=" ".join)
def test_help(words: list[str]) -> None:
    """Every command explains itself with a sentence and an example."""
    ran = CliRunner().invoke(create_app(words), [*words, "--help"])
    assert ran.exit_code == 0
    assert f"Example: parley {' '.join(words)}" in " ".join(ran.output.split())


def test_unknown_command() -> None:
    """A misspelt command is wrong usage, and the right one is suggested."""
    ran = CliRunner().invoke(create_app(["trigge"]), ["trigge"])
    assert ran.exit_code == 2
    assert "trigger" in ran.output
