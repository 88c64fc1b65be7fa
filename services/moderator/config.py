"""What the moderator can be told."""

from shared.service.settings import AdminSettings, KafkaSettings, PostgresSettings, Settings


class ModeratorConfig(PostgresSettings, KafkaSettings, AdminSettings, Settings):
    """Where the events come from, where rules and decisions are, and where the actions go."""
