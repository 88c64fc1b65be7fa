"""Batches and the calls that share them."""

import asyncio

import pytest
from aiokafka.producer.message_accumulator import BatchBuilder

from shared.errors import Transient
from shared.stream.batch import Batch, Call, Partition


def batch() -> Batch:
    """An empty one."""
    return Batch(BatchBuilder(1_000_000, 0))


def call(*batches: Batch, deadline: float = 10.0) -> Call:
    """A call that waits for `batches`."""
    made = Call(asyncio.get_running_loop().create_future(), deadline)
    for one in batches:
        one.calls.append(made)
        made.batches += 1
    return made


async def test_closed_when_taken() -> None:
    """What is handed over takes no more records; the next batch does."""
    partition = Partition("t", 0)
    first, second = partition.open(batch()), partition.open(batch())
    assert partition.take() is first
    assert first.append(timestamp=None, key=b"k", value=b"v", headers=[]) is None
    assert second.append(timestamp=None, key=b"k", value=b"v", headers=[]) is not None
    assert partition.filled.is_set()
    assert partition.take() is second
    assert not partition.filled.is_set()


async def test_all_batches() -> None:
    """A call is done when the last of its batches is."""
    first, second = batch(), batch()
    waiting = call(first, second)
    first.succeed()
    assert not waiting.done.done()
    second.succeed()
    await waiting.done


async def test_one_fails() -> None:
    """A call fails with the first of its batches, and stays failed."""
    first, second = batch(), batch()
    waiting = call(first, second)
    first.fail("not_acknowledged")
    second.succeed()
    with pytest.raises(Transient, match="not_acknowledged"):
        await waiting.done


async def test_deadline() -> None:
    """Calls expire each at its own time; what they wrote is still on its way."""
    shared = batch()
    early, late = call(shared, deadline=1.0), call(shared, deadline=2.0)
    assert shared.expire(1.5) == 1
    with pytest.raises(Transient, match="not_acknowledged"):
        await early.done
    shared.succeed()
    await late.done
