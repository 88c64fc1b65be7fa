"""Raw events in, typed and enriched events out."""

import asyncio
import time

from services.enricher.config import EnricherConfig
from services.enricher.directory import Directory
from services.enricher.enrich import GROUP, Enricher, Work, lane, take
from services.enricher.library import Library
from shared import topics
from shared.graph.client import graph
from shared.postgres.accounts import Accounts
from shared.postgres.pool import connect
from shared.postgres.readiness import until_schema
from shared.postgres.vault import Vault
from shared.service import lifecycle
from shared.service.admin import admin
from shared.stream import kafka
from shared.stream.consumer import Consumer
from shared.stream.dead_letters import DeadLetters


async def main(config: EnricherConfig, stopping: asyncio.Event) -> None:
    """Enrich until told to stop; then finish and commit the batches under way."""
    names = [topic.name for topic in topics.read_by(GROUP)]
    secrets = {
        name: [secret.get_secret_value() for secret in app.secrets]
        for name, app in config.apps.items()
    }
    migrated = asyncio.Event()
    async with (
        connect(config.postgres, "parley-enricher") as pool,
        graph(config, secrets, Vault(pool, config.vault_keys)) as asking,
        kafka.writer(config.kafka) as writer,
        kafka.reader(config.kafka, GROUP, names) as reader,
    ):
        directory = Directory(Accounts(pool), time.monotonic)
        consumer = Consumer[Work](
            reader,
            DeadLetters(writer=writer, group=GROUP, topic=topics.DEAD_ENRICHER.name),
            take,
            Enricher(directory, Library(asking), writer).handle,
            lane,
            blameless=frozenset({"forged"}),  # whoever may sign for one app can send these at will
        )
        checks = {
            "kafka": consumer.ready,
            "schema": migrated.is_set,
            "not_stopping": lambda: not stopping.is_set(),
        }
        async with admin(config.admin_host, config.admin_port, checks):
            await until_schema(pool, stopping)
            migrated.set()
            await consumer.run(stopping)


if __name__ == "__main__":
    lifecycle.run(main, EnricherConfig)
