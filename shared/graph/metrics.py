"""What the Graph client counts, for whichever service holds it."""

from prometheus_client import Counter, Gauge, Histogram

CALLS = Counter(
    "parley_graph_calls_total",
    "Look-ups by endpoint and outcome; each counts against Meta's quota unless the outcome is "
    "throttled, slow or paused, which may be refused here. Worry when throttled or "
    "reauthenticate lasts.",
    ["endpoint", "outcome"],
)
DURATION = Histogram(
    "parley_graph_request_duration_seconds",
    "HTTP requests to Graph, batches among them. Worry when the 95th percentile nears 3 s: then "
    "events turn partial.",
    ["endpoint"],
    buckets=(0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3, 5),
)
WRITES = Counter(
    "parley_graph_writes_total",
    "Writes by edge and outcome: done, refused, unclear (it may have happened), not_called. Worry "
    "when unclear or not_called is more than a few percent.",
    ["edge", "outcome"],
)
WRITE_DURATION = Histogram(
    "parley_graph_write_duration_seconds",
    "HTTP requests that write. Worry when the 95th percentile nears 8 s: then they become unclear.",
    ["edge"],
    buckets=(0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3, 5, 10),
)
QUOTA = Histogram(
    "parley_graph_quota_used_ratio",
    "How full Meta says a quota is, one sample an answer. Worry when much is above 0.9: reads stop "
    "there to leave the rest to writes.",
    ["use_case"],
    buckets=(0.1, 0.25, 0.5, 0.75, 0.9, 1.0),
)
HELD = Gauge(
    "parley_graph_held",
    "Accounts, their quotas and apps for which no call is made now, by reason. Worry when it "
    "grows, or when throttled stays above zero for an hour.",
    ["reason"],
)
