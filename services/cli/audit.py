"""`parley audit`: whether anything that was acknowledged got lost, asked of what there is."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated

import msgspec
import typer

from services.cli import screen
from services.cli.attributes import text_of
from services.cli.config import ActionsConfig, KafkaOption, PostgresOption, load
from services.cli.conservation import Downstream, Ledger, Sighting, sighted
from services.cli.owners import AccountOption, owner_of
from services.cli.progress import Advance, progress
from services.cli.receivers import Received, received
from services.cli.screen import Output, OutputOption
from services.cli.spans import since as ago
from services.cli.work import connected_pool, perform
from shared import topics
from shared.contracts.records import Position, Record
from shared.postgres.audit import logged
from shared.postgres.erasure.erase import erased
from shared.postgres.pool import Pool, transient_failures
from shared.stream.browse import browse
from shared.stream.lag import standings

_AT_ONCE = 2000
_NAMED = 10


class _Came(msgspec.Struct):
    origin: str = "webhook"


_came = msgspec.json.Decoder(_Came)


def audit(
    *,
    account: AccountOption = None,
    since: Annotated[
        str, typer.Option("--since", metavar="SPAN", help="Records so young: 90s, 15m, 2h or 7d.")
    ] = "1d",
    metrics: Annotated[
        list[str] | None,
        typer.Option(metavar="URL", help="A receiver's /metrics; one for each there is."),
    ] = None,
    kafka: KafkaOption = None,
    postgres: PostgresOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Account for every event that is on Kafka.

    Each record of the raw topics is in the event log, dead with a reason, waiting for a service to
    read it, or was erased; anything else is missing. An event that came twice is two records. With
    --metrics of all receivers it also compares what they put on Kafka with what is there, if all of
    them began within that time. It may run at any time. Exits 1 if something is missing.

    Example: parley audit --since 2h --metrics http://receiver:9090/metrics
    """
    config = load(ActionsConfig, kafka=kafka, postgres=postgres)
    owner = owner_of(account)
    source = f"/{owner.platform}/{owner.account}" if account else None
    begin = ago(since)
    ledger, webhooks, told = perform(_take_stock(config, begin, source, metrics or ()))
    lost = _lost(told, webhooks, begin)
    if output is Output.JSON:
        screen.data(
            {"rows": ledger.rows(), "missing": ledger.missing, "received": told, "lost": lost}
        )
    else:
        _show(ledger, told)
    _judge(ledger, told, lost, begin)


def _show(ledger: Ledger, told: Received | None) -> None:
    columns = ("kind", "account", "on_kafka", "persisted", "dead", "waiting", "erased", "missing")
    screen.rows(Output.TABLE, ledger.rows(), columns)
    if told is not None:
        refused = ", ".join(f"{name} {count}" for name, count in told.refused.items()) or "none"
        screen.line(f"receivers put {told.events} events on Kafka; refused deliveries: {refused}")


def _judge(ledger: Ledger, told: Received | None, lost: int | None, begin: datetime) -> None:
    if told is not None and lost is None:
        screen.say(
            f"Not compared with the receivers: one of them began before {begin:%Y-%m-%d %H:%M}, "
            "or only one account was asked for."
        )
    for name in ledger.missing[:_NAMED]:
        screen.say(f"missing: {screen.printable(name)}")
    if lost:
        screen.say(f"The receivers put {lost} more events on Kafka than there are.")
    if ledger.missing or lost:
        screen.fail(f"{len(ledger.missing) + (lost or 0)} events are not accounted for.")
    screen.say(f"All {ledger.records} records are accounted for.")


def _lost(told: Received | None, webhooks: int | None, begin: datetime) -> int | None:
    """How many events were acknowledged and are not on Kafka; None where nobody can tell."""
    if told is None or webhooks is None or told.since < begin.timestamp():
        return None
    return max(0, told.events - webhooks)


async def _take_stock(
    config: ActionsConfig, begin: datetime, source: str | None, urls: Sequence[str]
) -> tuple[Ledger, int | None, Received | None]:
    """Asked along the flow, so that nothing that moves meanwhile is missed."""
    told = await received(urls) if urls else None
    ledger, since_ms = Ledger(), int(begin.timestamp() * 1000)
    webhooks = 0
    left: list[Sighting] = []
    async with connected_pool(config.postgres) as pool:
        with progress("read", None) as advance:
            async for records in _chunks(config.kafka, since_ms, advance):
                mine = [each for each in records if _of(each, source)]
                webhooks += sum(map(_pushed, mine)) if urls else 0
                left += await _settle(pool, ledger, [sighted(each) for each in mine])
        if left:
            downstream = await _downstream(config.kafka, since_ms, left)
            for each in await _settle(pool, ledger, left):
                ledger.enter([each], downstream.fate(each))
    return ledger, None if source else webhooks, told


async def _chunks(servers: str, since_ms: int, advance: Advance) -> AsyncIterator[list[Record]]:
    read = 0
    for topic in topics.RAW:
        chunk: list[Record] = []
        async for record in browse(servers, topic.name, since_ms):
            chunk.append(record)
            if len(chunk) == _AT_ONCE:
                read += len(chunk)
                advance(read, topic.name)
                yield chunk
                chunk = []
        if chunk:
            yield chunk


def _of(record: Record, source: str | None) -> bool:
    return source is None or text_of(record, "ce_source") == source


def _pushed(record: Record) -> bool:
    """Whether a receiver wrote it."""
    try:
        return _came.decode(record.value or b"{}").origin == "webhook"
    except (msgspec.MsgspecError, UnicodeDecodeError):  # Meta's item may hold half a character
        return True


async def _settle(pool: Pool, ledger: Ledger, seen: Sequence[Sighting]) -> list[Sighting]:
    """Enter those whose fate Postgres knows; the others."""
    ids = list({each.id for each in seen})
    there = await logged(pool, ids)
    with transient_failures():
        gone = await erased(pool, [id_ for id_ in ids if id_ not in there])
    ledger.enter((each for each in seen if each.id in there), "persisted")
    ledger.enter((each for each in seen if each.id in gone), "erased")
    return [each for each in seen if each.id not in there and each.id not in gone]


async def _downstream(servers: str, since_ms: int, left: Sequence[Sighting]) -> Downstream:
    wanted = {each.id for each in left}
    enricher = await standings(servers, "enricher", _names("enricher"))
    enriched: Mapping[str, tuple[Position, int]] = {
        text_of(record, "ce_id"): (Position(record.topic, record.partition), record.offset)
        for topic in topics.ENRICHED
        async for record in browse(servers, topic.name, since_ms)
        if text_of(record, "ce_id") in wanted
    }
    persister = await standings(servers, "persister", _names("persister"))
    dead = frozenset(
        [
            text_of(record, "ce_id")
            for topic in (topics.DEAD_ENRICHER, topics.DEAD_PERSISTER)
            async for record in browse(servers, topic.name, since_ms)
        ]
    )
    return Downstream(enricher, enriched, persister, dead & wanted)


def _names(group: str) -> list[str]:
    return [topic.name for topic in topics.read_by(group)]
