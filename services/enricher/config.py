"""What the enricher can be told."""

from shared.graph.settings import GraphSettings
from shared.service.settings import (
    AdminSettings,
    AppsSettings,
    KafkaSettings,
    PostgresSettings,
    Settings,
    VaultSettings,
)


class EnricherConfig(
    AppsSettings,
    KafkaSettings,
    PostgresSettings,
    VaultSettings,
    GraphSettings,
    AdminSettings,
    Settings,
):
    """It needs the apps' secrets to prove that tokens are used by their own app."""
