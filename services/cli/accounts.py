"""`parley accounts`: the business accounts whose events are enriched, and their tokens."""

import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr

from services.cli import screen
from services.cli.config import (
    AppsConfig,
    PostgresConfig,
    PostgresOption,
    VaultConfig,
    YesOption,
    has_apps,
    load,
)
from services.cli.keys import opened_vault
from services.cli.made_up import connect_made_up
from services.cli.screen import Output, OutputOption
from services.cli.work import perform
from shared.contracts.credential import Login
from shared.postgres.accounts import Account, Accounts, Platform
from shared.postgres.pool import connect
from shared.postgres.readiness import require_schema

accounts = typer.Typer(no_args_is_help=True, help="Connect business accounts and their tokens.")

PlatformArgument = Annotated[Platform, typer.Argument(help="What webhooks call its object.")]
IdArgument = Annotated[
    str, typer.Argument(metavar="ID", help="The number that webhooks name it by, as entry.id.")
]


@accounts.command()
def add(  # noqa: PLR0913 (one argument for each option)
    platform: PlatformArgument,
    id_: IdArgument,
    *,
    login: Annotated[Login, typer.Option(help="Which of Meta's two ways it was connected by.")],
    app: Annotated[str, typer.Option(help="The Meta app the token is from, as in PARLEY_APPS.")],
    username: Annotated[str | None, typer.Option(help="Its handle, without the @.")] = None,
    name: Annotated[str | None, typer.Option(help="Its name.")] = None,
    scoped_id: Annotated[
        str | None, typer.Option(help="What Instagram Login's /me says is its id.")
    ] = None,
    expires: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="In UTC.")
    ] = None,
    token_file: Annotated[
        Path | None, typer.Option(help="A file that holds the token; else it comes from stdin.")
    ] = None,
    postgres: PostgresOption = None,
) -> None:
    """Connect an account, or give it a new token. The token is never an argument, which others on
    the machine could see.

    Example: parley accounts add instagram 17841400000000001 --login instagram --app shop < token
    """
    config = load(VaultConfig, postgres=postgres)
    _check(id_, app)
    expires_at = expires and expires.replace(tzinfo=UTC)
    if expires_at and expires_at < datetime.now(UTC):
        screen.fail(f"A token that expired at {expires_at} is of no use.", 2)
    try:
        account = Account(
            platform=platform,
            id=id_,
            app=app,
            login=login,
            username=username,
            name=name,
            scoped_id=scoped_id,
        )
    except ValueError as exc:
        screen.fail(f"That cannot be: {exc}.", 2)
    perform(_add(config, account, _token(token_file), expires_at))
    screen.say(f"Connected {platform} {id_}.")


async def _add(
    config: VaultConfig, account: Account, token: SecretStr, expires_at: datetime | None
) -> None:
    async with connect(config.postgres, "cli") as pool:
        vault = await opened_vault(pool, config)
        await Accounts(pool).add(account)
        await vault.store(account.platform, account.id, token, expires_at)


@accounts.command("list")
def show(postgres: PostgresOption = None, output: OutputOption = Output.TABLE) -> None:
    """Show the connected accounts, and when their tokens expire; never the tokens.

    Example: parley accounts list
    """
    config = load(PostgresConfig, postgres=postgres)

    async def work() -> list[Account]:
        async with connect(config.postgres, "cli") as pool:
            await require_schema(pool)
            return await Accounts(pool).list()

    columns = ("platform", "id", "username", "login", "app", "status", "token_expires_at")
    screen.rows(output, [asdict(account) for account in perform(work())], columns)


@accounts.command()
def simulate(
    seed: Annotated[int, typer.Option(help="That of the simulator.")] = 1,
    count: Annotated[int, typer.Option(min=1, help="As many as the simulator has.")] = 3,
    postgres: PostgresOption = None,
) -> None:
    """Connect the accounts that the simulator makes up, with their made-up tokens.

    Example: parley accounts simulate --seed 1
    """
    config = load(VaultConfig, postgres=postgres)
    apps = tuple(load(AppsConfig).apps)

    async def connect_all() -> int:
        async with connect(config.postgres, "parley accounts") as pool:
            return await connect_made_up(pool, await opened_vault(pool, config), seed, count, apps)

    screen.say(f"Connected {perform(connect_all())} accounts that do not exist.")


@accounts.command()
def remove(
    platform: PlatformArgument,
    id_: IdArgument,
    postgres: PostgresOption = None,
    *,
    yes: YesOption = False,
) -> None:
    """Forget an account and wipe its token. What was heard from it stays.

    Example: parley accounts remove instagram 17841400000000001
    """
    config = load(PostgresConfig, postgres=postgres)
    if not yes:
        screen.ask(f"Forget {platform} {screen.printable(id_)} and wipe its token?")

    async def work() -> bool:
        async with connect(config.postgres, "cli") as pool:
            await require_schema(pool)
            return await Accounts(pool).remove(platform, id_)

    if not perform(work()):
        screen.fail(f"No {platform} account {screen.printable(id_)} is connected.")
    screen.say(f"Removed {platform} {id_}.")


def _check(id_: str, app: str) -> None:
    if not (id_.isascii() and id_.isdigit()):
        screen.fail("An account's id is a number, not its user name: Meta shows it as ID.", 2)
    known = load(AppsConfig).apps if has_apps() else {app: None}
    if app not in known:
        screen.fail(f"PARLEY_APPS has no {screen.printable(app)}: it has {', '.join(known)}.", 2)


def _token(path: Path | None) -> SecretStr:
    """From the file, from a pipe, or typed where nobody sees it."""
    if path is not None:
        try:
            found = path.read_text()
        except (OSError, UnicodeDecodeError) as exc:
            screen.fail(f"The token cannot be read: {exc}.", 2)
    elif sys.stdin.isatty():
        found = typer.prompt("Token", hide_input=True, err=True)
    else:
        found = sys.stdin.read()
    token = found.strip()
    if not token.isascii() or not token.isprintable() or not token or " " in token:
        screen.fail("That is no token: it must be one word of letters and digits.", 2)
    return SecretStr(token)
