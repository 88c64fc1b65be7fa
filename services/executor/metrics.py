"""What the executor counts."""

from prometheus_client import Counter, Gauge, Histogram

TAKEN = Counter(
    "parley_executor_actions_taken_total",
    "Actions taken in from the topic, each once. Worry when it stands still while rules act.",
)
ENDED = Counter(
    "parley_executor_actions_ended_total",
    "Actions by kind, end and reason. Worry when the share of failed or expired rises.",
    ["kind", "outcome", "reason"],
)
SECONDS = Histogram(
    "parley_executor_action_duration_seconds",
    "From when an action was asked for, or was to be done, to its end. Worry when the 99th "
    "percentile of hide passes 10 s: hidden late is seen.",
    ["kind"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600, 86400),
)
OPEN = Gauge(
    "parley_executor_actions_open",
    "Actions that have not come to an end, by state; the same from every executor. Worry when "
    "unknown stays above zero for an hour: then a person must look (parley actions settle).",
    ["state"],
)
OLDEST = Gauge(
    "parley_executor_oldest_timestamp_seconds",
    "Since when the oldest action is in a state; 0 if none is. For requested since it could have "
    "been done, were it not for our own slowness. Worry when requested is 300 s ago, or unknown "
    "3600 s.",
    ["state"],
)
UNTOLD = Gauge(
    "parley_executor_outcomes_untold",
    "Outcomes in Postgres that Kafka does not have yet. Worry when it grows.",
)
OLDEST_UNTOLD = Gauge(
    "parley_executor_outcomes_untold_oldest_timestamp_seconds",
    "Since when the oldest outcome waits for Kafka; 0 if none does. Worry when it is 120 s ago.",
)
ACCOUNTS = Gauge(
    "parley_accounts",
    "Accounts by status; the same from every executor. Worry at any needs_reauth: nothing is done "
    "for it until its owner logs in again.",
    ["status"],
)
TOKEN_EXPIRY = Gauge(
    "parley_access_token_earliest_expiry_timestamp_seconds",
    "When the first token of a connected account expires; 0 if none says. Worry when that is in a "
    "week.",
)
HOLDS = Gauge(
    "parley_executor_holds",
    "Holds of accounts and apps after Meta's throttles and pauses, by what waits; the same from "
    "every executor. Worry when automatic or app is not zero.",
    ["edge"],
)
IN_FLIGHT = Gauge(
    "parley_executor_in_flight",
    "Calls (call) and readings back (read) under way in this process. Worry when call stays at "
    "its most, 400.",
    ["kind"],
)
READ = Counter(
    "parley_executor_readings_total",
    "What was found when looking for the effect of an unknown call. Worry when absent is common: "
    "Meta loses calls, or reading does not see them.",
    ["result"],
)
LATE = Counter(
    "parley_executor_late_answers_total",
    "Answers for an action that was settled without them. Worry when there is one.",
)
LOST = Counter(
    "parley_executor_lost_answers_total",
    "Answers that could not be written down in time; reading back finds what they said. Worry when "
    "it rises: Postgres is away.",
)
TOLD = Counter(
    "parley_executor_outcomes_told_total",
    "Outcomes that Kafka has acknowledged, again ones among them. Worry when it stands still while "
    "actions end.",
)
