"""What aiokafka does when its connection ends at the wrong moment, or a part of it does."""

import asyncio

import pytest
import uvloop
from aiokafka.conn import AIOKafkaConnection, create_conn
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.metadata import MetadataRequest

from shared.contracts.records import Outgoing
from shared.errors import Transient
from shared.stream import kafka
from shared.stream.embedded import EmbeddedBroker
from shared.stream.reader import KafkaReader
from tests.streams import take, until


async def _send_when_closed(servers: str) -> None:
    async with kafka.reader(servers, "group", ["topic"]):
        host, port = servers.split(":")
        connection: AIOKafkaConnection = await create_conn(host, int(port))
        assert connection._writer is not None  # noqa: SLF001 (nobody else can end it)
        connection._writer.transport.abort()  # noqa: SLF001
        await asyncio.sleep(0)  # uvloop knows now, aiokafka does not
        await connection.send(MetadataRequest([]))


def test_sending_when_closed(embedded_broker: EmbeddedBroker) -> None:
    """Under uvloop too it is a broken connection, which aiokafka knows how to deal with."""
    with (
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        pytest.raises(KafkaConnectionError),
    ):
        runner.run(_send_when_closed(embedded_broker.servers))


async def test_fetcher_ended(embedded_broker: EmbeddedBroker) -> None:
    """A consumer that no longer fetches is replaced instead of waiting for ever."""
    topic, servers = "parley.comments.v1", embedded_broker.servers
    async with kafka.writer(servers) as writer, kafka.reader(servers, "g", [topic]) as reader:
        await until(writer.ready)
        await writer.write([Outgoing(topic, b"key", b"first", (), 1)])
        assert await take(reader, 1)
        await _end_fetcher(reader)
        with pytest.raises(Transient, match="read_failed"):
            await reader.read(1, 0.2)
        await writer.write([Outgoing(topic, b"key", b"second", (), 1)])
        assert [record.value for record in await take(reader, 2)] == [b"first", b"second"]


async def _end_fetcher(reader: KafkaReader) -> None:
    assert reader._consumer is not None  # noqa: SLF001 (nobody else can end it)
    fetcher = reader._consumer._fetcher  # noqa: SLF001
    assert fetcher is not None
    fetching = fetcher.error_future
    fetching.cancel()
    await asyncio.wait([fetching])
