"""What the enricher counts."""

from prometheus_client import Counter

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
