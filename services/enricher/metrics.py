"""What the enricher counts."""

from prometheus_client import Counter, Histogram

EVENTS = Counter(
    "parley_enriched_events_total",
    "Events written, by kind and by whether all look-ups succeeded. Worry when the share of "
    "partial rises.",
    ["kind", "status"],
)
PARTIAL = Counter(
    "parley_enriched_partial_total",
    "Why events went on without all they were worth. Worry about reauthenticate and throttled: "
    "they last until somebody acts.",
    ["reason"],
)
CACHE = Counter(
    "parley_enricher_cache_total",
    "Look-ups of one batch answered by the cache (hit) or asked of Graph (miss). Worry when misses "
    "rise without new media or new people: quota is being burnt.",
    ["result"],
)
SECONDS = Histogram(
    "parley_enriched_event_duration_seconds",
    "From the receiver's clock to the enriched event on Kafka. Worry when the 99th percentile "
    "nears 10 s, which is promised.",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 7.5, 10, 30, 120),
)
