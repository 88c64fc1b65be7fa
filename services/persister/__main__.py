"""Enriched events and outcomes in, Postgres rows out."""

import asyncio
from functools import partial

from services.persister import store
from services.persister.config import PersisterConfig
from services.persister.events import Item, decode
from shared import topics
from shared.postgres.pool import Pool, connect
from shared.postgres.readiness import until_schema
from shared.service import lifecycle
from shared.service.admin import admin
from shared.stream import kafka
from shared.stream.consumer import Consumer
from shared.stream.dead_letters import DeadLetters
from shared.stream.protocols import Reader, Writer

GROUP = "persister"
BATCH_RECORDS = 2000


def consumer(pool: Pool, reader: Reader, writer: Writer) -> Consumer[Item]:
    """What persists what `reader` gives; dead letters go to `writer`."""
    return Consumer(
        reader,
        DeadLetters(writer=writer, group=GROUP, topic=topics.DEAD_PERSISTER.name),
        decode,
        partial(store.save, pool),
        lane=lambda _: GROUP,  # one for all: one transaction for each batch
        max_records=BATCH_RECORDS,
        blameless=frozenset({"unstorable", "forged"}),
    )


async def main(config: PersisterConfig, stopping: asyncio.Event) -> None:
    """Persist until told to stop; then finish and commit the batch under way."""
    names = [topic.name for topic in topics.read_by(GROUP)]
    migrated = asyncio.Event()
    async with (
        connect(config.postgres, "parley-persister") as pool,
        kafka.reader(config.kafka, GROUP, names) as reader,
        kafka.writer(config.kafka) as writer,
    ):
        persister = consumer(pool, reader, writer)
        checks = {
            "kafka": persister.ready,
            "schema": migrated.is_set,
            "not_stopping": lambda: not stopping.is_set(),
        }
        async with admin(config.admin_host, config.admin_port, checks):
            await until_schema(pool, stopping)
            migrated.set()
            await persister.run(stopping)


if __name__ == "__main__":
    lifecycle.run(main, PersisterConfig)
