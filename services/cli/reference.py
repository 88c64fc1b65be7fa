"""All settings of all services, read off their classes: for `config check` and for the README."""

import difflib
from collections.abc import Iterable
from importlib import import_module
from typing import Literal, get_args

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from shared.service.settings import PREFIX, Settings, variable

Service = Literal["receiver", "enricher", "moderator", "executor", "persister", "simulator"]
SERVICES: tuple[Service, ...] = get_args(Service)


def config_of(service: str) -> type[Settings]:
    """The settings class of `service`: by convention `services.x.config.XConfig`."""
    module = import_module(f"services.{service}.config")
    found: type[Settings] = getattr(module, f"{service.capitalize()}Config")
    return found


def variables() -> dict[str, tuple[FieldInfo, list[str]]]:
    """Every variable with its field and the services that read it."""
    found: dict[str, tuple[FieldInfo, list[str]]] = {}
    for service in SERVICES:
        for name, field in config_of(service).model_fields.items():
            found.setdefault(variable(name), (field, []))[1].append(service)
    return found


def unknown(names: Iterable[str]) -> dict[str, str | None]:
    """The `PARLEY_*` names among `names` that nothing reads, each with the closest one that is."""
    known = set(variables())
    return {
        name: next(iter(difflib.get_close_matches(name.removesuffix("_FILE"), known, n=1)), None)
        for name in sorted(names)
        if name.startswith(PREFIX) and name not in known and name.removesuffix("_FILE") not in known
    }


def markdown() -> str:
    """The table of all settings, as the README shows it."""
    lines = [
        f"| `{name}` | {_cell(field.description or '')} | {_default(field)} | {', '.join(users)} |"
        for name, (field, users) in variables().items()
    ]
    head = ["| variable | meaning | default | used by |", "|---|---|---|---|"]
    return "\n".join([*head, *lines])


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default = field.get_default(call_default_factory=True)
    if isinstance(default, SecretStr) or default in (None, "", (), {}):
        return ""
    written = f"{default:.4g}" if isinstance(default, float) else str(default)
    return f"`{_cell(written.lower() if isinstance(default, bool) else written)}`"
