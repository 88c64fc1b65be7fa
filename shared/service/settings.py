"""Settings come from `PARLEY_*` variables, or from files named by `PARLEY_*_FILE`; read once.

A missing or wrong setting is found at start, and all of them are named at once.
"""

import os
import re
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
from cryptography.fernet import Fernet
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
)
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

PREFIX = "PARLEY_"


class _Files(PydanticBaseSettingsSource):
    """`PARLEY_X_FILE=/run/secrets/x` stands for `PARLEY_X=<what that file holds>`."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        del field
        path = os.environ.get(variable(field_name) + "_FILE")
        return (Path(path).read_text().strip() if path else None), field_name, False

    def __call__(self) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, field in self.settings_cls.model_fields.items():
            try:
                value, _, _ = self.get_field_value(field, name)
            except (OSError, UnicodeDecodeError) as exc:
                raise Unusable([f"{variable(name)}_FILE: cannot be read ({exc})"]) from exc
            if value is not None:
                values[name] = value
        return values


class Settings(BaseSettings):
    """What one service can be told; frozen, and silent about its values in errors."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments win over variables, variables over files."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, _Files(settings_cls)


class Unusable(Exception):
    """The settings can't be used; `problems` has a line for each variable, never a value."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


_Config = TypeVar("_Config", bound=BaseSettings)


def variable(field_name: str) -> str:
    """The environment variable that sets `field_name`."""
    return PREFIX + field_name.upper()


def load(config_type: type[_Config], **given: Any) -> _Config:  # noqa: ANN401 (any field)
    """The settings of one service; what is `given` wins over variables.

    Raises:
        Unusable: with every problem there is.
    """
    try:
        return config_type(**given)
    except ValidationError as exc:
        raise Unusable([_explain(config_type, error) for error in exc.errors()]) from None


def _explain(config_type: type[BaseSettings], error: Any) -> str:  # noqa: ANN401 (pydantic's own)
    name = str(error["loc"][0]) if error["loc"] else "settings"
    below = ".".join(str(part) for part in error["loc"][1:])
    field = config_type.model_fields.get(name)
    said = (
        "not set"
        if error["type"] == "missing" and not below
        else error["msg"].removeprefix("Value error, ")
    )
    meaning = f" ({field.description})" if field and field.description else ""
    return f"{variable(name)}{f' at {below}' if below else ''}: {said}{meaning}"


def _json(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(value)
    except msgspec.MsgspecError as exc:
        message = "is not JSON"
        raise ValueError(message) from exc


def _words(value: object) -> object:
    return value.replace(",", " ").split() if isinstance(value, str) else value


class App(BaseModel):
    """One Meta app: what it signs with, newest secret first, and what it says at the handshake."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, extra="forbid")

    secrets: tuple[Annotated[SecretStr, Field(min_length=1)], ...] = Field(min_length=1)
    verify_token: SecretStr = Field(min_length=1)


_SERVERS = re.compile(r"[^\s,]+:\d+(,[^\s,]+:\d+)*")


def _kafka_servers(value: str) -> str:
    if not _SERVERS.fullmatch(value):
        message = "must be host:port, or several with commas between"
        raise ValueError(message)
    return value


class KafkaSettings(BaseSettings):
    """Where Kafka is."""

    kafka: Annotated[str, AfterValidator(_kafka_servers)] = Field(
        description="Kafka bootstrap servers, host:port[,host:port…]"
    )


def _postgres_url(value: SecretStr) -> SecretStr:
    if not value.get_secret_value().startswith(("postgresql://", "postgres://")):
        message = "must begin with postgresql://"
        raise ValueError(message)
    return value


class PostgresSettings(BaseSettings):
    """Where Postgres is."""

    postgres: Annotated[SecretStr, AfterValidator(_postgres_url)] = Field(
        description="Postgres URL, postgresql://user:password@host/parley"
    )


class AppsSettings(BaseSettings):
    """The Meta apps whose webhooks are taken; Instagram Login and Facebook Login are two apps
    (platform §0.10)."""

    apps: Annotated[dict[str, App], NoDecode, BeforeValidator(_json)] = Field(
        min_length=1,
        description='Meta apps by a name of yours: {"shop": {"secrets": ["newest", "previous"], '
        '"verify_token": "…"}}',
    )


def _fernet_key(value: SecretStr) -> SecretStr:
    try:
        Fernet(value.get_secret_value())
    except ValueError:
        message = "is not a Fernet key"
        raise ValueError(message) from None
    return value


class VaultSettings(BaseSettings):
    """What the tokens at rest are encrypted with."""

    vault_keys: Annotated[
        tuple[Annotated[SecretStr, AfterValidator(_fernet_key)], ...],
        NoDecode,
        BeforeValidator(_words),
    ] = Field(
        min_length=1,
        description="Fernet keys of the token vault, newest first (`parley keys generate`)",
    )


class AdminSettings(BaseSettings):
    """Where metrics and health are served."""

    admin_host: str = Field(
        default="127.0.0.1", description="Address of the admin port; 0.0.0.0 in a container"
    )
    admin_port: int = Field(
        default=0,
        ge=0,
        le=65535,
        description="Port of /metrics, /livez, /readyz; 0 lets the system choose and logs it",
    )
