"""Made-up webhooks for `parley trigger` and `parley simulate`: where they go and who signs them."""

from typing import Annotated

import typer

from services.cli import screen
from services.cli.config import AppsConfig, has_apps, load
from services.cli.stack import APPS
from services.simulator.posting import Target
from shared.service.settings import App

UrlOption = Annotated[str, typer.Option("--url", help="Where the receiver takes webhooks.")]
SeedOption = Annotated[int, typer.Option("--seed", help="The same seed makes the same accounts.")]

DEFAULT_URL = "http://127.0.0.1:8462/webhooks/meta"


def target(url: str) -> Target:
    """The receiver at `url`, and the secrets it should know: without PARLEY_APPS those of
    `parley dev`."""
    if has_apps():
        return Target(url=url, secrets=_newest(load(AppsConfig).apps))
    screen.say("PARLEY_APPS is not set: signing with the secrets of `parley dev`.")
    return Target(url=url, secrets=_newest(load(AppsConfig, apps=APPS).apps))


def _newest(apps: dict[str, App]) -> dict[str, bytes]:
    return {name: app.secrets[0].get_secret_value().encode() for name, app in apps.items()}


def hint(answers: set[str], url: str) -> str:
    """What to do about `answers` that were not expected; empty if they say it themselves."""
    if "unreachable" in answers:
        return f"Nothing answers at {screen.printable(url)}: does the receiver run there?"
    if "401" in answers:
        return "The receiver does not know the secret: PARLEY_APPS must be the same on both sides."
    return ""
