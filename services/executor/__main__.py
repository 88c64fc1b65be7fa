"""Actions in, calls of the Graph API and their outcomes out."""

import asyncio
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

from services.executor import recovery, store
from services.executor.calls import carry_out
from services.executor.config import ExecutorConfig
from services.executor.intake import Wanted, decode
from services.executor.outcomes import Teller
from services.executor.recovery import Unknown
from services.executor.results import Result
from services.executor.scheduler import Scheduler
from services.executor.settler import Settler
from services.executor.settling import read_back
from services.executor.sightings import Verdict
from shared import topics
from shared.graph.client import Graph, graph
from shared.postgres.action_rows import Kept
from shared.postgres.pool import Pool, connect
from shared.postgres.readiness import until_schema
from shared.postgres.vault import Vault
from shared.service import lifecycle
from shared.service.admin import admin
from shared.service.tracing import continuing
from shared.stream import kafka
from shared.stream.consumer import Consumer
from shared.stream.dead_letters import DeadLetters
from shared.stream.protocols import Reader, Writer

GROUP = "executor"
BATCH_RECORDS = 500
CONNECTIONS = 16


class Executor:
    """Takes actions in, carries them out and tells what became of them, each at its own pace."""

    def __init__(self, pool: Pool, asking: Graph, reader: Reader, writer: Writer) -> None:
        async def call(known: Kept) -> Result:
            attempted = known.attempts > 1
            with continuing(known.traceparent, f"carry out {known.action.kind}"):
                return await carry_out(asking, known.action, datetime.now(UTC), attempted=attempted)

        async def look(unknown: Unknown) -> Verdict:
            known = unknown.known
            called_at = known.called_at or known.state_at
            others = partial(recovery.credited, pool, known.action)
            return await read_back(asking, known.action, called_at, others)

        async def take(batch: Sequence[Wanted]) -> None:
            await store.take(pool, batch)
            scheduler.wake()

        scheduler = Scheduler(pool, uuid.uuid4().hex, call)
        self._scheduler = scheduler
        self._settler = Settler(pool, look)
        self._teller = Teller(pool, writer)
        self.consumer = Consumer[Wanted](
            reader,
            DeadLetters(writer=writer, group=GROUP, topic=topics.DEAD_EXECUTOR.name),
            decode,
            take,
            lane=lambda _: GROUP,  # one for all: one transaction for each batch
            max_records=BATCH_RECORDS,
            blameless=frozenset({"unstorable"}),
        )

    async def run(self, stopping: asyncio.Event) -> None:
        """Work until told to stop; then finish the calls under way and tell what became of them."""
        finished = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._teller.run(finished))
            async with asyncio.TaskGroup() as working:
                working.create_task(self.consumer.run(stopping))
                working.create_task(self._scheduler.run(stopping))
                working.create_task(self._settler.run(stopping))
            finished.set()


async def main(config: ExecutorConfig, stopping: asyncio.Event) -> None:
    """Carry out actions until told to stop."""
    names = [topic.name for topic in topics.read_by(GROUP)]
    secrets = {
        name: [secret.get_secret_value() for secret in app.secrets]
        for name, app in config.apps.items()
    }
    migrated = asyncio.Event()
    async with (
        connect(config.postgres, "parley-executor", CONNECTIONS) as pool,
        graph(config, secrets, Vault(pool, config.vault_keys)) as asking,
        kafka.writer(config.kafka) as writer,
        kafka.reader(config.kafka, GROUP, names) as reader,
    ):
        executor = Executor(pool, asking, reader, writer)
        checks = {
            "kafka": executor.consumer.ready,
            "schema": migrated.is_set,
            "not_stopping": lambda: not stopping.is_set(),
        }
        async with admin(config.admin_host, config.admin_port, checks):
            await until_schema(pool, stopping)
            migrated.set()
            await executor.run(stopping)


if __name__ == "__main__":
    lifecycle.run(main, ExecutorConfig)
