"""What the persister counts."""

from prometheus_client import Counter, Histogram

ROWS = Counter(
    "parley_persister_rows_total",
    "Rows sent by table; a redelivered row counts again. Worry when events stands still while the "
    "topics grow.",
    ["table"],
)
BATCH_SECONDS = Histogram(
    "parley_persister_batch_duration_seconds",
    "How long a batch took to commit. Worry when it nears seconds: Postgres is slow or locked.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
BATCH_EVENTS = Histogram(
    "parley_persister_batch_events",
    "Events in a batch. Worry when all are at the maximum: the persister can't keep up.",
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000),
)
REDELIVERED = Counter(
    "parley_persister_redelivered_total",
    "Events that were in the log already. Worry when it is a large part of all: Meta does not get "
    "our answers in time, or a consumer does not commit.",
)
