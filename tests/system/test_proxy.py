"""The link between two parts does what it is told, and nothing else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

import pytest

from tests.system.proxy import Link, link


@asynccontextmanager
async def echo() -> AsyncIterator[int]:
    """A server that says what it is told; its port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(1000):
            writer.write(chunk)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.fixture
async def opened() -> AsyncIterator[tuple[Link, asyncio.StreamReader, asyncio.StreamWriter]]:
    """A link to an echo, and a connection through it."""
    async with echo() as port, link() as one:
        reader, writer = await asyncio.open_connection("127.0.0.1", await one.door(port))
        writer.write(b"hello")
        assert await reader.readexactly(5) == b"hello"
        yield one, reader, writer
        writer.close()


Opened = tuple[Link, asyncio.StreamReader, asyncio.StreamWriter]


async def test_cut(opened: Opened) -> None:
    """A cut resets the connection, as a network does; it does not close it in order."""
    one, reader, _ = opened
    assert one.cut() == 1
    with pytest.raises(ConnectionResetError):
        await reader.read()


async def test_cut_in_mid_record(opened: Opened) -> None:
    """With a generator it lets a part of what follows through, which is less than all."""
    one, reader, writer = opened
    one.cut(Random(2), most_bytes=100)
    writer.write(b"x" * 200)
    with pytest.raises(ConnectionResetError):
        await reader.readexactly(100)


async def test_blackhole(opened: Opened) -> None:
    """What is swallowed never arrives: when all is well again its connection breaks."""
    one, reader, writer = opened
    one.blackhole()
    writer.write(b"lost")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(1), 0.2)
    one.passing()
    with pytest.raises(ConnectionResetError):
        await reader.read()


async def test_delay(opened: Opened) -> None:
    """Nothing arrives before its time, and everything in order."""
    one, reader, writer = opened
    one.delay(0.2)
    before = asyncio.get_running_loop().time()
    writer.write(b"a")
    await writer.drain()
    writer.write(b"b")
    assert await reader.readexactly(2) == b"ab"
    assert asyncio.get_running_loop().time() - before >= 0.4


async def test_nobody_there() -> None:
    """Where the other side does not listen, a connection breaks at once."""
    async with echo() as port:
        pass
    async with link() as one:
        reader, writer = await asyncio.open_connection("127.0.0.1", await one.door(port))
        with pytest.raises(ConnectionResetError):
            await reader.read()
        writer.close()
