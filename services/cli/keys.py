"""`parley keys`: what the tokens at rest are encrypted with."""

import typer
from rich.progress import Progress

from services.cli import screen
from services.cli.config import PostgresOption, VaultConfig, load
from services.cli.screen import Output, OutputOption
from services.cli.work import perform
from shared.postgres.pool import Pool, connect
from shared.postgres.readiness import require_schema
from shared.postgres.vault import Rotation, Vault, generate_key

keys = typer.Typer(
    no_args_is_help=True, help="Make and rotate the keys that tokens are encrypted with."
)


@keys.command()
def generate() -> None:
    """Print a new key for the front of PARLEY_VAULT_KEYS. It is stored nowhere.

    Example: parley keys generate
    """
    screen.line(generate_key())


@keys.command()
def rotate(postgres: PostgresOption = None, output: OutputOption = Output.TABLE) -> None:
    """Encrypt all tokens with the newest key, the first of PARLEY_VAULT_KEYS.

    First put the new key in front of the others and restart the services, so that they can read
    what this writes. It may be interrupted and run again. Exits 3 if some tokens can't be read.

    Example: parley keys rotate
    """
    config = load(VaultConfig, postgres=postgres)
    rotation = perform(_rotate(config))
    lost = [{"platform": platform, "account": account} for platform, account in rotation.unreadable]
    if output is Output.JSON:
        screen.data({"rotated": rotation.rotated, "unreadable": lost})
    else:
        screen.rows(output, lost, ("platform", "account"))
    screen.say(f"Encrypted {rotation.rotated} tokens anew.")
    if lost:
        screen.fail(f"No key opens the tokens of {len(lost)} accounts: connect them again.", 3)
    if len(config.vault_keys) > 1:
        screen.say("All keys of PARLEY_VAULT_KEYS but the first can be removed.")


async def _rotate(config: VaultConfig) -> Rotation:
    console = screen.console(stderr=True)
    async with connect(config.postgres, "cli") as pool:
        vault = await opened_vault(pool, config)
        with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
            task = bar.add_task("tokens")
            return await vault.rotate(
                lambda done, total: bar.update(task, completed=done, total=total)
            )


async def opened_vault(pool: Pool, config: VaultConfig) -> Vault:
    """The vault with the keys there are.

    Raises:
        Transient: `schema_outdated`, or Postgres can't be reached.
    """
    await require_schema(pool)
    return Vault(pool, config.vault_keys)
