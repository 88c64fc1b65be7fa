"""What the executor can be told."""

from shared.graph.settings import GraphSettings
from shared.service.settings import (
    AdminSettings,
    AppsSettings,
    KafkaSettings,
    PostgresSettings,
    Settings,
    VaultSettings,
)


class ExecutorConfig(
    AppsSettings,
    KafkaSettings,
    PostgresSettings,
    VaultSettings,
    GraphSettings,
    AdminSettings,
    Settings,
):
    """It needs the apps' secrets to prove that tokens are used by their own app."""
