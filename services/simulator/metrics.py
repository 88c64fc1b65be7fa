"""What the simulator counts: it is the outside's view of the receiver."""

from prometheus_client import Counter, Gauge, Histogram

DELIVERIES = Counter(
    "parley_simulator_deliveries_total",
    "Deliveries sent by outcome: a status, timeout or unreachable. Worry about anything but 200, "
    "and 401 for forged ones.",
    ["outcome"],
)
EVENTS = Counter(
    "parley_simulator_events_acknowledged_total",
    "Events answered 200, duplicates too. Worry when it stands still while the simulator sends.",
)
LATENCY = Histogram(
    "parley_simulator_delivery_duration_seconds",
    "From when a delivery was meant to start to its answer. Worry when it nears Meta's 5 s.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
WAITING = Gauge(
    "parley_simulator_events_waiting",
    "Events sent, not acknowledged and to be retried. Worry when it grows.",
)
GRAPH_CALLS = Counter(
    "parley_simulator_graph_calls_total",
    "Graph calls by edge and outcome: ok, or the error's code. Worry about a code nobody asked "
    "for.",
    ["edge", "outcome"],
)
