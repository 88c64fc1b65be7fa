"""The fixtures that more than one area's tests share, and the profile of all property tests."""

pytest_plugins = [
    "tests.kafka",
    "tests.postgres",
    "tests.promtool",
    "tests.strategies",
    "tests.streams",
]
