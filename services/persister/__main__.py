"""Enriched events in, Postgres rows out."""

import asyncio
from functools import partial

from services.persister import store
from services.persister.config import PersisterConfig
from services.persister.events import Kept, decode
from shared import topics
from shared.postgres.pool import connect
from shared.postgres.schema import until_schema
from shared.service import lifecycle
from shared.service.admin import admin
from shared.stream import kafka
from shared.stream.consumer import Consumer
from shared.stream.dead_letters import DeadLetters

GROUP = "persister"
BATCH_RECORDS = 2000


async def main(config: PersisterConfig, stopping: asyncio.Event) -> None:
    """Persist until told to stop; then finish and commit the batch under way."""
    migrated = asyncio.Event()
    async with (
        connect(config.postgres, "parley-persister") as pool,
        kafka.reader(
            config.kafka, GROUP, [topic.name for topic in topics.read_by(GROUP)]
        ) as reader,
        kafka.writer(config.kafka) as writer,
    ):
        consumer = Consumer[Kept](
            reader,
            DeadLetters(writer=writer, group=GROUP, topic=topics.DEAD_PERSISTER.name),
            decode,
            partial(store.save, pool),
            lane=lambda _: GROUP,  # one for all: a transaction for each batch
            max_records=BATCH_RECORDS,
            blameless=frozenset({"unstorable"}),
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
    lifecycle.run(main, PersisterConfig)
