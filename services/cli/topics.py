"""`parley topics`: the Kafka topics as they should be, and as they are."""

import sys
from collections.abc import Sequence
from typing import Annotated

import typer
import yaml

from services.cli import screen
from services.cli.config import KafkaConfig, KafkaOption, YesOption, load
from services.cli.screen import Output, OutputOption
from services.cli.work import perform
from shared import topics as catalogue
from shared.stream import admin
from shared.stream.admin import Change
from shared.topics import Topic

topics = typer.Typer(no_args_is_help=True, help="Create the Kafka topics, or see what they are.")


def named(name: str) -> Topic:
    """The topic of that name, in which `parley.` and `.v1` may be left out. Exits 2 if there is
    none."""
    known = {short_name(topic): topic for topic in catalogue.ALL}
    found = known.get(name.removeprefix("parley.").removesuffix(".v1"))
    if found is None:
        screen.fail(f"There is no topic {screen.printable(name)}: try {', '.join(known)}.", 2)
    return found


def short_name(topic: Topic) -> str:
    """What people call it: `comments`, `comments.enriched`, `dead.enricher`."""
    return topic.name.removeprefix("parley.").removesuffix(".v1")


@topics.command("list")
def show(kafka: KafkaOption = None, output: OutputOption = Output.TABLE) -> None:
    """Show all topics: who writes and reads them, and how long they keep what they hold. With
    --kafka also what they are there.

    Example: parley topics list --kafka localhost:9092
    """
    rows = [_row(topic) for topic in catalogue.ALL]
    columns = ["topic", "holds", "key", "writers", "readers", "partitions", "days"]
    if kafka is not None:
        changes = perform(admin.plan(load(KafkaConfig, kafka=kafka).kafka, catalogue.ALL))
        states = {topic.name: _state(topic, changes) for topic in catalogue.ALL}
        rows = [row | {"state": states[str(row["topic"])]} for row in rows]
        columns.append("state")
    screen.rows(output, rows, columns)


@topics.command()
def apply(
    kafka: KafkaOption = None, output: OutputOption = Output.TABLE, *, yes: YesOption = False
) -> None:
    """Create missing topics and correct their settings, after showing what will be done. Nothing
    is ever deleted, and partitions are never added: that would re-home keys.

    Example: parley topics apply --kafka localhost:9092 --yes
    """
    servers = load(KafkaConfig, kafka=kafka).kafka
    changes = perform(admin.plan(servers, catalogue.ALL))
    rows = [{"topic": c.topic.name, "do": _DOES[c.what], "settings": _settings(c)} for c in changes]
    screen.rows(output, rows, ("topic", "do", "settings"))
    wanted = [change for change in changes if change.applicable]
    if not wanted:
        screen.say("Nothing to do.")
        return
    if not yes:
        screen.ask(f"Change {len(wanted)} topics?")
    perform(admin.apply(servers, catalogue.ALL))
    screen.say(f"Changed {len(wanted)} topics.")


@topics.command()
def export(
    replicas: Annotated[int, typer.Option(min=1, help="Copies of each partition.")] = 3,
    cluster: Annotated[str, typer.Option(help="Name of the Kafka cluster.")] = "parley",
) -> None:
    """Print all topics as Strimzi KafkaTopics, for clusters where the operator makes them.

    Example: parley topics export > topics.yaml
    """
    sys.stdout.write("# Made by `parley topics export`; the truth is shared/topics.py.\n")
    made = [_strimzi(topic, replicas, cluster) for topic in catalogue.ALL]
    yaml.safe_dump_all(made, sys.stdout, sort_keys=False)


def _strimzi(topic: Topic, replicas: int, cluster: str) -> dict[str, object]:
    # One may be away while acknowledged still means on more than one disk.
    config = topic.settings() | {"min.insync.replicas": str(max(1, replicas - 1))}
    return {
        "apiVersion": "kafka.strimzi.io/v1",
        "kind": "KafkaTopic",
        "metadata": {"name": topic.name, "labels": {"strimzi.io/cluster": cluster}},
        "spec": {"partitions": topic.partitions, "replicas": replicas, "config": config},
    }


_DOES = {
    "create": "create",
    "configure": "configure",
    "partitions": "leave: partitions differ",
    "replicas": "leave: add replicas with Kafka's own tools",
}


def _row(topic: Topic) -> dict[str, object]:
    return {
        "topic": topic.name,
        "holds": topic.holds,
        "key": topic.key,
        "writers": sorted(topic.writers),
        "readers": sorted(topic.readers),
        "partitions": topic.partitions,
        "days": topic.retention.days,
        "max_record_bytes": topic.max_record_bytes,
    }


def _state(topic: Topic, changes: Sequence[Change]) -> str:
    found = [change for change in changes if change.topic == topic]
    if any(change.what == "create" for change in found):
        return "missing"
    return "; ".join(filter(None, map(_settings, found))) or "as it should be"


def _settings(change: Change) -> str:
    differs = change.differs or {"partitions": (None, str(change.topic.partitions))}
    return ", ".join(
        f"{name} = {wanted}" if current is None else f"{name} {current} → {wanted}"
        for name, (current, wanted) in differs.items()
    )
