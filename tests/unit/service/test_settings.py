"""Settings: from variables and files, with every problem named at once and no value shown."""

from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from services.enricher.config import EnricherConfig
from services.receiver.config import ReceiverConfig
from shared.service.settings import Unusable, load

APPS = '{"shop": {"secrets": ["s3cret"], "verify_token": "hello"}}'


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("APPS", "KAFKA", "APPS_FILE", "ADMIN_PORT"):
        monkeypatch.delenv("PARLEY_" + name, raising=False)


def test_from_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables are read and typed."""
    monkeypatch.setenv("PARLEY_APPS", APPS)
    monkeypatch.setenv("PARLEY_KAFKA", "a:9092,b:9092")
    config = load(ReceiverConfig)
    assert config.apps["shop"].secrets[0].get_secret_value() == "s3cret"
    assert config.kafka == "a:9092,b:9092"


def test_from_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`_FILE` names a file that holds the value, with or without a line end."""
    path = tmp_path / "apps"
    path.write_text(APPS + "\n")
    monkeypatch.setenv("PARLEY_APPS_FILE", str(path))
    monkeypatch.setenv("PARLEY_KAFKA", "a:9092")
    assert load(ReceiverConfig).apps["shop"].verify_token.get_secret_value() == "hello"


def test_unreadable_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that isn't there is a problem with that variable's name."""
    monkeypatch.setenv("PARLEY_APPS_FILE", "/nowhere/at/all")
    with pytest.raises(Unusable, match="PARLEY_APPS_FILE: cannot be read"):
        load(ReceiverConfig)


def test_all_problems_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is set: every variable that must be is named, with what it means."""
    monkeypatch.setenv("PARLEY_ADMIN_PORT", "99999")
    with pytest.raises(Unusable) as raised:
        load(ReceiverConfig)
    text = "\n".join(raised.value.problems)
    assert "PARLEY_APPS: not set (Meta apps" in text
    assert "PARLEY_KAFKA: not set (Kafka bootstrap" in text
    assert "PARLEY_ADMIN_PORT: " in text


@pytest.mark.parametrize(
    "apps",
    [
        "{}",
        "[]",
        "no json s3cret",
        '{"shop": {"secrets": [], "verify_token": "s3cret"}}',
        '{"shop": {"secrets": ["s3cret"]}}',
        '{"shop": {"secrets": [""], "verify_token": "s3cret"}}',
        '{"shop": {"secrets": ["s3cret"], "verify_token": ""}}',
        '{"shop": {"secret": "s3cret", "verify_token": "s3cret"}}',
    ],
)
def test_no_secret_no_start(monkeypatch: pytest.MonkeyPatch, apps: str) -> None:
    """Apps without a secret or a verify token are refused, and no value is shown."""
    monkeypatch.setenv("PARLEY_KAFKA", "a:9092")
    monkeypatch.setenv("PARLEY_APPS", apps)
    with pytest.raises(Unusable, match="PARLEY_APPS") as raised:
        load(ReceiverConfig)
    assert "s3cret" not in str(raised.value)


def test_secrets_stay_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither repr nor str of the settings shows a secret."""
    monkeypatch.setenv("PARLEY_APPS", APPS)
    monkeypatch.setenv("PARLEY_KAFKA", "a:9092")
    config = load(ReceiverConfig)
    assert "s3cret" not in repr(config) + str(config)


@pytest.mark.parametrize("servers", ["kafka", "a:9092,b", ":9092", "a:9092 b:9092", "a:port"])
def test_no_server(monkeypatch: pytest.MonkeyPatch, servers: str) -> None:
    """What names no server is refused before anything looks for it."""
    monkeypatch.setenv("PARLEY_APPS", APPS)
    monkeypatch.setenv("PARLEY_KAFKA", servers)
    with pytest.raises(Unusable, match="PARLEY_KAFKA: must be host:port"):
        load(ReceiverConfig)


def test_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """A vault key that is none is a problem of that variable, and is not shown."""
    monkeypatch.setenv("PARLEY_VAULT_KEYS", f"{Fernet.generate_key().decode()},hunter2")
    with pytest.raises(Unusable, match="PARLEY_VAULT_KEYS at 1: is not a Fernet key") as raised:
        load(EnricherConfig)
    assert "hunter2" not in str(raised.value)
