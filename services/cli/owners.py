"""Which account a command is about, as `instagram/17841400000000001`, and who gives it."""

import getpass
import os
from typing import Annotated, get_args

import typer

from services.cli import screen
from shared.postgres.accounts import Platform
from shared.postgres.rules import EVERYBODY, Owner

AccountOption = Annotated[
    str | None,
    typer.Option(metavar="PLATFORM/ID", help="One account, as instagram/178…; else all."),
]


def owner_of(account: str | None) -> Owner:
    """The account of that name; all accounts without one. Exits 2 for what is no account."""
    if account is None:
        return EVERYBODY
    platform, slash, id_ = account.partition("/")
    if not slash or platform not in get_args(Platform) or not (id_.isascii() and id_.isdigit()):
        shown = screen.printable(account)
        screen.fail(f"{shown} is no account: they are named like instagram/17841400000000001.", 2)
    return Owner(platform, id_)


def name_of(owner: Owner) -> str:
    """What `owner_of` understands; `all` for everybody."""
    return "all" if owner == EVERYBODY else f"{owner.platform}/{owner.account}"


def me() -> str:
    """Whoever types this, as the machine knows them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a user without a name
        return f"user {os.getuid()}"
