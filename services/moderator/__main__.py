"""Enriched events in, decisions in Postgres and actions out."""

import asyncio

from services.moderator.config import ModeratorConfig
from services.moderator.housekeeping import keep_house
from services.moderator.moderate import Moderator
from services.moderator.works import Work, take
from shared import topics
from shared.postgres.pool import Pool, connect
from shared.postgres.readiness import until_schema
from shared.service import lifecycle
from shared.service.admin import admin
from shared.stream import kafka
from shared.stream.consumer import Consumer
from shared.stream.dead_letters import DeadLetters
from shared.stream.protocols import Reader, Writer

GROUP = "moderator"


def consumer(pool: Pool, reader: Reader, writer: Writer) -> Consumer[Work]:
    """What decides about what `reader` gives; actions and dead letters go to `writer`."""
    return Consumer(
        reader,
        DeadLetters(writer=writer, group=GROUP, topic=topics.DEAD_MODERATOR.name),
        take,
        Moderator(pool, writer).handle,
        lane=lambda _: GROUP,  # one for all: one transaction for each batch
        blameless=frozenset({"unstorable"}),
    )


async def main(config: ModeratorConfig, stopping: asyncio.Event) -> None:
    """Moderate until told to stop; then finish and commit the batch under way."""
    names = [topic.name for topic in topics.read_by(GROUP)]
    migrated = asyncio.Event()
    async with (
        connect(config.postgres, "parley-moderator") as pool,
        kafka.reader(config.kafka, GROUP, names) as reader,
        kafka.writer(config.kafka) as writer,
    ):
        moderator = consumer(pool, reader, writer)
        checks = {
            "kafka": moderator.ready,
            "schema": migrated.is_set,
            "not_stopping": lambda: not stopping.is_set(),
        }
        async with admin(config.admin_host, config.admin_port, checks):
            await until_schema(pool, stopping)
            migrated.set()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(keep_house(pool, stopping))
                await moderator.run(stopping)


if __name__ == "__main__":
    lifecycle.run(main, ModeratorConfig)
