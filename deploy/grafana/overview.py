"""The dashboard that answers five questions: is it up, is it late, is it losing, who is throttled,
what do I do."""

from deploy.grafana.board import Panel, Row

ROWS = (
    Row(
        "What do I do?",
        (
            Panel(
                title="Firing alerts",
                description="Click one for its runbook: what it means, what to look at, what to "
                "do. A page wants a person now, a ticket on the next working day. Empty is good.",
                unit="none",
                queries={"": 'ALERTS{alertname!="",alertstate="firing",severity!=""}'},
                kind="table",
                width=24,
                height=6,
            ),
        ),
    ),
    Row(
        "Is it up?",
        (
            Panel(
                title="Processes",
                description="How many of each service run. No service may be missing: ServiceDown.",
                unit="none",
                queries={"{{service}}": "sum by (service) (parley_build_info)"},
                kind="stat",
                limits=(1, 1),
                height=5,
            ),
            Panel(
                title="Answered 200 within 1 s",
                description="Of the signed deliveries of the last 5 minutes; 99.9 % is promised. "
                "What Meta gets no 200 for, it sends again: DeliveriesUnanswered.",
                unit="percentunit",
                queries={
                    "answered": "1 - parley:deliveries_missed:rate5m / parley:deliveries_all:rate5m"
                },
                kind="stat",
                limits=(0.999, 0.99),
                height=5,
            ),
            Panel(
                title="Since the last delivery",
                description="By app. Silence is how Meta shows an unsubscription: NoDeliveries.",
                unit="s",
                queries={
                    "{{app}}": "time() - max by (app) "
                    "(parley_webhook_last_delivery_timestamp_seconds)"
                },
                kind="stat",
                limits=(3600, 7200),
                height=5,
            ),
        ),
    ),
    Row(
        "Is it late?",
        (
            Panel(
                title="Age of events by stage, 99th percentile",
                description="From the receiver's clock until they were enriched, persisted and "
                "decided upon. 30 s until persisted is promised: EventsPersistedLate.",
                unit="s",
                queries={
                    "{{stage}}": "histogram_quantile(0.99, sum by (le, stage) "
                    "(rate(parley_event_since_received_seconds_bucket[5m])))"
                },
                limits=(10, 30),
            ),
            Panel(
                title="Records that wait on Kafka",
                description="By the group that is to handle them. Worry when it keeps growing: "
                "PartitionStalled, ConsumerRetrying.",
                unit="short",
                queries={"{{group}}": "sum by (group) (parley_consumer_lag_records)"},
            ),
            Panel(
                title="The oldest action waits for",
                description="Actions that could be done, were it not for our own slowness; 5 "
                "minutes are promised: ActionsWaiting. Unknown: nobody knows yet whether it was "
                "done: UnknownActions.",
                unit="s",
                queries={
                    "{{state}}": "max by (state) (time() - ("
                    'parley_executor_oldest_timestamp_seconds{state=~"requested|unknown"} > 0))'
                },
                limits=(300, 600),
            ),
            Panel(
                title="Budget being spent",
                description="How many times faster than it lasts each objective's error budget "
                "was spent in the last hour. 1 is just sustainable; 14.4 is a page.",
                unit="none",
                queries={
                    "deliveries": "parley:deliveries_missed:rate1h / parley:deliveries_all:rate1h "
                    "/ 0.001",
                    "events": "parley:events_missed:rate1h / parley:events_all:rate1h / 0.01",
                    "actions": "parley:actions_missed:rate1h / parley:actions_all:rate1h / 0.01",
                },
                limits=(1, 14.4),
                width=24,
                height=6,
            ),
        ),
    ),
    Row(
        "Is it losing?",
        (
            Panel(
                title="Events received, persisted and given up",
                description="Together over the time shown. Received and persisted differ by what "
                "is on its way and by what Meta delivered twice; given up are dead letters: "
                "DeadLettersGrowing.",
                unit="short",
                queries={
                    "received": "sum(increase(parley_webhook_events_total[$__range]))",
                    "persisted": 'sum(increase(parley_event_since_received_seconds_count{stage="'
                    'persisted"}[$__range]))',
                    "told again": "sum(increase(parley_persister_redelivered_total[$__range]))",
                    "given up": "sum(increase(parley_dlq_records_total[$__range])) or vector(0)",
                },
                kind="stat",
                width=12,
                height=5,
            ),
            Panel(
                title="Dead letters in an hour",
                description="Records that a group could not handle, and why; each waits for a "
                "person: parley dlq list.",
                unit="short",
                queries={
                    "{{group}}: {{reason}}": "sum by (group, reason) "
                    "(increase(parley_dlq_records_total[1h]))"
                },
                kind="stat",
                limits=(1, 10),
                width=6,
                height=5,
            ),
            Panel(
                title="Blocked by a dead letter",
                description="1: the group can neither handle a record nor put it aside, and "
                "waits: DeadLettersStalled.",
                unit="none",
                queries={"{{group}}": "max by (group) (parley_dlq_stalled)"},
                kind="stat",
                limits=(0.5, 1),
                width=6,
                height=5,
            ),
        ),
    ),
    Row(
        "Who is throttled?",
        (
            Panel(
                title="Held by Meta",
                description="Accounts, quotas and apps for which no look-up is made now (by "
                "reason), or no write (by what waits): AccountsThrottled. Which ones stands in "
                "the table holds.",
                unit="short",
                queries={
                    "look-ups: {{reason}}": "max by (reason) (parley_graph_held)",
                    "writes: {{edge}}": "max by (edge) (parley_executor_holds)",
                },
                limits=(1, 5),
            ),
            Panel(
                title="Quota used, 99th percentile",
                description="What Meta says of its quotas. From 0.9 on look-ups wait: "
                "GraphQuotaNearLimit.",
                unit="percentunit",
                queries={
                    "{{use_case}}": "histogram_quantile(0.99, sum by (le, use_case) "
                    "(rate(parley_graph_quota_used_ratio_bucket[10m])))"
                },
                limits=(0.75, 0.9),
            ),
            Panel(
                title="Accounts",
                description="By status. One that needs_reauth must be connected again by its "
                "owner: AccountNeedsReauthentication.",
                unit="short",
                queries={"{{status}}": "max by (status) (parley_accounts)"},
                kind="stat",
                width=4,
            ),
            Panel(
                title="The first token expires in",
                description="Of the connected accounts: TokenExpiring. parley accounts list says "
                "whose.",
                unit="s",
                queries={
                    "": "min(parley_access_token_earliest_expiry_timestamp_seconds > 0) - time()"
                },
                kind="stat",
                limits=(604800, 86400),
                width=4,
            ),
        ),
    ),
)
