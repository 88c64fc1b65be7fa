"""`parley run`: one service in the foreground, as it runs in production."""

from importlib import import_module
from typing import Annotated

import typer

from services.cli.reference import Service, config_of
from shared.service import lifecycle


def run(service: Annotated[Service, typer.Argument(help="Which one.", show_default=False)]) -> None:
    """Run one service in the foreground, as in production.

    It ends with SIGTERM or Ctrl-C; its settings come from PARLEY_* variables.

    Example: parley run receiver
    """
    lifecycle.run(import_module(f"services.{service}.__main__").main, config_of(service))
