"""What the persister can be told."""

from shared.service.settings import AdminSettings, KafkaSettings, PostgresSettings, Settings


class PersisterConfig(PostgresSettings, KafkaSettings, AdminSettings, Settings):
    """Where the events come from and where the rows go."""
