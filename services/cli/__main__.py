"""The `parley` command line: which commands there are.

Only the command that is named gets imported, so that `parley --help` answers at once.
"""

import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module

import typer

from services.cli.failures import told

COMMANDS = {
    "dev": ("dev", "Run everything on this machine and watch it."),
    "run": ("run", "Run one service in the foreground, as in production."),
    "db": ("db", "Create and upgrade the database schema."),
    "topics": ("topics", "Create the Kafka topics, or see what they are."),
    "schema": ("schema", "Write and check the schemas and documents of what topics carry."),
    "accounts": ("accounts", "Connect business accounts and their tokens."),
    "rules": ("rules", "Change, try, explain and stop the rules."),
    "actions": ("actions", "See, undo, retry and settle actions."),
    "trigger": ("trigger", "Send one signed webhook of a kind to the receiver."),
    "simulate": ("simulate", "Send webhooks at a rate and measure the answers."),
    "tail": ("tail", "Watch what a topic carries."),
    "dlq": ("dlq", "See, retry or drop what a consumer group could not handle."),
    "replay": ("replay", "Publish events again that happened in a time."),
    "audit": ("audit", "Account for every event that is on Kafka."),
    "erase": ("erase", "Erase an account, or a person, and tell those who keep copies."),
    "keys": ("keys", "Make and rotate the keys that tokens are encrypted with."),
    "config": ("settings", "Check the settings, or list what can be set."),
    "metrics": ("catalogue", "See what there is to measure, and when to worry."),
    "version": ("version", "Print the version."),
}
"""By command: the module that holds a function or a group of that name, and one sentence."""


def _later() -> None:
    """Stands for a command in the help of `parley`; never run."""


def create_app(words: Sequence[str]) -> typer.Typer:
    """The command line in which those commands work that are among `words`."""
    app = typer.Typer(
        name="parley",
        help="Instagram and Facebook Page conversations as events that other software can trust.",
        epilog="First time here? parley dev",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for name, (module, sentence) in COMMANDS.items():
        if name not in words:
            app.command(name, help=sentence)(_later)
            continue
        found = getattr(import_module(f"services.cli.{module}"), name)
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=name)
        else:
            app.command(name)(found)
    return app


def main(words: Sequence[str] | None = None) -> None:
    """Run one command and exit: 0 done, 1 failed, 2 wrong usage or settings, 3 done in part."""
    words = sys.argv[1:] if words is None else words
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    completing = os.environ.get("COMP_WORDS", "").split()
    with told():
        create_app([*words, *completing])(list(words), prog_name="parley")


if __name__ == "__main__":
    main()
