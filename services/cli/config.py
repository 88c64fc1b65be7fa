"""What commands can be told: the services' own variables, and options that override them."""

import os
from typing import Annotated, TypeVar

import typer
from pydantic_settings import BaseSettings

from services.cli.screen import fail
from shared.service import settings
from shared.service.settings import (
    AppsSettings,
    KafkaSettings,
    PostgresSettings,
    Settings,
    VaultSettings,
    variable,
)

KafkaOption = Annotated[
    str | None, typer.Option("--kafka", metavar="HOST:PORT", help="Overrides PARLEY_KAFKA.")
]
PostgresOption = Annotated[
    str | None, typer.Option("--postgres", metavar="URL", help="Overrides PARLEY_POSTGRES.")
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]

_Config = TypeVar("_Config", bound=BaseSettings)


class KafkaConfig(KafkaSettings, Settings):
    """For commands about topics and records."""


class PostgresConfig(PostgresSettings, Settings):
    """For commands about the database."""


class ActionsConfig(KafkaSettings, PostgresSettings, Settings):
    """For commands that look at actions and request more of them."""


class AppsConfig(AppsSettings, Settings):
    """For commands that sign as Meta does, or name an app."""


class VaultConfig(VaultSettings, PostgresSettings, Settings):
    """For commands about tokens."""


def load(config_type: type[_Config], **given: object) -> _Config:
    """The settings a command needs; options that were given win over variables. Exits 2 with every
    problem there is."""
    try:
        return settings.load(
            config_type, **{name: value for name, value in given.items() if value is not None}
        )
    except settings.Unusable as exc:
        fail("\n".join(exc.problems), 2)


def has_apps() -> bool:
    """Whether there is a PARLEY_APPS to read."""
    name = variable("apps")
    return bool(os.environ.get(name) or os.environ.get(f"{name}_FILE"))
