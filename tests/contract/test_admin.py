"""Topics on a real Kafka: planned, created, changed, never shrunk."""

import asyncio
import dataclasses
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from shared import topics
from shared.errors import Transient
from shared.stream import admin
from tests.kafka import RealBroker
from tests.streams import WAIT_SECONDS

pytestmark = pytest.mark.kafka


@pytest.fixture
def topic() -> topics.Topic:
    """A topic that nobody has created."""
    return dataclasses.replace(topics.COMMENTS, name=f"test.{uuid.uuid4().hex}")


@pytest.fixture
async def client(real_broker: RealBroker) -> AsyncIterator[AIOKafkaAdminClient]:
    """Kafka's own view."""
    client = AIOKafkaAdminClient(bootstrap_servers=real_broker.servers)
    await client.start()
    yield client
    await client.close()


async def settings(client: AIOKafkaAdminClient, topic: topics.Topic) -> dict[str, str]:
    """What the broker has for `topic`."""
    (answer,) = await client.describe_configs(
        [ConfigResource(ConfigResourceType.TOPIC, topic.name)]
    )
    (about,) = answer.to_object()["resources"]
    return {entry["config_names"]: entry["config_value"] for entry in about["config_entries"]}


async def test_create(
    real_broker: RealBroker, client: AIOKafkaAdminClient, topic: topics.Topic
) -> None:
    """A plan changes nothing; applied, the topic is as it should be, and the plan is empty."""
    for _ in range(2):
        assert [c.what for c in await admin.plan(real_broker.servers, [topic])] == ["create"]
    await admin.apply(real_broker.servers, [topic])
    assert await admin.plan(real_broker.servers, [topic]) == []
    (about,) = await client.describe_topics([topic.name])
    assert len(about["partitions"]) == topic.partitions
    assert topic.settings().items() <= (await settings(client, topic)).items()


async def test_configure(
    real_broker: RealBroker, client: AIOKafkaAdminClient, topic: topics.Topic
) -> None:
    """A setting that differs is named with both values and set; those of others are kept."""
    await admin.apply(real_broker.servers, [topic])
    theirs = topic.settings() | {"segment.ms": "600000"}
    await client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic.name, theirs)])
    async with asyncio.timeout(WAIT_SECONDS):
        while (await settings(client, topic))["segment.ms"] != "600000":  # brokers learn of it late
            await asyncio.sleep(0.05)
    shorter = dataclasses.replace(topic, retention=timedelta(days=3))
    (change,) = await admin.apply(real_broker.servers, [shorter])
    assert change.differs == {"retention.ms": ("1209600000", "259200000")}
    found = await settings(client, topic)
    assert (found["retention.ms"], found["segment.ms"]) == ("259200000", "600000")


async def test_partitions(
    real_broker: RealBroker, client: AIOKafkaAdminClient, topic: topics.Topic
) -> None:
    """A partition count that differs is reported and left alone."""
    await admin.apply(real_broker.servers, [topic])
    more = dataclasses.replace(topic, partitions=topic.partitions + 1)
    for _ in range(2):
        (change,) = await admin.apply(real_broker.servers, [more])
        assert (change.what, change.differs) == ("partitions", {"partitions": ("12", "13")})
    (about,) = await client.describe_topics([topic.name])
    assert len(about["partitions"]) == topic.partitions


async def test_nobody_there(topic: topics.Topic) -> None:
    """Without a broker it says so."""
    with pytest.raises(Transient, match="not_connected"):
        await admin.plan("127.0.0.1:1", [topic])
