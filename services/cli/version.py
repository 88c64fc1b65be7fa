"""`parley version`."""

from importlib.metadata import version as installed

from services.cli import screen


def version() -> None:
    """Print the version.

    Example: parley version
    """
    screen.line(installed("parley"))
