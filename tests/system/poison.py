"""Records that nobody can handle, put straight onto the raw topics: each must become a dead letter,
and nothing behind it may wait or be passed by."""

import itertools
from random import Random

from confluent_kafka import Producer

from shared import topics

POISON = b"poison "


class Poisoner:
    """Plants records that are no events; `planted` are those that Kafka has acknowledged."""

    def __init__(self, servers: str, rng: Random) -> None:
        settings = {"bootstrap.servers": servers, "enable.idempotence": True, "log_level": 0}
        self._producer = Producer(settings)
        self._rng = rng
        self._names = itertools.count(1)
        self.planted: set[bytes] = set()

    def plant(self) -> None:
        """Put one among the others; it is acknowledged some time later."""
        value = POISON + str(next(self._names)).encode()

        def acknowledged(error: object, _: object) -> None:
            if error is None:
                self.planted.add(value)

        topic = self._rng.choice(topics.RAW)
        partition = self._rng.randrange(topic.partitions)
        self._producer.produce(topic.name, value, partition=partition, on_delivery=acknowledged)
        self._producer.poll(0)

    def flush(self, seconds: float) -> None:
        """Wait for what is not acknowledged yet."""
        self._producer.flush(seconds)
