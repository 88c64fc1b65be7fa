"""How full a pool is, read when Prometheus asks."""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
from prometheus_client import Gauge

_CONNECTIONS = Gauge(
    "parley_postgres_connections",
    "Connections of the pool: idle, used, and the most there may be. Worry when used stays at max.",
    ["application", "state"],
)


@contextmanager
def observed(pool: asyncpg.Pool, application: str) -> Iterator[None]:
    """Show `pool` in the metrics while the block runs."""
    readings = {
        "idle": pool.get_idle_size,
        "used": lambda: pool.get_size() - pool.get_idle_size(),
        "max": pool.get_max_size,
    }
    for state, read in readings.items():
        _CONNECTIONS.labels(application, state).set_function(read)
    try:
        yield
    finally:
        for state in readings:
            _CONNECTIONS.remove(application, state)
