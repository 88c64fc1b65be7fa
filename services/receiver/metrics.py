"""What the receiver counts. Refusals are outcomes named by their reason."""

from functools import cache

from prometheus_client import Counter, Gauge, Histogram

_REQUESTS = Counter(
    "parley_webhook_requests_total",
    "Deliveries by outcome. Worry when bad_signature rises (a mis-rotated secret fails all), or "
    "when anything but accepted lasts: Meta unsubscribes after an hour of failures.",
    ["outcome"],
)
HANDSHAKES = Counter(
    "parley_webhook_handshakes_total",
    "Meta's questions whether the callback is ours, by outcome. Worry about wrong_verify_token "
    "while somebody subscribes an app: the token there is another than in PARLEY_APPS.",
    ["outcome"],
)
_DURATION = Histogram(
    "parley_webhook_request_duration_seconds",
    "From the first byte read to the answer, by its status; a 200 means durable on Kafka. Worry "
    "when more than one in 1,000 is a 503 or takes longer than 1 s: Meta gives up at 5 s.",
    ["status"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
_EVENTS = Counter(
    "parley_webhook_events_total",
    "Events put on Kafka by kind. Worry when broken or messaging rises: Meta changed a shape.",
    ["kind"],
)
_SIGNED_BY = Counter(
    "parley_webhook_signed_by_total",
    "Deliveries by app and by which of its secrets (0 is the newest) signed them. A rotation is "
    "finished when only 0 still counts. Worry when another still does long after it.",
    ["app", "secret"],
)
_LAST_DELIVERY = Gauge(
    "parley_webhook_last_delivery_timestamp_seconds",
    "When the last delivery was accepted, by app. Worry when it stands still: an unsubscription "
    "shows up only as silence.",
    ["app"],
)
IN_FLIGHT = Gauge(
    "parley_webhook_in_flight_bytes",
    "Bodies read and not yet answered. Worry when it stays near its limit: new ones get 503.",
)
CONNECTIONS = Gauge(
    "parley_webhook_connections",
    "Open connections. Worry when it stays near 4,096: strangers are turned out for newcomers.",
)
CROWDED_OUT = Counter(
    "parley_webhook_connections_crowded_out_total",
    "Connections closed for newer ones before they brought a delivery. Worry when it rises: "
    "somebody opens connections and leaves them idle.",
)


# Finding a label's counter costs as much as counting: each is looked up once.
@cache
def requests(outcome: str) -> Counter:
    """The deliveries with this outcome."""
    return _REQUESTS.labels(outcome)


@cache
def duration(status: int) -> Histogram:
    """How long deliveries with this answer took."""
    return _DURATION.labels(str(status))


@cache
def events(kind: str) -> Counter:
    """The events of this kind."""
    return _EVENTS.labels(kind)


@cache
def signed_by(app: str, secret_index: int) -> Counter:
    """The deliveries signed with this secret."""
    return _SIGNED_BY.labels(app, str(secret_index))


@cache
def last_delivery(app: str) -> Gauge:
    """When the last delivery of this app was accepted."""
    return _LAST_DELIVERY.labels(app)
