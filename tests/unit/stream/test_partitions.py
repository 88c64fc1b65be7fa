"""Where keys go."""

import pytest
from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from shared.stream.partitions import hash_of


@pytest.mark.parametrize(
    ("key", "hashed"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_java(key: bytes, hashed: int) -> None:
    """The hash is what Kafka's Java client computes, with the sign taken off."""
    assert hash_of(key) == hashed & 0x7FFFFFFF


@given(st.binary(max_size=80), st.integers(min_value=1, max_value=50))
def test_default(key: bytes, count: int) -> None:
    """Any key goes where aiokafka's default partitioner would send it."""
    every = list(range(count))
    assert hash_of(key) % count == DefaultPartitioner()(key, every, every)
