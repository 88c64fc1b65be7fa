"""What is counted about Kafka, the same for every service that writes or reads."""

from prometheus_client import Counter, Gauge, Histogram

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)

PRODUCED = Counter(
    "parley_kafka_produced_records_total",
    "Records on all in-sync replicas; worry when it stands still while deliveries come in.",
    ["topic"],
)
PRODUCED_BATCH = Histogram(
    "parley_kafka_produced_batch_records",
    "Records per produced batch; worry when it stays at 1 under load: writers no longer share.",
    buckets=_SIZES,
)
PRODUCE_DURATION = Histogram(
    "parley_kafka_produce_duration_seconds",
    "From handing a batch to the client until its acknowledgement; worry above 1 s.",
    ["topic"],
    buckets=_SECONDS,
)
PRODUCE_ERRORS = Counter(
    "parley_kafka_produce_errors_total",
    "Writes that failed, by reason; worry about any too_large_for_broker or unknown_topic, and "
    "about not_acknowledged that goes on.",
    ["reason"],
)
IN_FLIGHT = Gauge(
    "parley_kafka_in_flight_bytes",
    "Bytes written but not yet acknowledged; worry when it nears the limit: writes are refused.",
)

CONSUMED = Counter(
    "parley_consumer_records_total",
    "Records settled; outcome is ok or dead. Worry when it stands still while the lag grows.",
    ["topic", "group", "outcome"],
)
CONSUMED_BATCH = Histogram(
    "parley_consumer_batch_records",
    "Records per call of the handler; worry when it stays at 1 while the lag grows.",
    ["group"],
    buckets=_SIZES,
)
LAG = Gauge(
    "parley_consumer_lag_records",
    "Records between the first unsettled one and the end; worry when it keeps growing.",
    ["topic", "partition", "group"],
)
PROGRESS = Gauge(
    "parley_consumer_progress_timestamp_seconds",
    "When this partition was last committed; worry when it is old while there is lag.",
    ["topic", "partition", "group"],
)
RETRIES = Counter(
    "parley_consumer_retries_total",
    "Batches handled again after a failure of the world around, by reason; worry when it goes on.",
    ["group", "reason"],
)
DEAD = Counter(
    "parley_dlq_records_total",
    "Records given up, by reason; worry about each: it will not be handled without a person.",
    ["topic", "group", "reason"],
)
DEAD_STALLED = Gauge(
    "parley_dlq_stalled",
    "1 while a dead letter cannot be written and its lane waits; worry at once.",
    ["group"],
)
