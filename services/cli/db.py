"""`parley db`: the database schema, brought up to date or looked at."""

from collections.abc import Sequence
from typing import Annotated

import stamina
import typer
from pydantic import SecretStr

from services.cli import screen
from services.cli.config import PostgresConfig, PostgresOption, load
from services.cli.screen import Output, OutputOption
from services.cli.work import perform
from shared.errors import Transient
from shared.postgres import schema

db = typer.Typer(no_args_is_help=True, help="Create and upgrade the database schema.")

WaitOption = Annotated[
    float, typer.Option(min=0, metavar="SECONDS", help="Wait so long for the database to come up.")
]


@db.command()
def migrate(wait: WaitOption = 0, postgres: PostgresOption = None) -> None:
    """Bring the schema to the newest revision. Safe to run twice, and from two places at once.

    Example: parley db migrate --wait 60
    """
    url = load(PostgresConfig, postgres=postgres).postgres

    async def work() -> Sequence[str]:
        before = await _patiently(wait, url)
        await schema.migrate(url)
        return before.pending

    applied = perform(work())
    screen.say(f"Applied {', '.join(applied)}." if applied else "The schema is up to date.")


async def _patiently(wait: float, url: SecretStr) -> schema.Status:
    patience = stamina.AsyncRetryingCaller(
        attempts=None if wait else 1, timeout=wait or None, wait_max=1.0
    )
    return await patience(Transient, schema.status, url)


@db.command()
def status(output: OutputOption = Output.TABLE, postgres: PostgresOption = None) -> None:
    """Show the schema's revision and what is still to be applied. Exits 1 if something is.

    Example: parley db status -o json
    """
    url = load(PostgresConfig, postgres=postgres).postgres
    found = perform(schema.status(url))
    columns = ("current", "newest", "pending")
    row = {"current": found.current, "newest": found.head, "pending": list(found.pending)}
    if output is Output.JSON:
        screen.data(row)
    else:
        screen.rows(output, [row], columns)
    if found.pending:
        screen.say("Bring it up to date: parley db migrate")
        raise typer.Exit(1)
