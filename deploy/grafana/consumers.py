"""The dashboard about what reads Kafka: is it keeping up, where does it stand, what did it give
up."""

from deploy.grafana.board import Panel, Row

ROWS = (
    Row(
        "Keeping up",
        (
            Panel(
                title="Records that wait",
                description="By group. Worry when it keeps growing.",
                unit="short",
                queries={"{{group}}": "sum by (group) (parley_consumer_lag_records)"},
            ),
            Panel(
                title="The partitions with the most",
                description="A single one that stands still holds up its accounts only: "
                "PartitionStalled.",
                unit="short",
                queries={
                    "{{group}} {{topic}} {{partition}}": "topk(10, max by (group, topic, partition)"
                    " (parley_consumer_lag_records) > 0)"
                },
            ),
            Panel(
                title="Since partitions with a lag got on",
                description="5 minutes without a commit while something waits is a page.",
                unit="s",
                queries={
                    "{{group}} {{topic}} {{partition}}": "topk(10, time() - max by (group, topic, "
                    "partition) (parley_consumer_progress_timestamp_seconds) and max by (group, "
                    "topic, partition) (parley_consumer_lag_records) > 0)"
                },
                limits=(60, 300),
            ),
            Panel(
                title="Records settled",
                description="By group; dead ones became dead letters.",
                unit="cps",
                queries={
                    "{{group}} {{outcome}}": "sum by (group, outcome) "
                    "(rate(parley_consumer_records_total[1m]))"
                },
            ),
            Panel(
                title="Records in a batch, mean",
                description="By group. 1 while the lag grows: no longer handled together.",
                unit="short",
                queries={
                    "{{group}}": "sum by (group) (rate(parley_consumer_batch_records_sum[5m])) / "
                    "sum by (group) (rate(parley_consumer_batch_records_count[5m]))"
                },
            ),
            Panel(
                title="Age of events by stage, 99th percentile",
                description="From the receiver's clock. enriched within 10 s and persisted within "
                "30 s are promised.",
                unit="s",
                queries={
                    "{{stage}}": "histogram_quantile(0.99, sum by (le, stage) "
                    "(rate(parley_event_since_received_seconds_bucket[5m])))"
                },
                limits=(10, 30),
            ),
        ),
    ),
    Row(
        "Trouble",
        (
            Panel(
                title="Batches tried again",
                description="By group and what was away: ConsumerRetrying.",
                unit="cps",
                queries={
                    "{{group}} {{reason}}": "sum by (group, reason) "
                    "(rate(parley_consumer_retries_total[5m]))"
                },
            ),
            Panel(
                title="Dead letters in an hour",
                description="By group and reason: DeadLettersGrowing.",
                unit="short",
                queries={
                    "{{group}} {{reason}}": "sum by (group, reason) "
                    "(increase(parley_dlq_records_total[1h]))"
                },
            ),
            Panel(
                title="Blocked by a dead letter",
                description="1: the group waits until it can be written: DeadLettersStalled.",
                unit="none",
                queries={"{{group}}": "max by (group) (parley_dlq_stalled)"},
                limits=(0.5, 1),
            ),
        ),
    ),
    Row(
        "What they write",
        (
            Panel(
                title="Records produced",
                description="By topic, durable on all in-sync replicas.",
                unit="cps",
                queries={
                    "{{topic}}": "sum by (topic) (rate(parley_kafka_produced_records_total[1m]))"
                },
            ),
            Panel(
                title="Records in a produced batch, mean",
                description="1 under load: writers no longer share batches.",
                unit="short",
                queries={
                    "mean": "sum(rate(parley_kafka_produced_batch_records_sum[5m])) / "
                    "sum(rate(parley_kafka_produced_batch_records_count[5m]))"
                },
            ),
            Panel(
                title="Rows sent to Postgres",
                description="By table, with what was told again.",
                unit="cps",
                queries={
                    "{{table}}": "sum by (table) (rate(parley_persister_rows_total[1m]))",
                    "events that were there": "sum(rate(parley_persister_redelivered_total[1m]))",
                },
            ),
        ),
    ),
    Row(
        "Postgres",
        (
            Panel(
                title="Connections in use",
                description="By process. All of them for long: DatabasePoolExhausted.",
                unit="short",
                queries={
                    "{{application}} {{state}}": "max by (application, state) "
                    '(parley_postgres_connections{state=~"used|max"})'
                },
            ),
            Panel(
                title="Time of a batch, 99th percentile",
                description="Of the persister's and the moderator's transactions. Seconds: "
                "Postgres is slow or locked.",
                unit="s",
                queries={
                    "persister": "histogram_quantile(0.99, sum by (le) "
                    "(rate(parley_persister_batch_duration_seconds_bucket[5m])))",
                    "moderator": "histogram_quantile(0.99, sum by (le) "
                    "(rate(parley_moderator_batch_duration_seconds_bucket[5m])))",
                },
                limits=(1, 5),
            ),
            Panel(
                title="Events in a transaction, mean",
                description="All at the maximum (2,000 and 500): they can't keep up.",
                unit="short",
                queries={
                    "persister": "sum(rate(parley_persister_batch_events_sum[5m])) / "
                    "sum(rate(parley_persister_batch_events_count[5m]))",
                    "moderator": "sum(rate(parley_moderator_batch_events_sum[5m])) / "
                    "sum(rate(parley_moderator_batch_events_count[5m]))",
                },
            ),
        ),
    ),
)
