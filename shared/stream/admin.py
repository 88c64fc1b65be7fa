"""The topics as they should be: a plan first, then what it says.

Nothing is ever deleted or shrunk, and a partition count that differs is only reported: changing it
would re-home keys (design §2).
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from typing import Literal

import structlog
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import (
    IncompatibleBrokerVersion,
    KafkaError,
    UnknownTopicOrPartitionError,
    for_code,
)

from shared import topics
from shared.errors import Transient

_REPLICAS = 3
_EFFECT_SECONDS = 10.0
_TOPIC_OVERRIDE = 1
"""Where a setting comes from, in DescribeConfigs: set for this topic, and no default."""


_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Change:
    """How a topic differs from `shared/topics.py`; `partitions` and `replicas` are for a person to
    judge, `apply` leaves them alone."""

    topic: topics.Topic
    what: Literal["create", "configure", "partitions", "replicas"]
    differs: dict[str, tuple[str | None, str]]
    """For each setting what it is and what it should be."""

    @property
    def applicable(self) -> bool:
        """Whether `apply` does something about it."""
        return self.what in {"create", "configure"}


async def plan(servers: str, wanted: Collection[topics.Topic]) -> list[Change]:
    """What `apply` would do.

    Raises:
        Transient: `not_connected`; `unsupported` by the embedded broker.
    """
    async with _admin(servers) as admin:
        return await _plan(admin, wanted)


async def apply(servers: str, wanted: Collection[topics.Topic]) -> list[Change]:
    """Create the topics that are missing and set what differs; returns the plan it followed.

    Raises:
        Transient: `not_connected`; `unsupported` by the embedded broker; `refused` by this one.
    """
    async with _admin(servers) as admin:
        changes = await _plan(admin, wanted)
        missing = [change.topic for change in changes if change.what == "create"]
        if missing:
            await _create(admin, missing)
        for change in changes:
            if change.what == "configure":
                await _configure(admin, change.topic)
        async with asyncio.timeout(_EFFECT_SECONDS):
            # Brokers learn of it a little after the controller has said yes, each in its own time.
            while not await _in_effect(admin, wanted):  # noqa: ASYNC110 (no event)
                await asyncio.sleep(0.1)
        return changes


async def _in_effect(admin: AIOKafkaAdminClient, wanted: Collection[topics.Topic]) -> bool:
    try:
        return not any(left.applicable for left in await _plan(admin, wanted))
    except Transient as exc:
        if isinstance(exc.__cause__, UnknownTopicOrPartitionError):
            return False
        raise


async def _plan(admin: AIOKafkaAdminClient, wanted: Collection[topics.Topic]) -> list[Change]:
    found = {about["topic"]: about["partitions"] for about in await admin.describe_topics()}
    replicas = await _replicas(admin)
    changes: list[Change] = []
    for topic in wanted:
        if topic.name not in found:
            changes.append(Change(topic, "create", {}))
            continue
        partitions = found[topic.name]
        if len(partitions) != topic.partitions:
            counts = (str(len(partitions)), str(topic.partitions))
            changes.append(Change(topic, "partitions", {"partitions": counts}))
        fewest = min(len(partition["replicas"]) for partition in partitions)
        if fewest < replicas:
            changes.append(Change(topic, "replicas", {"replicas": (str(fewest), str(replicas))}))
        current = await _settings(admin, topic)
        differs = {
            name: (current[name][0] if name in current else None, value)
            for name, value in topic.settings().items()
            if name not in current or current[name][0] != value
        }
        if differs:
            changes.append(Change(topic, "configure", differs))
    return changes


async def _settings(admin: AIOKafkaAdminClient, topic: topics.Topic) -> dict[str, tuple[str, int]]:
    """Each setting's value and source."""
    resource = ConfigResource(ConfigResourceType.TOPIC, topic.name)
    (answer,) = await admin.describe_configs([resource])
    (about,) = answer.to_object()["resources"]
    _check(about["error_code"])
    return {
        entry["config_names"]: (entry["config_value"], entry["config_source"])
        for entry in about["config_entries"]
    }


async def _replicas(admin: AIOKafkaAdminClient) -> int:
    """How many there should be of each record, as far as there are brokers now."""
    return min(_REPLICAS, len((await admin.describe_cluster())["brokers"]))


async def _create(admin: AIOKafkaAdminClient, missing: Collection[topics.Topic]) -> None:
    replicas = await _replicas(admin)
    if replicas < _REPLICAS:
        _log.warning("few_brokers", replicas=replicas, wanted=_REPLICAS)
    in_sync = {"min.insync.replicas": str(max(1, replicas - 1))}  # acks=all means no less
    answer = await admin.create_topics(
        [
            NewTopic(
                topic.name, topic.partitions, replicas, topic_configs=topic.settings() | in_sync
            )
            for topic in missing
        ]
    )
    for about in answer.to_object()["topic_errors"]:
        _check(about["error_code"])


async def _configure(admin: AIOKafkaAdminClient, topic: topics.Topic) -> None:
    # The call replaces all of a topic's own settings, so those we do not know must go along.
    current = await _settings(admin, topic)
    kept = {name: value for name, (value, source) in current.items() if source == _TOPIC_OVERRIDE}
    resource = ConfigResource(ConfigResourceType.TOPIC, topic.name, kept | topic.settings())
    (answer,) = await admin.alter_configs([resource])
    (about,) = answer.to_object()["resources"]
    _check(about["error_code"])


def _check(code: int) -> None:
    if code:
        raise Transient("refused") from for_code(code)()


@contextlib.asynccontextmanager
async def _admin(servers: str) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=servers, request_timeout_ms=10_000)
    try:
        await admin.start()
        yield admin
    except IncompatibleBrokerVersion as exc:  # the embedded broker answers only what services ask
        raise Transient("unsupported") from exc
    except (KafkaError, OSError) as exc:
        raise Transient("not_connected") from exc
    finally:
        await admin.close()
