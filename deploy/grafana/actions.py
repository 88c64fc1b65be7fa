"""The dashboard about Meta's Graph API: what is read there, what rules want, and what is done."""

from deploy.grafana.board import Panel, Row

ROWS = (
    Row(
        "Look-ups",
        (
            Panel(
                title="Look-ups by outcome",
                description="found, or why not. throttled, slow and paused may be refused here "
                "already, and cost no quota.",
                unit="reqps",
                queries={"{{outcome}}": "sum by (outcome) (rate(parley_graph_calls_total[5m]))"},
                stacked=True,
            ),
            Panel(
                title="Time of a request, 95th percentile",
                description="By endpoint. Near 3 s events turn partial: GraphFailing.",
                unit="s",
                queries={
                    "{{endpoint}}": "histogram_quantile(0.95, sum by (le, endpoint) "
                    "(rate(parley_graph_request_duration_seconds_bucket[5m])))"
                },
                limits=(1.5, 3),
            ),
            Panel(
                title="Quota used, 99th percentile",
                description="What Meta says. From 0.9 on look-ups wait: GraphQuotaNearLimit.",
                unit="percentunit",
                queries={
                    "{{use_case}}": "histogram_quantile(0.99, sum by (le, use_case) "
                    "(rate(parley_graph_quota_used_ratio_bucket[10m])))"
                },
                limits=(0.75, 0.9),
            ),
            Panel(
                title="Complete events",
                description="The share of events that got all they were worth: EventsPartial.",
                unit="percentunit",
                queries={
                    "complete": 'sum(rate(parley_enriched_events_total{status="complete"}[5m])) / '
                    "sum(rate(parley_enriched_events_total[5m]))"
                },
                limits=(0.95, 0.8),
            ),
            Panel(
                title="Why events are partial",
                description="reauthenticate and account_... last until somebody acts.",
                unit="cps",
                queries={"{{reason}}": "sum by (reason) (rate(parley_enriched_partial_total[5m]))"},
            ),
            Panel(
                title="Answered by the cache",
                description="The share of look-ups that cost no call. When it falls without new "
                "posts or people, quota is being burnt.",
                unit="percentunit",
                queries={
                    "hits": 'sum(rate(parley_enricher_cache_total{result="hit"}[5m])) / '
                    "sum(rate(parley_enricher_cache_total[5m]))"
                },
            ),
        ),
    ),
    Row(
        "Accounts",
        (
            Panel(
                title="Held by Meta",
                description="For which no look-up (by reason) or write (by what waits) is made "
                "now: AccountsThrottled.",
                unit="short",
                queries={
                    "look-ups: {{reason}}": "max by (reason) (parley_graph_held)",
                    "writes: {{edge}}": "max by (edge) (parley_executor_holds)",
                },
            ),
            Panel(
                title="Accounts by status",
                description="needs_reauth: its owner must log in again: "
                "AccountNeedsReauthentication.",
                unit="short",
                queries={"{{status}}": "max by (status) (parley_accounts)"},
            ),
            Panel(
                title="The first token expires in",
                description="Of the connected accounts: TokenExpiring.",
                unit="s",
                queries={
                    "": "min(parley_access_token_earliest_expiry_timestamp_seconds > 0) - time()"
                },
                kind="stat",
                limits=(604800, 86400),
            ),
        ),
    ),
    Row(
        "Rules",
        (
            Panel(
                title="Events judged",
                description="acted that jumps: a rule may match what it should not. acted that "
                "stops: a kill switch, or a set that is gone.",
                unit="cps",
                queries={
                    "{{outcome}}": "sum by (outcome) (rate(parley_moderator_events_total[5m]))"
                },
            ),
            Panel(
                title="Actions decided",
                description="By kind.",
                unit="cps",
                queries={"{{kind}}": "sum by (kind) (rate(parley_moderator_actions_total[5m]))"},
            ),
            Panel(
                title="Wanted and not done",
                description="By reason. A cap or ping_pong that grows: somebody floods an account, "
                "or two bots talk to each other.",
                unit="cps",
                queries={"{{reason}}": "sum by (reason) (rate(parley_moderator_held_total[5m]))"},
            ),
            Panel(
                title="Stopped",
                description="Kill switches that are pulled (KillSwitchOn), rules that only observe "
                "because they hit too much (RuleBreakerOpen), sets that cannot be used "
                "(RuleSetBroken).",
                unit="short",
                queries={
                    "kill switches": "max(parley_moderator_brakes_on)",
                    "breakers": "max(parley_moderator_breakers_open)",
                    "broken sets": "sum(increase(parley_moderator_rule_set_errors_total[15m]))",
                },
                limits=(1, 1.5),
                width=12,
            ),
            Panel(
                title="History forgotten",
                description="Rows that no rule looks back to, by table. Nothing for days: the "
                "tables grow.",
                unit="short",
                queries={
                    "{{table}}": "sum by (table) (increase(parley_moderator_forgotten_total[1h]))"
                },
                width=12,
            ),
        ),
    ),
    Row(
        "Actions",
        (
            Panel(
                title="Actions ended",
                description="By what became of them. failed or expired that rises: look why with "
                "parley actions list --state failed.",
                unit="cps",
                queries={
                    "taken": "sum(rate(parley_executor_actions_taken_total[5m]))",
                    "{{outcome}}": "sum by (outcome) "
                    "(rate(parley_executor_actions_ended_total[5m]))",
                },
            ),
            Panel(
                title="Why actions were not done",
                description="The reasons of those that ended otherwise than sent.",
                unit="short",
                queries={
                    "{{kind}}: {{reason}}": "topk(10, sum by (kind, reason) (increase("
                    'parley_executor_actions_ended_total{outcome!="sent"}[1h])) > 0)'
                },
            ),
            Panel(
                title="Time to the end, 99th percentile",
                description="From when an action was asked for, or was to be done. 5 minutes are "
                "promised: ActionsLate.",
                unit="s",
                queries={
                    "{{kind}}": "histogram_quantile(0.99, sum by (le, kind) "
                    "(rate(parley_executor_action_duration_seconds_bucket[5m])))"
                },
                limits=(60, 300),
            ),
            Panel(
                title="From Meta's event to our act, 99th percentile",
                description="Of what rules did at once: how long a comment was seen before it was "
                "hidden.",
                unit="s",
                queries={
                    "acted": "histogram_quantile(0.99, sum by (le) (rate("
                    'parley_event_since_occurred_seconds_bucket{stage="acted"}[5m])))'
                },
                limits=(10, 60),
            ),
            Panel(
                title="Actions that have not ended",
                description="By state. unknown for an hour wants a person: UnknownActions.",
                unit="short",
                queries={"{{state}}": "max by (state) (parley_executor_actions_open)"},
            ),
            Panel(
                title="The oldest has been so for",
                description="By state; requested only since it could have been done: "
                "ActionsWaiting.",
                unit="s",
                queries={
                    "{{state}}": "max by (state) "
                    "(time() - (parley_executor_oldest_timestamp_seconds > 0))"
                },
                limits=(300, 600),
            ),
        ),
    ),
    Row(
        "Writes",
        (
            Panel(
                title="Writes by outcome",
                description="unclear: it may have happened, and is looked for: WritesUnclear.",
                unit="reqps",
                queries={
                    "{{edge}} {{outcome}}": "sum by (edge, outcome) "
                    "(rate(parley_graph_writes_total[5m]))"
                },
            ),
            Panel(
                title="Time of a write, 95th percentile",
                description="By edge. Near 8 s writes become unclear.",
                unit="s",
                queries={
                    "{{edge}}": "histogram_quantile(0.95, sum by (le, edge) "
                    "(rate(parley_graph_write_duration_seconds_bucket[5m])))"
                },
                limits=(5, 8),
            ),
            Panel(
                title="Calls and readings under way",
                description="By process. call at 400: Meta is slow.",
                unit="short",
                queries={"{{instance}} {{kind}}": "parley_executor_in_flight"},
                limits=(300, 400),
            ),
            Panel(
                title="What looking has shown",
                description="Of actions whose answer never came. absent that is common: calls get "
                "lost.",
                unit="short",
                queries={
                    "{{result}}": "sum by (result) (increase(parley_executor_readings_total[1h]))"
                },
            ),
            Panel(
                title="Answers late or lost",
                description="late came after the action was settled without them; lost could not "
                "be written down in time, and reading finds what they said.",
                unit="short",
                queries={
                    "late": "sum(increase(parley_executor_late_answers_total[1h]))",
                    "lost": "sum(increase(parley_executor_lost_answers_total[1h]))",
                },
            ),
            Panel(
                title="Outcomes told and to be told",
                description="To Kafka. What waits longer than 2 minutes: OutboxStuck.",
                unit="short",
                queries={
                    "told in 5 minutes": "sum(increase(parley_executor_outcomes_told_total[5m]))",
                    "waiting": "max(parley_executor_outcomes_untold)",
                    "the oldest waits (s)": "max(time() - "
                    "(parley_executor_outcomes_untold_oldest_timestamp_seconds > 0))",
                },
            ),
        ),
    ),
)
