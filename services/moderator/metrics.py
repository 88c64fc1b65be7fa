"""What the moderator counts."""

from prometheus_client import Counter, Gauge, Histogram

EVENTS = Counter(
    "parley_moderator_events_total",
    "Events by what came of them: acted, held (a rule wanted something and was kept from it), "
    "matched, passed, excused, not_judged, redelivered. Worry when acted jumps, or when it stops "
    "while the others go on.",
    ["outcome"],
)
ACTIONS = Counter(
    "parley_moderator_actions_total",
    "Actions decided by kind; one that is published again is not counted again. Worry when hide "
    "jumps: a rule may match what it should not.",
    ["kind"],
)
HELD = Counter(
    "parley_moderator_held_total",
    "Things rules wanted and that are not done, by reason. Worry when a cap or ping_pong grows: "
    "somebody floods an account, or two bots talk to each other.",
    ["reason"],
)
BATCH_SECONDS = Histogram(
    "parley_moderator_batch_duration_seconds",
    "From a batch's rules to its decisions committed. Worry when it nears seconds: Postgres is "
    "slow, or moderators wait for each other at one account.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
BATCH_EVENTS = Histogram(
    "parley_moderator_batch_events",
    "Events in a batch. Worry when all are at the maximum: the moderator can't keep up.",
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500),
)
BROKEN_SETS = Counter(
    "parley_moderator_rule_set_errors_total",
    "Batches that met a rule set which cannot be used, so that an earlier version stayed in force. "
    "Worry at any increase: what somebody imported is not what happens.",
)
BREAKERS_OPEN = Gauge(
    "parley_moderator_breakers_open",
    "Rules in force that only observe because they hit far more than usual. Worry at any: look "
    "what they matched (`parley rules show`), mend and import them again.",
)
BRAKES_ON = Gauge(
    "parley_moderator_brakes_on",
    "Kill switches that are pulled, for one account or for all. Worry when one stays on for longer "
    "than somebody works at it.",
)
FORGOTTEN = Counter(
    "parley_moderator_forgotten_total",
    "Rows of history deleted because no rule looks back so far. Worry when it stands still for "
    "days while events come: the tables grow.",
    ["table"],
)
