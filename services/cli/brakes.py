"""`parley rules stop` and `start`: the kill switch of one account, or of all."""

from typing import Annotated

import typer

from services.cli import screen
from services.cli.config import PostgresConfig, PostgresOption, load
from services.cli.owners import AccountOption, me, name_of, owner_of
from services.cli.work import connected_pool, perform
from shared.postgres.rules import EVERYBODY, Brake, Brakes


def stop(
    reason: Annotated[str, typer.Option(help="For those who find everything standing still.")],
    account: AccountOption = None,
    postgres: PostgresOption = None,
) -> None:
    """Pull the kill switch: no rule does anything from now on, until `parley rules start`.

    Decisions are still taken and kept, as if all rules only observed. What was decided before and
    is not done yet waits; `parley actions undo --rule` ends that for good. What people ask for is
    done.

    Example: parley rules stop --reason "replies to everything since 9:00"
    """
    owner = owner_of(account)
    config = load(PostgresConfig, postgres=postgres)

    async def work() -> bool:
        async with connected_pool(config.postgres) as pool:
            return await Brakes(pool).stop(owner, me(), reason)

    stopped = perform(work())
    screen.say(f"{'Stopped' if stopped else 'Was stopped already'}: {name_of(owner)}.")


def start(account: AccountOption = None, postgres: PostgresOption = None) -> None:
    """Release the kill switch. What came while it was pulled stays undone, what waited goes on.

    Example: parley rules start --account instagram/17841400000000001
    """
    owner = owner_of(account)
    config = load(PostgresConfig, postgres=postgres)

    async def work() -> tuple[bool, list[Brake]]:
        async with connected_pool(config.postgres) as pool:
            return await Brakes(pool).start(owner), await Brakes(pool).pulled()

    started, pulled = perform(work())
    screen.say(f"{'Started' if started else 'Was not stopped'}: {name_of(owner)}.")
    if owner != EVERYBODY and any((each.platform, each.account) == EVERYBODY for each in pulled):
        screen.say("All accounts are stopped together, this one too: parley rules start")
