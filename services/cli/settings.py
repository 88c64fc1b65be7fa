"""`parley config`: whether the settings will do, and what there is to set."""

import os
from typing import Annotated

import typer

from services.cli import reference, screen
from services.cli.reference import Service
from services.cli.screen import Output, OutputOption
from shared.service import settings

config = typer.Typer(no_args_is_help=True, help="Check the settings, or list what can be set.")


@config.command()
def check(
    service: Annotated[Service | None, typer.Argument(help="All of them if none is named.")] = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Load the settings as the services will, and name every problem. Exits 2 if there is one.

    Example: parley config check receiver
    """
    problems = {each: _problems(each) for each in ((service,) if service else reference.SERVICES)}
    unknown = reference.unknown(os.environ)
    if output is Output.JSON:
        screen.data({"problems": problems, "unknown": unknown})
    else:
        for each, found in problems.items():
            _show(each, found)
    for name, closest in unknown.items():
        meant = f"; did you mean {closest}?" if closest else "."
        screen.say(f"Nothing reads {screen.printable(name)}{meant}")
    if any(problems.values()):
        raise typer.Exit(2)


def _problems(service: Service) -> list[str]:
    try:
        settings.load(reference.config_of(service))
    except settings.Unusable as exc:
        return exc.problems
    return []


def _show(service: str, problems: list[str]) -> None:
    screen.line(f"{service}: {'ok' if not problems else 'cannot start'}")
    for problem in problems:
        screen.line(f"  {screen.printable(problem)}")


@config.command("reference")
def show_reference() -> None:
    """Print all settings as a Markdown table, as the README has it.

    Example: parley config reference > settings.md
    """
    screen.line(reference.markdown())
