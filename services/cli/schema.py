"""`parley schema`: the documents for teams that read our topics, and the gate that keeps them
true."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli import screen
from shared.contracts.documents import published
from shared.contracts.documents.compatibility import ADVICE

schema = typer.Typer(
    no_args_is_help=True, help="Write and check the schemas and documents of what topics carry."
)

FolderOption = Annotated[Path, typer.Option(help="Where they are; beside the contracts if unsaid.")]


@schema.command()
def export(folder: FolderOption = published.FOLDER) -> None:
    """Write JSON Schemas, examples, the AsyncAPI document and its page.

    Example: parley schema export --folder site/
    """
    changed = published.export(folder)
    for path in changed:
        screen.line(path.relative_to(folder).as_posix())
    screen.say(f"Wrote {len(changed)} files.")


@schema.command()
def check(folder: FolderOption = published.FOLDER) -> None:
    """Fail if the documents don't say what the code does, or if a reader of the released version
    would break.

    Example: parley schema check
    """
    stale, broken = published.stale(folder), published.broken(folder)
    for path in stale:
        screen.line(f"stale: {path.relative_to(folder).as_posix()}")
    for sentence in broken:
        screen.line(f"breaks: {sentence}")
    if broken:
        screen.say(ADVICE)
    elif stale:
        screen.say("Write them again with `make schemas` and look at what changed.")
    if stale or broken:
        raise typer.Exit(1)


@schema.command()
def release(folder: FolderOption = published.FOLDER) -> None:
    """Promise what there is now: from here on `parley schema check` keeps it from being broken.

    Example: parley schema release
    """
    broken = published.broken(folder)
    for sentence in broken:
        screen.line(f"breaks: {sentence}")
    if broken:
        screen.fail(ADVICE)
    published.release(folder)
