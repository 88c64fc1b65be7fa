"""librdkafka's mock cluster as an in-process broker, for `parley dev` and the tests.

It speaks the real protocol on a loopback port, and that is all: what it holds is in memory, the
oldest dropped beyond 5 MB or 100,000 records per partition (a larger record at once); a consumer
group has one member, and the next one waits until the session of the last has run out; there are no
admin calls, no transactions, no look-up by time. Its API is experimental (libraries §6.3).
"""

import ctypes
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import confluent_kafka

from shared import topics

_PRODUCER = 0
_BROKER = 1
_REPLICAS = 1
_ERRORS_ONLY = b"3"


def _library() -> ctypes.CDLL:
    beside = Path(confluent_kafka.__file__).parent.parent / "confluent_kafka.libs"
    library = ctypes.CDLL(str(next(beside.glob("librdkafka*.so*"))))
    pointer, number, text = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p
    signatures = {
        "rd_kafka_conf_new": (pointer, []),
        "rd_kafka_conf_set": (number, [pointer, text, text, text, ctypes.c_size_t]),
        "rd_kafka_new": (pointer, [number, pointer, text, ctypes.c_size_t]),
        "rd_kafka_destroy": (None, [pointer]),
        "rd_kafka_mock_cluster_new": (pointer, [pointer, number]),
        "rd_kafka_mock_cluster_destroy": (None, [pointer]),
        "rd_kafka_mock_cluster_bootstraps": (text, [pointer]),
        "rd_kafka_mock_topic_create": (number, [pointer, text, number, number]),
        "rd_kafka_mock_push_request_errors_array": (
            None,
            [pointer, ctypes.c_int16, ctypes.c_size_t, ctypes.POINTER(number)],
        ),
        "rd_kafka_mock_group_initial_rebalance_delay_ms": (None, [pointer, ctypes.c_int32]),
        "rd_kafka_mock_broker_set_down": (number, [pointer, ctypes.c_int32]),
        "rd_kafka_mock_broker_set_up": (number, [pointer, ctypes.c_int32]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


@dataclass(frozen=True, slots=True)
class EmbeddedBroker:
    """A running broker at `servers`."""

    servers: str
    _library: ctypes.CDLL
    _cluster: int

    def create(self, name: str, partitions: int = topics.PARTITIONS) -> None:
        """Add a topic."""
        self._library.rd_kafka_mock_topic_create(
            self._cluster, name.encode(), partitions, _REPLICAS
        )

    def go_down(self) -> None:
        """Close all connections and refuse new ones; what is stored stays."""
        self._library.rd_kafka_mock_broker_set_down(self._cluster, _BROKER)

    def come_up(self) -> None:
        """Undo `go_down`."""
        self._library.rd_kafka_mock_broker_set_up(self._cluster, _BROKER)

    def fail(self, api_key: int, *error_codes: int) -> None:
        """Answer the next requests of this kind with these errors, numbered as in Kafka's
        protocol."""
        codes = (ctypes.c_int * len(error_codes))(*error_codes)
        self._library.rd_kafka_mock_push_request_errors_array(
            self._cluster, api_key, len(error_codes), codes
        )


@contextmanager
def embedded_broker(created: Iterable[topics.Topic] = topics.ALL) -> Iterator[EmbeddedBroker]:
    """A broker that lives as long as the block, with the topics in `created`."""
    library = _library()
    reason = ctypes.create_string_buffer(512)
    settings = library.rd_kafka_conf_new()
    library.rd_kafka_conf_set(settings, b"log_level", _ERRORS_ONLY, reason, len(reason))
    client = library.rd_kafka_new(_PRODUCER, settings, reason, len(reason))
    if not client:
        raise RuntimeError(reason.value.decode())
    cluster = library.rd_kafka_mock_cluster_new(client, 1)
    try:
        library.rd_kafka_mock_group_initial_rebalance_delay_ms(cluster, 0)
        servers = library.rd_kafka_mock_cluster_bootstraps(cluster).decode()
        broker = EmbeddedBroker(servers, library, cluster)
        for topic in created:
            broker.create(topic.name, topic.partitions)
        yield broker
    finally:
        library.rd_kafka_mock_cluster_destroy(cluster)
        library.rd_kafka_destroy(client)
