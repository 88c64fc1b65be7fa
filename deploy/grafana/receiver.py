"""The dashboard about what comes from Meta, until it is on Kafka."""

from deploy.grafana.board import Panel, Row


def _quantile(share: float) -> str:
    return (
        f"histogram_quantile({share}, sum by (le) (rate("
        'parley_webhook_request_duration_seconds_bucket{status="200"}[5m])))'
    )


ROWS = (
    Row(
        "Deliveries",
        (
            Panel(
                title="Deliveries by outcome",
                description="accepted is a 200: on Kafka. bad_signature that rises is a wrong "
                "secret or a stranger (SignatureFailures); not_acknowledged, not_connected and "
                "overloaded are 503s (ReceiverRefuses).",
                unit="reqps",
                queries={
                    "{{outcome}}": "sum by (outcome) (rate(parley_webhook_requests_total[1m]))"
                },
                stacked=True,
            ),
            Panel(
                title="Time to a 200",
                description="From the first byte to the answer; a 200 means durable on Kafka. 1 s "
                "is promised, Meta gives up at 5 s.",
                unit="s",
                queries={
                    "50 %": _quantile(0.5),
                    "99 %": _quantile(0.99),
                    "99.9 %": _quantile(0.999),
                },
                limits=(0.5, 1),
            ),
            Panel(
                title="Answers by status",
                description="503 makes Meta come again; after an hour of them it unsubscribes.",
                unit="reqps",
                queries={
                    "{{status}}": "sum by (status) "
                    "(rate(parley_webhook_request_duration_seconds_count[1m]))"
                },
            ),
            Panel(
                title="Events by kind",
                description="What was put on Kafka. broken or messaging that rises: Meta has "
                "changed a shape.",
                unit="cps",
                queries={"{{kind}}": "sum by (kind) (rate(parley_webhook_events_total[1m]))"},
                stacked=True,
            ),
            Panel(
                title="How late Meta delivers",
                description="From Meta's own time of an event to its receipt. When it grows Meta "
                "is late, or delivers again what was refused.",
                unit="s",
                queries={
                    "50 %": "histogram_quantile(0.5, sum by (le) (rate("
                    'parley_event_since_occurred_seconds_bucket{stage="received"}[5m])))',
                    "99 %": "histogram_quantile(0.99, sum by (le) (rate("
                    'parley_event_since_occurred_seconds_bucket{stage="received"}[5m])))',
                },
            ),
            Panel(
                title="Since the last delivery",
                description="By app: NoDeliveries.",
                unit="s",
                queries={
                    "{{app}}": "time() - max by (app) "
                    "(parley_webhook_last_delivery_timestamp_seconds)"
                },
            ),
        ),
    ),
    Row(
        "Secrets and handshakes",
        (
            Panel(
                title="Signed by",
                description="By app and place of the secret in PARLEY_APPS, 0 the newest. A "
                "rotation is finished when only 0 still counts.",
                unit="reqps",
                queries={
                    "{{app}} {{secret}}": "sum by (app, secret) "
                    "(rate(parley_webhook_signed_by_total[5m]))"
                },
                width=12,
            ),
            Panel(
                title="Handshakes in an hour",
                description="Meta asks whether the callback is ours when somebody subscribes. "
                "wrong_verify_token then: the token there is another than in PARLEY_APPS.",
                unit="short",
                queries={
                    "{{outcome}}": "sum by (outcome) "
                    "(increase(parley_webhook_handshakes_total[1h]))"
                },
                width=12,
            ),
        ),
    ),
    Row(
        "Room",
        (
            Panel(
                title="Bodies in flight",
                description="Read and not yet answered, by process. Near its limit new ones get "
                "503.",
                unit="bytes",
                queries={"{{instance}}": "parley_webhook_in_flight_bytes"},
            ),
            Panel(
                title="Connections",
                description="Open ones, by process. Near 4,096 strangers are turned out.",
                unit="short",
                queries={"{{instance}}": "parley_webhook_connections"},
                limits=(3000, 4000),
            ),
            Panel(
                title="Turned out for newcomers",
                description="Connections that brought nothing. When it rises somebody opens "
                "connections and leaves them idle.",
                unit="cps",
                queries={
                    "turned out": "sum(rate(parley_webhook_connections_crowded_out_total[5m]))"
                },
            ),
        ),
    ),
    Row(
        "Kafka, as writers see it",
        (
            Panel(
                title="Time to an acknowledgement, 99th percentile",
                description="Of a batch by all in-sync replicas, by topic. Above 1 s deliveries "
                "are late.",
                unit="s",
                queries={
                    "{{topic}}": "histogram_quantile(0.99, sum by (le, topic) "
                    "(rate(parley_kafka_produce_duration_seconds_bucket[5m])))"
                },
                limits=(0.5, 1),
            ),
            Panel(
                title="Writes that failed",
                description="By reason. unknown_topic and too_large_for_broker are wrong settings: "
                "TopicMisconfigured.",
                unit="cps",
                queries={
                    "{{reason}}": "sum by (reason) (rate(parley_kafka_produce_errors_total[5m]))"
                },
            ),
            Panel(
                title="Unacknowledged",
                description="Bytes on their way to Kafka, by process. Near the limit writes are "
                "refused.",
                unit="bytes",
                queries={"{{instance}}": "parley_kafka_in_flight_bytes"},
            ),
        ),
    ),
)
