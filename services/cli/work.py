"""How commands do their work: an event loop for as long as it takes, and quiet logs.

A command says itself what went wrong, in one line; the logs of what it stands on would say it
again, in their own words.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import structlog
from pydantic import SecretStr

from shared.errors import Transient
from shared.postgres.pool import Pool, connect
from shared.postgres.readiness import require_schema
from shared.stream import kafka
from shared.stream.protocols import Writer

CONNECT_SECONDS = 10.0
WRITE_SECONDS = 10.0

_Result = TypeVar("_Result")


def perform(work: Coroutine[Any, Any, _Result]) -> _Result:
    """The result of `work`."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.getLogger().addHandler(logging.NullHandler())
    return asyncio.run(work)


@asynccontextmanager
async def connected_writer(servers: str) -> AsyncIterator[Writer]:
    """A writer that has found Kafka.

    Raises:
        Transient: `not_connected`, after a while.
    """
    async with kafka.writer(servers, deadline_seconds=WRITE_SECONDS) as writer:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                while not writer.ready():  # noqa: ASYNC110 (the writer has no event for it)
                    await asyncio.sleep(0.02)
        except TimeoutError as exc:
            raise Transient("not_connected") from exc
        yield writer


@asynccontextmanager
async def connected_pool(url: SecretStr) -> AsyncIterator[Pool]:
    """Connections to a database that has our schema.

    Raises:
        Transient: `schema_outdated`, or Postgres can't be reached.
    """
    async with connect(url, "cli") as pool:
        await require_schema(pool)
        yield pool
