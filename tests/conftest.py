"""The fixtures that more than one area's tests share."""

pytest_plugins = ["tests.kafka", "tests.postgres", "tests.promtool", "tests.streams"]
